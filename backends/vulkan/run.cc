// run.cc - one batch: checked, written where shaders read it, submitted piece by piece, delivered.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/batch_check.h"
#include "common/cache_check.h"
#include "common/plan_check.h"
#include "common/plan_read.h"
#include "common/report.h"
#include "common/run_lengths.h"
#include "program.h"

namespace sotto::vulkan {
namespace {

using backend::fail;
using Clock = std::chrono::steady_clock;

constexpr double kSubmitMs = 4;  // of work in one submit by the quickest that was seen, so more for most; two are under way
constexpr uint32_t kPollMs = 4;  // between questions whether to stop
constexpr size_t kKeptRecordings = 8;
constexpr uint32_t kUnderWay = 2;

backend::BatchLimits limits_of(const sotto_program& program, const sotto_cache& cache) {
  const Lowered& l = program.lowered;
  return {"vulkan", program.max_batch, l.input_widths, l.output_widths.size(), cache.cells.sequence_count(),
          l.embeds, l.vocabulary,      l.max_positions};
}

sotto_status check_batch(const sotto_program& program, const sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  if (const sotto_status s = backend::check_batch(limits_of(program, cache), batch, err); s != SOTTO_OK) return s;
  if (&cache.group != &program.group || !backend::same_slots(cache.slots, program.lowered.slots))
    return fail(err, SOTTO_MISMATCH, "vulkan: the cache was made for another plan or group");
  return SOTTO_OK;
}

sotto_status check_row(const sotto_program& program, const sotto_cache& cache, const sotto_batch_row& row, uint32_t index,
                       uint32_t stride, sotto_error* err) {
  if (!backend::is_zero_behind(&row, sizeof row, stride))
    return fail(err, SOTTO_UNSUPPORTED, "vulkan: row %u carries fields that are unknown here", index);
  if (const sotto_status s = backend::check_row(limits_of(program, cache), row, index, err); s != SOTTO_OK) return s;
  if (row.adapter != nullptr && row.adapter->weights != &program.weights)
    return fail(err, SOTTO_MISMATCH, "vulkan: row %u: the adapter belongs to other weights", index);
  return SOTTO_OK;
}

// Checks all rows and appends a cell for each to its sequence.
sotto_status take_rows(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  if (const sotto_status s = backend::check_room("vulkan", cache.cells, batch.row_count, err); s != SOTTO_OK) return s;
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    const sotto_batch_row& row = backend::at_stride(batch.rows, batch.row_stride, i);
    if (const sotto_status s = check_row(program, cache, row, i, batch.row_stride, err); s != SOTTO_OK) return s;
    if (const sotto_status s = backend::check_next("vulkan", cache.cells, row, i, err); s != SOTTO_OK) return s;
    program.rows.push_back(row);
    cache.append(row.sequence);
  }
  return SOTTO_OK;
}

void sort_rows(sotto_program& program, const sotto_cache& cache) {
  const Lowered& l = program.lowered;
  uint64_t longest = 0;
  program.adapters.clear();
  for (std::vector<uint32_t>& rows : program.class_rows) rows.clear();
  for (uint32_t i = 0; i < program.rows.size(); ++i) {
    const sotto_batch_row& row = program.rows[i];
    for (uint32_t c = 0; c < program.class_rows.size(); ++c)
      if (c == 0 || (row.outputs & l.class_masks[c]) != 0) program.class_rows[c].push_back(i);
    longest = std::max<uint64_t>(longest, cache.cells[row.sequence].cells.size());
    if (row.adapter != nullptr &&
        std::find(program.adapters.begin(), program.adapters.end(), row.adapter) == program.adapters.end())
      program.adapters.push_back(row.adapter);
  }
  Shape& shape = program.shape;
  shape.cache = cache.number;
  shape.counts.clear();
  for (const std::vector<uint32_t>& rows : program.class_rows) shape.counts.push_back(static_cast<uint32_t>(rows.size()));
  shape.length_bits = 6;
  while (uint64_t{1} << shape.length_bits < longest) ++shape.length_bits;
}

void put(uint8_t* words, uint64_t at, uint32_t word) { std::memcpy(words + at * sizeof word, &word, sizeof word); }
void put(uint8_t* words, uint64_t at, float number) { std::memcpy(words + at * sizeof number, &number, sizeof number); }

void write_rows(sotto_program& program, const sotto_cache& cache) {
  uint8_t* words = program.batch.mapped();
  for (uint32_t i = 0; i < program.rows.size(); ++i) {
    const sotto_batch_row& row = program.rows[i];
    const std::vector<uint32_t>& cells = cache.cells[row.sequence].cells;
    const auto adapter = std::find(program.adapters.begin(), program.adapters.end(), row.adapter);
    const uint32_t record[kRowWords] = {
        row.token,
        row.position,
        cache.table_at(row.sequence),
        static_cast<uint32_t>(cells.size()),
        cells[row.position],
        row.adapter == nullptr ? SOTTO_NONE : static_cast<uint32_t>(adapter - program.adapters.begin()),
        0,
        0};
    for (uint32_t k = 0; k < kRowWords; ++k) put(words, uint64_t{i} * kRowWords + k, record[k]);
    put(words, uint64_t{i} * kRowWords + 6, row.strength);
  }
}

void write_maps(sotto_program& program) {
  const Lowered& l = program.lowered;
  for (size_t m = 0; m < l.maps.size(); ++m) {
    const std::vector<uint32_t>& from = program.class_rows[l.maps[m].from];
    const std::vector<uint32_t>& to = program.class_rows[l.maps[m].to];
    size_t place = 0;
    for (size_t i = 0; i < to.size(); ++i) {
      while (place < from.size() && from[place] != to[i]) ++place;  // both are in order, and `from` has all of `to`
      put(program.batch.mapped(), program.layout.maps[m] + i, static_cast<uint32_t>(place));
    }
  }
}

void write_angles(sotto_program& program) {
  const Lowered& l = program.lowered;
  for (size_t k = 0; k < l.rotaries.size(); ++k) {
    const Rotary& rotary = l.rotaries[k];
    const uint32_t pairs = rotary.dim / 2;
    const double magnitude = static_cast<double>(rotary.magnitude);
    const std::vector<float>& inv_freq = program.weights.weights[rotary.inv_freq].parts[0].vector;
    for (uint32_t i = 0; i < program.rows.size(); ++i)
      for (uint32_t p = 0; p < pairs; ++p) {
        const float t = static_cast<float>(program.rows[i].position) * inv_freq[p];
        const uint64_t at = program.layout.rotaries[k] + uint64_t{i} * rotary.dim + p;
        put(program.batch.mapped(), at, static_cast<float>(magnitude * std::cos(static_cast<double>(t))));
        put(program.batch.mapped(), at + pairs, static_cast<float>(magnitude * std::sin(static_cast<double>(t))));
      }
  }
}

void write_batch(sotto_program& program, const sotto_cache& cache, const sotto_batch& batch) {
  write_rows(program, cache);
  write_maps(program);
  write_angles(program);
  for (size_t i = 0; i < program.inputs.size(); ++i)
    if (program.inputs[i])
      std::memcpy(program.inputs[i].mapped(), batch.inputs[i],
                  program.rows.size() * program.lowered.input_widths[i] * sizeof(float));
}

bool is_far_from(double a, double b) { return a > 2 * b || b > 2 * a; }

// One submit before, and now: another recording would be the same.
bool stays_whole(const Recording& recording, double most_work) {
  return recording.segments.size() == 1 && recording.segments[0].work <= most_work;
}

// Adapters come and go: what was recorded with them is used once.
Recording& recording_with_adapters(sotto_program& program, const sotto_cache& cache, double most_work) {
  if (program.adapter_recording == nullptr) program.adapter_recording = std::make_unique<Recording>(*program.device);
  record(program, cache, *program.adapter_recording, most_work);
  return *program.adapter_recording;
}

// The commands for the batch at hand: those of the last like it, or recorded now in the place of the one unused for longest.
Recording& recording_for(sotto_program& program, const sotto_cache& cache) {
  const double pace = program.device->pace().per_millisecond();
  if (!program.adapters.empty()) return recording_with_adapters(program, cache, pace * kSubmitMs);
  std::vector<KeptRecording>& kept = program.recordings;
  auto found = std::find_if(kept.begin(), kept.end(), [&](const KeptRecording& r) { return r.shape == program.shape; });
  if (found != kept.end() && (!is_far_from(found->pace, pace) || stays_whole(*found->recording, pace * kSubmitMs))) {
    found->used = program.runs;
    return *found->recording;
  }
  if (found == kept.end() && kept.size() >= kKeptRecordings)
    found = std::min_element(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
  KeptRecording made;
  if (found != kept.end()) {
    made = std::move(*found);
    kept.erase(found);  // gone should the recording fail
  }
  if (made.recording == nullptr) made.recording = std::make_unique<Recording>(*program.device);
  record(program, cache, *made.recording, pace * kSubmitMs);
  made.shape = program.shape;
  made.pace = pace;
  made.used = program.runs;
  kept.push_back(std::move(made));
  return *kept.back().recording;
}

// Submits the segments, two at a time, and asks in between whether to stop. False: stopped; nothing is under way then.
class Submitter {
 public:
  Submitter(sotto_program& program, const sotto_batch& batch) : program_(program), device_(*program.device), batch_(batch) {}

  // Whatever happens, the device has ended what was submitted, or nothing of it is destroyed: a driver that reports a loss, or
  // a caller who stops, does not end work that is under way.
  ~Submitter() {
    for (; waiting_ < submitted_ && device_.may_destroy(); ++waiting_) settle(program_.done[waiting_ % kUnderWay]);
  }
  bool run(const Recording& recording) {
    for (const Recording::Segment& segment : recording.segments) {
      if (submitted_ - waiting_ == kUnderWay && !wait_for_oldest()) return false;
      device_.submit(segment.commands, program_.done[submitted_ % kUnderWay]);
      works_[submitted_ % kUnderWay] = segment.work;
      if (submitted_ == waiting_) began_ = Clock::now();
      ++submitted_;
      if (segment.meet.rows != 0 && !meet(segment.meet)) return false;
    }
    while (waiting_ < submitted_)
      if (!wait_for_oldest()) return false;
    return true;
  }

 private:
  void settle(const Done& done) {
    for (uint32_t waited = 0; waited < device_.hung_ms(); waited += kPollMs)
      if (device_.wait(done, kPollMs) != VK_TIMEOUT) return;
    (void)plugin::guard(nullptr, [&] { device_.give_up("its work"); });
  }
  bool should_stop() const { return batch_.should_stop != nullptr && batch_.should_stop(batch_.stop_user) != 0; }

  // False: stopped, here or on another rank.
  bool meet(const Recording::Meet& meet) {
    while (waiting_ < submitted_)
      if (!wait_for_oldest()) return false;
    const auto* sent = reinterpret_cast<const float*>(program_.sent.mapped());
    auto* received = reinterpret_cast<float*>(program_.received.mapped());
    return program_.group.meeting->meet(program_.group.place, {sent, meet.rows, meet.width}, meet.sums, received,
                                        [this] { return should_stop(); });
  }

  // False: the caller said stop.
  bool wait_for_oldest() {
    const size_t oldest = waiting_ % kUnderWay;
    for (uint32_t waited = 0; !device_.is_lost() && !device_.is_done(program_.done[oldest], kPollMs); waited += kPollMs) {
      if (waited >= device_.hung_ms()) device_.give_up("its work");
      if (should_stop()) return false;
    }
    device_.require();
    const Clock::time_point now = Clock::now();
    device_.pace().measured(works_[oldest], std::chrono::duration<double, std::milli>(now - began_).count());
    began_ = now;
    ++waiting_;
    return !should_stop();
  }

  sotto_program& program_;
  Device& device_;
  const sotto_batch& batch_;
  size_t submitted_ = 0, waiting_ = 0;  // segments
  double works_[kUnderWay] = {};
  Clock::time_point began_;  // when the oldest one under way could begin
};

// A driver that answers with what is no number is as good as lost: what it left in the cache cannot be trusted either.
void expect_numbers(sotto_program& program) {
  for (size_t o = 0; o < program.outputs.size(); ++o) {
    const uint64_t count = uint64_t{program.shape.counts[program.lowered.output_classes[o]]} * program.lowered.output_widths[o];
    const auto* numbers = reinterpret_cast<const float*>(program.outputs[o].mapped());
    float sum = 0;
    for (uint64_t i = 0; i < count; ++i) sum += numbers[i] * 0.0f;
    if (sum != 0.0f || std::isnan(sum)) program.device->lose("delivered what is no number");
  }
}

// Gives the cells of an unfinished batch back, also when something throws.
struct Pending {
  const sotto_program& program;
  sotto_cache& cache;
  bool is_done = false;
  ~Pending() {
    for (const sotto_batch_row& row : program.rows)
      is_done ? cache.cells.commit(row.sequence) : cache.cells.roll_back(row.sequence);
  }
};

sotto_status run_checked(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_error* err) {
  if (const sotto_status s = check_batch(program, cache, batch, err); s != SOTTO_OK) return s;
  program.rows.clear();
  Pending pending{program, cache};
  if (const sotto_status s = take_rows(program, cache, batch, err); s != SOTTO_OK) return s;
  const auto stopped = [&] {
    return fail(err, SOTTO_CANCELLED, "vulkan: the caller stopped a batch of %u rows", batch.row_count);
  };
  if (batch.should_stop != nullptr && batch.should_stop(batch.stop_user) != 0) return stopped();
  program.device->require();
  ++program.runs;
  sort_rows(program, cache);
  uint32_t narrow_rows = 0;
  for (size_t c = 1; c < program.shape.counts.size(); ++c) narrow_rows = std::max(narrow_rows, program.shape.counts[c]);
  program.grow_narrow(narrow_rows);
  provide_scratch(program);
  write_batch(program, cache, batch);
  const Recording& recording = recording_for(program, cache);
  if (!Submitter(program, batch).run(recording)) return stopped();
  expect_numbers(program);
  pending.is_done = true;
  return SOTTO_OK;
}

void deliver_rows(const sotto_program& program, const sotto_run_result& result) {
  for (uint32_t o = 0; o < result.output_count; ++o) {
    const uint32_t count = o < program.outputs.size() ? program.shape.counts[program.lowered.output_classes[o]] : 0;
    if (result.rows != nullptr)
      result.rows[o] = count == 0 ? nullptr : reinterpret_cast<const float*>(program.outputs[o].mapped());
    if (result.row_counts != nullptr) result.row_counts[o] = count;
  }
}

}  // namespace

sotto_status run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err) {
  const backend::LengthsLater lengths{cache.cells, result};
  const sotto_status s = run_checked(program, cache, batch, err);
  if (s == SOTTO_OK && result != nullptr) deliver_rows(program, *result);
  return s;
}

}  // namespace sotto::vulkan

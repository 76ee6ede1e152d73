#include "run.h"

#include <algorithm>
#include <cinttypes>
#include <new>

#include "faults.h"
#include "report.h"

using external::refuse;

namespace {

std::unique_ptr<float[]> allocate(uint64_t width, uint64_t rows) {
  constexpr uint64_t kMostNumbers = uint64_t{1} << 34;
  std::unique_ptr<float[]> made;
  if (width == 0 || rows <= kMostNumbers / width) made.reset(new (std::nothrow) float[width * rows]);
  if (made == nullptr)
    refuse(SOTTO_OUT_OF_MEMORY, "no memory for %" PRIu64 " rows of %" PRIu64 " numbers; use smaller batches", rows, width);
  return made;
}

}  // namespace

sotto_program::sotto_program(const sotto_weights& w, external::Plan p, uint32_t batch)
    : weights(w), plan(std::move(p)), max_batch(batch), outputs(plan.output_widths.size()) {
  for (const uint64_t width : plan.buffers) buffers.push_back(allocate(width, max_batch));
  gates = allocate(plan.gate_width, max_batch);
  rows.reserve(max_batch);
  for (size_t o = 0; o < outputs.size(); ++o) outputs[o].reserve(size_t{std::min(max_batch, 16u)} * plan.output_widths[o]);
  uint32_t head_dim = 0;
  for (const external::Slot& slot : plan.slots) head_dim = std::max(head_dim, slot.head_dim);
  for (std::vector<float>* scratch : {&head, &angles, &weighted}) scratch->resize(head_dim);
}

namespace external {
namespace {

void check_batch(const sotto_program& p, const sotto_cache& cache, const sotto_batch& batch) {
  if (batch.row_count == 0 || batch.row_count > p.max_batch || batch.rows == nullptr ||
      batch.row_stride < sizeof(sotto_batch_row) || batch.row_stride % alignof(sotto_batch_row) != 0)
    refuse(SOTTO_INVALID_ARGUMENT, "a batch of %u rows, %u bytes apart; the program takes 1 .. %u rows", batch.row_count,
           batch.row_stride, p.max_batch);
  for (uint32_t i = 0; i < p.plan.input_widths.size(); ++i)
    if (p.plan.input_widths[i] > 0 && (i >= batch.input_count || batch.inputs == nullptr || batch.inputs[i] == nullptr))
      refuse(SOTTO_INVALID_ARGUMENT, "the batch lacks input %u", i);
  const auto is_same_rank = [](const sotto_rank_heads& a, const sotto_rank_heads& b) {
    return a.first_kv_head == b.first_kv_head && a.kv_heads == b.kv_heads;
  };
  const auto is_same = [&](const Slot& a, const Slot& b) {
    return a.kv_heads == b.kv_heads && a.head_dim == b.head_dim &&
           std::equal(a.ranks.begin(), a.ranks.end(), b.ranks.begin(), b.ranks.end(), is_same_rank);
  };
  if (&cache.group != &p.weights.group ||
      !std::equal(cache.slots.begin(), cache.slots.end(), p.plan.slots.begin(), p.plan.slots.end(), is_same))
    refuse(SOTTO_MISMATCH, "the cache was made for other slots or another group than the program");
  if (batch.row_count > cache.free_cells())
    refuse(SOTTO_CONTEXT_FULL, "%u tokens, free in the cache are %" PRIu64 " of %" PRIu64, batch.row_count, cache.free_cells(),
           cache.capacity);
}

void check_row(const sotto_program& p, const sotto_cache& cache, const sotto_batch& batch, uint32_t index) {
  const sotto_batch_row& row = entry(batch.rows, batch.row_stride, index);
  const auto* bytes = reinterpret_cast<const char*>(&row);
  if (row.reserved != 0 || std::any_of(bytes + sizeof row, bytes + batch.row_stride, [](char c) { return c != 0; }))
    refuse(SOTTO_UNSUPPORTED, "row %u says more than this backend knows", index);
  const size_t outputs = p.outputs.size();
  if (outputs < 32 && row.outputs >> outputs != 0)
    refuse(SOTTO_INVALID_ARGUMENT, "row %u wants the outputs %#x of %zu", index, row.outputs, outputs);
  if (p.plan.vocabulary > 0 && row.token >= p.plan.vocabulary)
    refuse(SOTTO_INVALID_ARGUMENT, "row %u: token %u of %u", index, row.token, p.plan.vocabulary);
  cache.check_holds(row.sequence, 0);
  if (row.position >= p.plan.max_positions)
    refuse(SOTTO_CONTEXT_FULL, "row %u: position %u, the model ends at %u", index, row.position, p.plan.max_positions);
  if (row.position != cache.length(row.sequence))
    refuse(SOTTO_INVALID_ARGUMENT, "row %u: position %u, sequence %u goes on at %u", index, row.position, row.sequence,
           cache.length(row.sequence));
  if (row.adapter != nullptr && &row.adapter->weights != &p.weights)
    refuse(SOTTO_MISMATCH, "row %u: its adapter was made over other weights", index);
}

// The rows' cells: taken before the first step, and given back unless the batch came to its end.
class Taken {
 public:
  Taken(sotto_program& program, sotto_cache& cache) : rows_(program.rows), cache_(cache) { rows_.clear(); }
  Taken(const Taken&) = delete;
  ~Taken() {
    for (size_t i = rows_.size(); !is_kept && i-- > 0;) cache_.truncate(rows_[i].sequence, rows_[i].position);
  }
  void take(const sotto_batch_row& row) {
    cache_.append(row.sequence);
    rows_.push_back(row);  // within what is reserved
  }
  bool is_kept = false;

 private:
  std::vector<sotto_batch_row>& rows_;
  sotto_cache& cache_;
};

struct Runner {
  uint32_t kind;
  void (*run)(const Run& run, const Step& step);
};
constexpr Runner kRunners[] = {
    {SOTTO_STEP_INPUT, run_input},   {SOTTO_STEP_EMBED, run_embed},           {SOTTO_STEP_NORM, run_norm},
    {SOTTO_STEP_LINEAR, run_linear}, {SOTTO_STEP_ATTENTION, run_attention},   {SOTTO_STEP_ADD, run_add},
    {SOTTO_STEP_MUL, run_mul},       {SOTTO_STEP_ALL_REDUCE, run_all_reduce}, {SOTTO_STEP_ALL_GATHER, run_all_gather},
    {SOTTO_STEP_OUTPUT, run_output},
};

}  // namespace

void StopWatch::ask() {
  if (batch_.should_stop == nullptr) return;
  const bool is_stop = batch_.should_stop(batch_.stop_user) != 0;
  asked_ = Clock::now();
  if (is_stop) throw Stopped();
}

void StopWatch::look_at_the_clock() {
  constexpr std::chrono::milliseconds kInterval{faults::kLateCancel ? 100 : 5};  // promised are 20
  done_ = 0;
  if (Clock::now() - asked_ >= kInterval) ask();
}

void run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch) {
  check_batch(program, cache, batch);
  Taken taken(program, cache);
  for (uint32_t i = 0; i < batch.row_count; ++i) {
    check_row(program, cache, batch, i);
    taken.take(entry(batch.rows, batch.row_stride, i));
  }
  for (std::vector<float>& output : program.outputs) output.clear();
  StopWatch watch(batch);
  const Run run{program, cache, batch, watch};
  try {
    watch.ask();
    for (const Step& step : program.plan.steps)
      for (const Runner& runner : kRunners)
        if (runner.kind == step.kind) runner.run(run, step);
  } catch (const Stopped&) {
    refuse(SOTTO_CANCELLED, "the caller stopped a batch of %u rows", batch.row_count);
  }
  taken.is_kept = true;
}

}  // namespace external

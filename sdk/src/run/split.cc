#include "run/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "host/plugin_call.h"
#include "run/program.h"

namespace sotto {
namespace {

constexpr uint32_t kWhole = 1000;
// Of a rank's memory, for weights: cache, activations and everything else take the rest.
constexpr double kForWeights = 0.75;

// The smallest model that reads its weights as a large one does: one LINEAR, too large for the nearer caches.
class Probe {
 public:
  Probe() : rows_(kWidth * kRowBytes) {
    input_.struct_size = sizeof input_;
    linear_ = {sizeof linear_, 0, SOTTO_NONE, SOTTO_NONE, SOTTO_NONE, SOTTO_ACT_NONE, 0, 0, 0, 0};
    output_.struct_size = sizeof output_;
    steps_[0] = {sizeof(sotto_step), SOTTO_STEP_INPUT, 0, {SOTTO_NONE, SOTTO_NONE, SOTTO_NONE}, &input_};
    steps_[1] = {sizeof(sotto_step), SOTTO_STEP_LINEAR, 1, {0, SOTTO_NONE, SOTTO_NONE}, &linear_};
    steps_[2] = {sizeof(sotto_step), SOTTO_STEP_OUTPUT, SOTTO_NONE, {1, SOTTO_NONE, SOTTO_NONE}, &output_};
    slice_ = {0, kWidth, 0, kWidth, 0};
    weight_ = {sizeof weight_, SOTTO_Q8_0, kWidth, kWidth, SOTTO_USE_LINEAR, 0, &slice_, sotto_cstr("probe")};
    plan_.struct_size = sizeof plan_;
    plan_.world = 1;
    plan_.value_count = 2;
    plan_.weight_count = 1;
    plan_.weight_stride = sizeof weight_;
    plan_.step_count = 3;
    plan_.step_stride = sizeof steps_[0];
    plan_.slot_stride = sizeof(sotto_slot);
    plan_.output_count = 1;
    plan_.vocabulary = 1;
    plan_.max_positions = kPositions;
    plan_.widths = widths_;
    plan_.weights = &weight_;
    plan_.steps = steps_;
  }

  Result<double> bytes_per_second(const Backend& backend, uint32_t threads) {
    SOTTO_TRY(open(backend, threads));
    using Clock = std::chrono::steady_clock;
    SOTTO_TRY(step(0));  // pages and threads come up
    const auto start = Clock::now();
    uint32_t steps = 0;
    do {
      if (++steps >= kPositions) break;
      SOTTO_TRY(step(steps));
    } while (Clock::now() - start < std::chrono::milliseconds(100));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return static_cast<double>(rows_.size()) * steps / seconds;
  }

 private:
  static constexpr uint32_t kWidth = 4096, kPositions = 4096;
  static constexpr uint32_t kRowBytes = kWidth / 32 * 34;

  Status open(const Backend& backend, uint32_t threads) {
    p_.backend = &backend;
    sotto_group_options g{};
    g.struct_size = sizeof g;
    g.world = g.local_ranks = 1;
    g.threads = threads;
    SOTTO_TRY(p_.make("group_create", &p_.group, [&](const sotto_backend& t, sotto_group** made, sotto_error* err) {
      return t.group_create(backend.self, &g, made, err);
    }));
    SOTTO_TRY(p_.make("weights_create", &p_.weights, [&](const sotto_backend& t, sotto_weights** made, sotto_error* err) {
      return t.weights_create(p_.group, &plan_, made, err);
    }));
    sotto_upload u{};
    u.struct_size = sizeof u;
    u.flags = SOTTO_UPLOAD_BORROW;
    u.bytes = rows_.data();
    u.byte_count = rows_.size();
    u.row_stride = kRowBytes;
    SOTTO_TRY(p_.call("upload", [&](const sotto_backend& t, sotto_error* err) { return t.upload(p_.weights, 0, 0, &u, err); }));
    SOTTO_TRY(p_.make("compile", &p_.program, [&](const sotto_backend& t, sotto_program** made, sotto_error* err) {
      return t.compile(p_.group, &plan_, p_.weights, 1, made, err);
    }));
    sotto_cache_options c{};
    c.struct_size = sizeof c;
    c.k_type = c.v_type = SOTTO_F32;
    c.sequences = 1;
    c.tokens = kPositions;
    return p_.make("cache_create", &p_.cache, [&](const sotto_backend& t, sotto_cache** made, sotto_error* err) {
      return t.cache_create(p_.program, &c, made, err);
    });
  }

  Status step(uint32_t position) {
    sotto_batch_row row{};
    row.position = position;
    row.outputs = 1;
    const float* inputs[] = {numbers_};
    sotto_batch batch{};
    batch.struct_size = sizeof batch;
    batch.row_count = 1;
    batch.row_stride = sizeof row;
    batch.input_count = 1;
    batch.rows = &row;
    batch.inputs = inputs;
    return p_.run(batch, nullptr);
  }

  std::vector<uint8_t> rows_;
  float numbers_[kWidth] = {};
  uint32_t widths_[2] = {kWidth, kWidth};
  sotto_input_args input_{};
  sotto_linear_args linear_{};
  sotto_output_args output_{};
  sotto_step steps_[3] = {};
  sotto_slice slice_{};
  sotto_weight weight_{};
  sotto_plan plan_{};
  Program p_;  // ends before what it borrows
};

}  // namespace

Result<RankMeasure> measure_rank(const PluginHost& host, const Backend& backend, uint32_t threads, uint64_t memory_cap) {
  SOTTO_ASSIGN(const sotto_device_info device, host.device_info(backend, 0));
  SOTTO_ASSIGN(const double speed, std::make_unique<Probe>()->bytes_per_second(backend, threads));
  const uint64_t free = device.memory_free_bytes ? device.memory_free_bytes : device.memory_bytes;
  return RankMeasure{speed, memory_cap && free ? std::min(memory_cap, free) : std::max(memory_cap, free)};
}

Result<std::vector<uint32_t>> choose_split(const std::vector<RankMeasure>& ranks, uint64_t model_bytes) {
  const auto most = [&](const RankMeasure& r) {
    if (r.memory_bytes == 0) return 1.0;
    return std::min(
        1.0, kForWeights * static_cast<double>(r.memory_bytes) / static_cast<double>(std::max<uint64_t>(model_bytes, 1)));
  };
  std::vector<double> part(ranks.size(), 0);
  std::vector<bool> full(ranks.size(), false);
  // Each round fills those up who cannot take their share, and spreads the rest over the others.
  for (size_t round = 0; round <= ranks.size(); ++round) {
    double left = 1, speed = 0;
    for (size_t r = 0; r < ranks.size(); ++r) full[r] ? left -= part[r] : speed += ranks[r].bytes_per_second;
    bool settled = true;
    for (size_t r = 0; r < ranks.size(); ++r) {
      if (full[r]) continue;
      part[r] = speed > 0 ? left * ranks[r].bytes_per_second / speed : 0;
      if (part[r] <= most(ranks[r])) continue;
      part[r] = most(ranks[r]);
      full[r] = true;
      settled = false;
    }
    if (settled) break;
  }
  double sum = 0, memory = 0;
  for (size_t r = 0; r < ranks.size(); ++r) {
    sum += part[r];
    memory += static_cast<double>(ranks[r].memory_bytes);
  }
  if (sum < 0.999)
    return Status(SOTTO_OUT_OF_MEMORY,
                  fmt::format("the {} ranks have {:.1f} MB together, of which {:.0f} % may hold weights: the "
                              "model's {:.1f} MB do not fit; add a rank or take a smaller model",
                              ranks.size(), memory / 1e6, 100 * kForWeights, static_cast<double>(model_bytes) / 1e6));
  std::vector<uint32_t> split;
  for (const double p : part) split.push_back(std::max(static_cast<uint32_t>(std::lround(p * kWhole)), 1u));
  return split;
}

}  // namespace sotto

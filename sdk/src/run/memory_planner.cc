#include "run/memory_planner.h"

#include <fmt/format.h>

#include <algorithm>

namespace sotto {
namespace {

constexpr uint32_t kUsualBatch = 256, kLeastBatch = 16, kUsualContext = 4096, kLeastContext = 256, kContextStep = 64;

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

class Planner {
 public:
  Planner(const MemoryWishes& wishes, const MeasureMemory& measure) : w_(wishes), measure_(measure) {}

  Result<MemoryPlan> plan() {
    SOTTO_TRY(begin());
    while (!fits() && w_.max_batch == 0 && c_.max_batch > kLeastBatch) {
      c_.max_batch = std::max(c_.max_batch / 2, kLeastBatch);
      SOTTO_TRY(measure());
    }
    if (!fits()) SOTTO_TRY(quantize_cache());
    if (!fits() && w_.context_tokens == 0) SOTTO_TRY(shorten_context());
    if (!fits()) return too_large();
    return plan_;
  }

 private:
  Status begin() {
    if (w_.context_tokens > w_.context_trained)
      return Status(SOTTO_INVALID_ARGUMENT, fmt::format("a context of {} tokens was asked for, the model was trained for {}",
                                                        w_.context_tokens, w_.context_trained));
    if (w_.kv_tokens && w_.context_tokens > w_.kv_tokens)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("a context of {} tokens was asked for, with {} for all sessions together", w_.context_tokens,
                                w_.kv_tokens));
    c_.context_tokens = w_.context_tokens ? w_.context_tokens : std::min(w_.context_trained, kUsualContext);
    if (w_.kv_tokens) c_.context_tokens = static_cast<uint32_t>(std::min<uint64_t>(c_.context_tokens, w_.kv_tokens));
    c_.max_batch = std::min(w_.max_batch ? w_.max_batch : kUsualBatch, c_.context_tokens);
    c_.kv_type = w_.kv_type == SOTTO_KV_DEFAULT ? SOTTO_KV_F16 : w_.kv_type;
    Status s = measure();
    if (s.code() == SOTTO_UNSUPPORTED && w_.kv_type == SOTTO_KV_DEFAULT) {
      c_.kv_type = SOTTO_KV_F32;  // the reference backend
      s = measure();
    }
    return s;
  }

  Status quantize_cache() {
    if (w_.kv_type != SOTTO_KV_DEFAULT || c_.kv_type != SOTTO_KV_F16) return {};
    c_.kv_type = SOTTO_KV_Q8_0;
    Status s = measure();
    if (s.code() != SOTTO_UNSUPPORTED) return s;
    c_.kv_type = SOTTO_KV_F16;
    return measure();
  }

  // The longest context that fits, by bisection.
  Status shorten_context() {
    uint32_t fits_steps = kLeastContext / kContextStep, too_many = (c_.context_tokens + kContextStep - 1) / kContextStep;
    if (fits_steps >= too_many) return {};
    const uint32_t batch = c_.max_batch;
    const auto try_steps = [&](uint32_t steps) {
      c_.context_tokens = steps * kContextStep;
      c_.max_batch = std::min(batch, c_.context_tokens);
      return measure();
    };
    SOTTO_TRY(try_steps(fits_steps));
    if (!fits()) return {};
    while (too_many - fits_steps > 1) {
      const uint32_t middle = (fits_steps + too_many) / 2;
      SOTTO_TRY(try_steps(middle));
      (fits() ? fits_steps : too_many) = middle;
    }
    return try_steps(fits_steps);
  }

  Status measure() {
    c_.kv_tokens = w_.kv_tokens ? w_.kv_tokens : c_.context_tokens;
    SOTTO_ASSIGN(plan_.estimate, measure_(c_));
    return {};
  }

  bool fits() const { return w_.cap_bytes == 0 || plan_.estimate.total <= w_.cap_bytes; }

  Status too_large() const {
    const sotto_memory_estimate& e = plan_.estimate;
    return Status(
        SOTTO_OUT_OF_MEMORY,
        fmt::format("the model needs {:.1f} MB at least ({:.1f} MB of weights, {:.1f} MB of cache for {} tokens, {:.1f} MB "
                    "to compute {} tokens at a time, {:.1f} MB for the tokenizer and the like), the cap leaves {:.1f} MB: "
                    "raise memory_cap_bytes, close other models or take a smaller one",
                    megabytes(e.total), megabytes(e.weights_mapped + e.weights_copied), megabytes(e.kv_cache), c_.kv_tokens,
                    megabytes(e.workspace), c_.max_batch, megabytes(e.host), megabytes(w_.cap_bytes)));
  }

  const MemoryWishes& w_;
  const MeasureMemory& measure_;
  MemoryPlan plan_;
  MemoryChoice& c_ = plan_.choice;
};

}  // namespace

Result<MemoryPlan> plan_memory(const MemoryWishes& wishes, const MeasureMemory& measure) {
  return Planner(wishes, measure).plan();
}

}  // namespace sotto

#include "run/memory_planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace sotto {
namespace {

constexpr uint32_t kUsualBatch = 256, kLeastBatch = 16, kUsualContext = 4096, kLeastContext = 256;

double megabytes(uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

Result<MemoryPlan> plan_memory(const MemoryWishes& w, const MeasureMemory& measure) {
  if (w.context_tokens > w.context_trained)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("a context of {} tokens was asked for, the model was trained for {}",
                                                      w.context_tokens, w.context_trained));
  MemoryPlan plan;
  MemoryChoice& c = plan.choice;
  c.context_tokens = w.context_tokens ? w.context_tokens : std::min(w.context_trained, kUsualContext);
  c.max_batch = std::min(w.max_batch ? w.max_batch : kUsualBatch, c.context_tokens);
  c.kv_type = w.kv_type == SOTTO_KV_DEFAULT ? SOTTO_KV_F16 : w.kv_type;
  const auto try_it = [&]() -> Status {
    c.kv_tokens = w.kv_tokens ? w.kv_tokens : c.context_tokens;
    SOTTO_ASSIGN(plan.estimate, measure(c));
    return {};
  };
  Status s = try_it();
  if (s.code() == SOTTO_UNSUPPORTED && w.kv_type == SOTTO_KV_DEFAULT) {
    c.kv_type = SOTTO_KV_F32;  // the reference backend
    s = try_it();
  }
  SOTTO_TRY(s);
  const auto fits = [&] { return w.cap_bytes == 0 || plan.estimate.total <= w.cap_bytes; };
  while (!fits() && w.max_batch == 0 && c.max_batch > kLeastBatch) {
    c.max_batch = std::max(c.max_batch / 2, kLeastBatch);
    SOTTO_TRY(try_it());
  }
  if (!fits() && w.kv_type == SOTTO_KV_DEFAULT && c.kv_type == SOTTO_KV_F16) {
    c.kv_type = SOTTO_KV_Q8_0;
    if (Status smaller = try_it(); smaller.code() == SOTTO_UNSUPPORTED) {
      c.kv_type = SOTTO_KV_F16;
      SOTTO_TRY(try_it());
    } else {
      SOTTO_TRY(smaller);
    }
  }
  while (!fits() && w.context_tokens == 0 && c.context_tokens > kLeastContext) {
    c.context_tokens = std::max(c.context_tokens / 2, kLeastContext);
    c.max_batch = std::min(c.max_batch, c.context_tokens);
    SOTTO_TRY(try_it());
  }
  if (!fits())
    return Status(
        SOTTO_OUT_OF_MEMORY,
        fmt::format("the model needs {:.1f} MB at least ({:.1f} MB of weights, {:.1f} MB for {} tokens of context), the cap is "
                    "{:.1f} MB: "
                    "raise the cap or take a smaller model",
                    megabytes(plan.estimate.total), megabytes(plan.estimate.weights_mapped + plan.estimate.weights_copied),
                    megabytes(plan.estimate.kv_cache), c.context_tokens, megabytes(w.cap_bytes)));
  return plan;
}

}  // namespace sotto

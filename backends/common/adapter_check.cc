#include "common/adapter_check.h"

#include <cmath>

namespace sotto::backend {

sotto_status check_pairs(const char* backend, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                         sotto_error* err) {
  constexpr uint32_t kMostPairs = 1u << 20;
  if (count > kMostPairs ||
      (count != 0 && (pairs == nullptr || stride < sizeof(sotto_adapter_pair) || stride % alignof(void*) != 0)))
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: adapter of %u pairs %u bytes apart", backend, count, stride);
  return SOTTO_OK;
}

sotto_status check_pair(const PairLimits& limits, const sotto_adapter_pair& p, uint32_t index, sotto_error* err) {
  if (p.weight >= limits.weights || p.rank_dim == 0 || p.rank_dim > limits.most_dims || !std::isfinite(p.scale))
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: adapter pair %u: weight %u of %zu, %u dimensions, scale %g", limits.backend,
                index, p.weight, limits.weights, p.rank_dim, static_cast<double>(p.scale));
  if (p.reserved != 0)
    return fail(err, SOTTO_UNSUPPORTED, "%s: adapter pair %u: reserved bits %#x", limits.backend, index, p.reserved);
  return SOTTO_OK;
}

}  // namespace sotto::backend

// costs.h - the array that `check` fills: one sotto_rank_cost for each local rank, as far apart as the caller says.
#pragma once

#include <algorithm>
#include <cstring>

#include "common/report.h"
#include "sotto/backend.h"

namespace sotto::backend {

struct RankCosts {
  sotto_rank_cost* first;  // NULL: nobody asks
  uint32_t stride;
};

inline sotto_status check_costs(const RankCosts& costs, sotto_error* err) {
  constexpr uint32_t kLeast = 4 * sizeof(uint64_t);  // the four of the first version
  if (costs.first != nullptr && (costs.stride < kLeast || costs.stride % sizeof(uint64_t) != 0))
    return fail(err, SOTTO_INVALID_ARGUMENT, "check: costs %u bytes apart, expected a multiple of 8, at least %u", costs.stride,
                kLeast);
  return SOTTO_OK;
}

// What the caller's element does not hold is not written; what this backend does not know stays as it was.
inline void put_cost(const RankCosts& costs, uint32_t index, const sotto_rank_cost& cost) {
  std::memcpy(reinterpret_cast<char*>(costs.first) + size_t{index} * costs.stride, &cost,
              std::min<size_t>(costs.stride, sizeof cost));
}

}  // namespace sotto::backend

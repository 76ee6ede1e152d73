// stored_weight.h - a weight as the plan told it that it was uploaded for, with what each local rank has of it.
#pragma once

#include <string>
#include <vector>

#include "common/plan_read.h"
#include "common/report.h"
#include "common/weight_types.h"

namespace sotto::backend {

// A Part has `sotto_slice slice` and `bool is_missing() const`: the slice has something that was not uploaded.
template <class Part>
struct StoredWeight {
  StoredWeight() = default;
  StoredWeight(const sotto_weight& from, uint32_t first_rank, uint32_t local_ranks)
      : type(find_weight_type(from.type)), rows(from.rows), columns(from.columns), uses(from.uses), parts(local_ranks) {
    name.assign(from.name.data == nullptr ? "" : from.name.data, from.name.size);
    for (uint32_t r = 0; r < local_ranks; ++r) parts[r].slice = from.slices[first_rank + r];
  }

  const WeightType* type = nullptr;
  uint64_t rows = 0;
  uint64_t columns = 0;
  uint32_t uses = 0;
  std::string name;
  std::vector<Part> parts;  // by local rank
};

inline bool same_slice(const sotto_slice& a, const sotto_slice& b) {
  return a.first_row == b.first_row && a.rows == b.rows && a.first_column == b.first_column && a.columns == b.columns &&
         a.skip_columns == b.skip_columns;
}

// Whether `plan` can run on these weights: the tables agree as far as both go, and everything there is uploaded.
template <class Weight>
sotto_status check_weights(const char* backend, const std::vector<Weight>& weights, uint32_t first_rank, const sotto_plan& plan,
                           sotto_error* err) {
  for (uint32_t i = 0; i < plan.weight_count && i < weights.size(); ++i) {
    const sotto_weight& asked = weight_of(plan, i);
    const Weight& w = weights[i];
    bool same = asked.type == w.type->type && asked.rows == w.rows && asked.columns == w.columns && (asked.uses & ~w.uses) == 0;
    for (size_t r = 0; r < w.parts.size(); ++r) same = same && same_slice(asked.slices[first_rank + r], w.parts[r].slice);
    if (!same)
      return fail(err, SOTTO_MISMATCH, "%s: weight %u of the plan is not '%s', which was uploaded", backend, i, w.name.c_str());
    for (size_t r = 0; r < w.parts.size(); ++r)
      if (w.parts[r].is_missing())
        return fail(err, SOTTO_INVALID_ARGUMENT, "%s: '%s' was not uploaded for rank %zu", backend, w.name.c_str(),
                    first_rank + r);
  }
  return SOTTO_OK;
}

}  // namespace sotto::backend

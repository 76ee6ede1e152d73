// cost.cc - whether a plan runs here, and what it takes before anything is loaded.
#include "common/plan_check.h"
#include "common/plan_read.h"
#include "common/report.h"
#include "program.h"

namespace sotto::cpu {

using backend::fail;
using backend::weight_of;

sotto_status check_plan_here(const sotto_group& group, const sotto_plan& plan, sotto_error* err) {
  if (const sotto_status s = backend::check_plan(&plan, err); s != SOTTO_OK) return s;
  if (plan.world != group.world) {
    return fail(err, SOTTO_MISMATCH, "cpu: a plan for %u ranks in a group of %u", plan.world, group.world);
  }
  return SOTTO_OK;
}

sotto_status check_cost(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch, const sotto_cache_options* cache,
                        const backend::RankCosts& costs, sotto_error* err) {
  if (const sotto_status s = check_plan_here(group, plan, err); s != SOTTO_OK) return s;
  if (max_batch == 0) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: check for batches of 0 rows");
  sotto_cache_options options = {};
  if (cache != nullptr) {
    if (const sotto_status s = backend::check_struct(cache, sizeof options, "sotto_cache_options", err); s != SOTTO_OK)
      return s;
    options = *cache;
    if (const sotto_status s = check_cache_options(options, err); s != SOTTO_OK) return s;
  }
  if (const sotto_status s = backend::check_costs(costs, err); s != SOTTO_OK || costs.first == nullptr) return s;
  const Lowered lowered = lower(plan, group, max_batch);
  const uint64_t workspace = workspace_bytes(lowered, group);
  CacheLayout layout;
  if (cache != nullptr) layout = lay_out_cache(lowered, options);
  for (uint32_t r = 0; r < group.local_ranks; ++r) {
    sotto_rank_cost cost = {};
    for (uint32_t i = 0; i < plan.weight_count; ++i) {
      const sotto_weight& w = weight_of(plan, i);
      const PartCost part = part_cost(group, *find_weight_type(w.type), w.uses, w.slices[group.first_rank + r]);
      cost.weights_borrowed += part.borrowed;
      cost.weights_copied += part.copied;
    }
    if (cache != nullptr) cost.cache = cache_bytes_of_rank(layout, r);
    // One arena serves all local ranks: told in even parts.
    cost.workspace = workspace / group.local_ranks;
    backend::put_cost(costs, r, cost);
  }
  return SOTTO_OK;
}

}  // namespace sotto::cpu

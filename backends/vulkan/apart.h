// apart.h - groups whose ranks have a device each. Their objects hold one of the usual kind for each rank, of a group of that
// rank alone, and these run side by side and meet in the host's memory.
#pragma once

#include "plugin.h"
#include "program.h"

namespace sotto::vulkan {

// Makes `group` one of these. Throws plugin::Failure.
void divide(sotto_group& group, const std::vector<std::shared_ptr<Device>>& devices);

// REQUIRES, of all below: the group is divided.
sotto_status check_cost_apart(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch,
                              const sotto_cache_options* cache, const backend::RankCosts& costs, sotto_error* err);
sotto_status create_weights_apart(sotto_group& group, const sotto_plan& plan, sotto_weights** out, sotto_error* err);
sotto_status compile_apart(sotto_group& group, const sotto_plan& plan, const sotto_weights& weights, uint32_t max_batch,
                           sotto_program** out, sotto_error* err);
sotto_cache* create_cache_apart(sotto_program& program, const sotto_cache_options& options);
sotto_status create_adapter_apart(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count,
                                  uint32_t stride, sotto_adapter** out, sotto_error* err);
sotto_status run_apart(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err);

}  // namespace sotto::vulkan

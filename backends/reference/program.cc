#include "program.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <new>

#include "common/plan_read.h"
#include "common/program_check.h"
#include "common/report.h"

sotto_program::sotto_program(sotto_group& g, const sotto_weights& w, sotto::reference::Lowered l, uint32_t batch)
    : group(g), weights(w), lowered(std::move(l)), max_batch(batch) {
  for (const uint64_t n : lowered.buffers) buffers.push_back(sotto::reference::allocate_numbers(n, max_batch));
  for (const uint32_t n : lowered.output_widths) outputs.push_back(sotto::reference::allocate_numbers(n, max_batch));
  output_rows.resize(lowered.output_widths.size());
  for (const sotto::reference::Weight& weight : weights.weights) {
    auto& by_rank = vectors.emplace_back(group.local_ranks);
    for (uint32_t r = 0; (weight.uses & SOTTO_USE_VECTOR) != 0 && r < group.local_ranks; ++r)
      by_rank[r] = weight.read_vector(r);
  }
  rows.reserve(max_batch);
  uint32_t widest = 0;
  for (const sotto::reference::Value& value : lowered.values)
    widest = std::max(widest, *std::max_element(value.widths.begin(), value.widths.end()));
  weight_row.resize(widest);
  gate_row.resize(widest);
  uint32_t head_dim = 0;
  for (const sotto::backend::Slot& slot : lowered.slots) head_dim = std::max(head_dim, slot.head_dim);
  head.resize(head_dim);
  angles.resize(head_dim);
  weighted.resize(head_dim);
}

const float* sotto_program::vector(uint32_t weight, uint32_t local_rank) const {
  if (weight == SOTTO_NONE || vectors[weight][local_rank].empty()) return nullptr;
  return vectors[weight][local_rank].data();
}

namespace sotto::reference {
namespace {

using backend::fail;

// The processes of a group must run one plan.
sotto_status compare_hashes(const sotto_group& group, const sotto_plan& plan, sotto_error* err) {
  if (group.comm == nullptr) return SOTTO_OK;
  std::vector<uint8_t> all(group.processes() * sizeof plan.hash);
  const std::vector<uint64_t> bytes(group.processes(), sizeof plan.hash);
  const sotto_status s = group.comm->all_gather(group.comm_self, plan.hash, sizeof plan.hash, all.data(), bytes.data(), nullptr,
                                                group.comm_deadline_ms, err);
  if (s != SOTTO_OK) return s;
  for (uint32_t p = 0; p < group.processes(); ++p)
    if (std::memcmp(all.data() + p * sizeof plan.hash, plan.hash, sizeof plan.hash) != 0)
      return fail(err, SOTTO_MISMATCH, "reference: compile: process %u has another plan than process %u", p, group.process());
  return SOTTO_OK;
}

}  // namespace

std::unique_ptr<float[]> allocate_numbers(uint64_t count, uint64_t rows) {
  constexpr uint64_t kMostNumbers = uint64_t{1} << 36;
  if (count != 0 && rows > kMostNumbers / count) throw std::bad_alloc();
  return std::unique_ptr<float[]>(new float[count * rows]);
}

sotto_status check_program(const sotto_group& group, const sotto_plan* plan, uint32_t max_batch, sotto_error* err) {
  constexpr uint32_t kMostRows = 1u << 16;
  return backend::check_program({"reference", group.world, kMostRows}, plan, max_batch, err);
}

sotto_status check_cost(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch, const sotto_cache_options* cache,
                        const backend::RankCosts& costs, sotto_error* err) {
  if (cache != nullptr)
    if (const sotto_status s = check_cache_options(*cache, err); s != SOTTO_OK) return s;
  if (const sotto_status s = backend::check_costs(costs, err); s != SOTTO_OK || costs.first == nullptr) return s;
  const Lowered lowered = lower(plan, group);
  for (uint32_t r = 0; r < group.local_ranks; ++r) {
    sotto_rank_cost cost = {};
    for (uint32_t i = 0; i < plan.weight_count; ++i) {
      const sotto_weight& w = backend::weight_of(plan, i);
      const sotto_slice& slice = w.slices[group.first_rank + r];
      if (backend::is_empty(slice)) continue;
      cost.weights_borrowed += slice.rows * backend::row_bytes(*backend::find_weight_type(w.type), slice);
      if ((w.uses & SOTTO_USE_VECTOR) != 0) cost.weights_copied += slice.columns * sizeof(float);
    }
    if (cache != nullptr) cost.cache = cache->tokens * lowered.token_numbers(r) * sizeof(float);
    cost.workspace = lowered.workspace_bytes(max_batch) / group.local_ranks;
    backend::put_cost(costs, r, cost);
  }
  return SOTTO_OK;
}

sotto_status compile(sotto_group& group, const sotto_plan& plan, const sotto_weights& weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err) {
  if (&weights.group != &group) return fail(err, SOTTO_MISMATCH, "reference: compile: the weights belong to another group");
  if (const sotto_status s = backend::check_weights("reference", weights.weights, group.first_rank, plan, err); s != SOTTO_OK)
    return s;
  Lowered lowered = lower(plan, group);
  for (const Step& step : lowered.steps)
    if (const sotto_status s = backend::check_step_weights("reference", step.kind, step.args, weights.weights.size(), err);
        s != SOTTO_OK)
      return s;
  if (const sotto_status s = compare_hashes(group, plan, err); s != SOTTO_OK) return s;
  const uint64_t bytes = lowered.workspace_bytes(max_batch);
  try {
    *out = new sotto_program(group, weights, std::move(lowered), max_batch);
    return SOTTO_OK;
  } catch (const std::bad_alloc&) {
    return fail(err, SOTTO_OUT_OF_MEMORY,
                "reference: no memory for the %" PRIu64 " bytes of batches of %u rows; use smaller batches", bytes, max_batch);
  }
}

}  // namespace sotto::reference

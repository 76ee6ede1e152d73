#include "common/plan_check.h"

#include <cinttypes>

#include "common/plan_read.h"
#include "common/report.h"
#include "common/step_check.h"
#include "common/weight_types.h"

namespace sotto::backend {
namespace {

constexpr uint32_t kMostStructBytes = 4096;

// An array of structs: where it is, how many, how far apart.
sotto_status check_array(const void* first, uint32_t count, uint32_t stride, size_t known, const char* what, sotto_error* err) {
  if (count > kMostEntries) return fail(err, SOTTO_INVALID_ARGUMENT, "plan: %u %ss, at most %u", count, what, kMostEntries);
  if (count == 0) return SOTTO_OK;
  if (first == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "plan: %u %ss at no address", count, what);
  if (stride < known || stride > kMostStructBytes || stride % alignof(void*) != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: %ss %u bytes apart, a %s takes %zu", what, stride, what, known);
  for (uint32_t i = 0; i < count; ++i) {
    const void* entry = static_cast<const char*>(first) + size_t{i} * stride;
    if (*static_cast<const uint32_t*>(entry) > stride)
      return fail(err, SOTTO_INVALID_ARGUMENT, "plan: %s %u is larger than the stride of %u bytes", what, i, stride);
    if (const sotto_status s = check_struct(entry, known, what, err); s != SOTTO_OK) return s;
  }
  return SOTTO_OK;
}

sotto_status check_slice(const sotto_weight& w, uint32_t index, const WeightType& type, uint32_t rank, sotto_error* err) {
  const sotto_slice& s = w.slices[rank];
  if (s.first_row > w.rows || s.rows > w.rows - s.first_row || s.first_column > w.columns ||
      s.columns > w.columns - s.first_column)
    return fail(err, SOTTO_INVALID_ARGUMENT,
                "plan: weight %u on rank %u: rows %" PRIu64 " +%" PRIu64 ", columns %" PRIu64 " +%" PRIu64
                " are not all within [%" PRIu64 ", %" PRIu64 "]",
                index, rank, s.first_row, s.rows, s.first_column, s.columns, w.rows, w.columns);
  if (is_empty(s)) return SOTTO_OK;
  if (s.skip_columns >= type.block || s.skip_columns > s.first_column || (s.first_column - s.skip_columns) % type.block != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT,
                "plan: weight %u on rank %u: column %" PRIu64 " with %" PRIu64 " skipped is not the start of a %s block of %u",
                index, rank, s.first_column, s.skip_columns, type.name, type.block);
  return SOTTO_OK;
}

sotto_status check_weight(const sotto_plan& plan, uint32_t index, sotto_error* err) {
  const sotto_weight& w = weight_of(plan, index);
  const WeightType* type = find_weight_type(w.type);
  if (type == nullptr) return fail(err, SOTTO_UNSUPPORTED, "plan: weight %u has the unknown type %u", index, w.type);
  if (w.rows > kMostRows || w.columns > kMostWidth || w.columns % type->block != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: weight %u is [%" PRIu64 ", %" PRIu64 "] in %s blocks of %u", index, w.rows,
                w.columns, type->name, type->block);
  constexpr uint32_t kUses = SOTTO_USE_TABLE | SOTTO_USE_LINEAR | SOTTO_USE_VECTOR;
  if ((w.uses & ~kUses) != 0 || w.reserved != 0)
    return fail(err, SOTTO_UNSUPPORTED, "plan: weight %u has uses %#x and reserved bits %#x, known are %#x", index, w.uses,
                w.reserved, kUses);
  if (w.slices == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "plan: weight %u has no slices", index);
  if (w.name.data == nullptr && w.name.size != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: weight %u has a name at no address", index);
  for (uint32_t r = 0; r < plan.world; ++r)
    if (const sotto_status s = check_slice(w, index, *type, r, err); s != SOTTO_OK) return s;
  return SOTTO_OK;
}

// Ranks hold the query heads in order and without gaps; how they map to KV heads is checked with each ATTENTION.
sotto_status check_slot(const sotto_plan& plan, uint32_t index, sotto_error* err) {
  const sotto_slot& slot = slot_of(plan, index);
  if (slot.kv_heads == 0 || slot.kv_heads > kMostWidth || slot.head_dim == 0 || slot.head_dim > kMostHeadDim ||
      slot.ranks == nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: slot %u has %u KV heads of %u numbers%s", index, slot.kv_heads,
                slot.head_dim, slot.ranks == nullptr ? " and no ranks" : "");
  uint64_t next_head = 0;
  for (uint32_t r = 0; r < plan.world; ++r) {
    const sotto_rank_heads& h = slot.ranks[r];
    if (h.first_head != next_head)
      return fail(err, SOTTO_INVALID_ARGUMENT, "plan: slot %u: rank %u begins with head %u, the ranks before end at %" PRIu64,
                  index, r, h.first_head, next_head);
    next_head += h.heads;
    if (uint64_t{h.first_kv_head} + h.kv_heads > slot.kv_heads)
      return fail(err, SOTTO_INVALID_ARGUMENT, "plan: slot %u: rank %u has KV heads %u +%u of %u", index, r, h.first_kv_head,
                  h.kv_heads, slot.kv_heads);
  }
  if (next_head == 0 || next_head > kMostWidth || next_head % slot.kv_heads != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: slot %u: %" PRIu64 " heads cannot share %u KV heads evenly", index,
                next_head, slot.kv_heads);
  return SOTTO_OK;
}

sotto_status check_sizes(const sotto_plan& plan, sotto_error* err) {
  if (plan.world == 0 || plan.world > kMostRanks)
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: %u ranks, expected 1 .. %u", plan.world, kMostRanks);
  if (plan.value_count > kMostEntries || (plan.value_count != 0 && plan.widths == nullptr))
    return fail(err, SOTTO_INVALID_ARGUMENT, "plan: %u values%s", plan.value_count,
                plan.widths == nullptr ? " without widths" : "");
  if (plan.output_count > kMostOutputs)
    return fail(err, SOTTO_UNSUPPORTED, "plan: %u outputs, at most %u", plan.output_count, kMostOutputs);
  for (size_t i = 0; i < size_t{plan.value_count} * plan.world; ++i)
    if (plan.widths[i] > kMostWidth)
      return fail(err, SOTTO_INVALID_ARGUMENT, "plan: value %zu is %u numbers wide, at most %u", i / plan.world, plan.widths[i],
                  kMostWidth);
  sotto_status s = check_array(plan.weights, plan.weight_count, plan.weight_stride, sizeof(sotto_weight), "weight", err);
  if (s == SOTTO_OK) s = check_array(plan.steps, plan.step_count, plan.step_stride, sizeof(sotto_step), "step", err);
  if (s == SOTTO_OK) s = check_array(plan.slots, plan.slot_count, plan.slot_stride, sizeof(sotto_slot), "slot", err);
  return s;
}

}  // namespace

sotto_status check_struct(const void* from, size_t known, const char* what, sotto_error* err) {
  const uint32_t size = *static_cast<const uint32_t*>(from);
  if (size < known || size > kMostStructBytes)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: struct_size %u, expected at least %zu", what, size, known);
  for (size_t i = known; i < size; ++i)
    if (static_cast<const char*>(from)[i] != 0)
      return fail(err, SOTTO_UNSUPPORTED, "%s: byte %zu is set, this library knows %zu bytes of it", what, i, known);
  return SOTTO_OK;
}

sotto_status check_plan(const sotto_plan* plan, sotto_error* err) {
  if (plan == nullptr) return fail(err, SOTTO_INVALID_ARGUMENT, "plan: none was given");
  sotto_status s = check_struct(plan, sizeof *plan, "plan", err);
  if (s == SOTTO_OK) s = check_sizes(*plan, err);
  for (uint32_t i = 0; s == SOTTO_OK && i < plan->weight_count; ++i) s = check_weight(*plan, i, err);
  for (uint32_t i = 0; s == SOTTO_OK && i < plan->slot_count; ++i) s = check_slot(*plan, i, err);
  return s == SOTTO_OK ? check_steps(*plan, err) : s;
}

}  // namespace sotto::backend

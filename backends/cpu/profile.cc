#include "profile.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

#include "program.h"

namespace sotto::cpu {
namespace {

struct KindName {
  OpKind op;
  uint32_t step;
  const char* name;
};
constexpr KindName kNames[] = {
    {OpKind::kRows, SOTTO_STEP_NORM, "rows: norm, add, quantise"}, {OpKind::kLinear, SOTTO_STEP_LINEAR, "linear"},
    {OpKind::kAttention, SOTTO_STEP_ATTENTION, "attention"},       {OpKind::kAllReduce, SOTTO_STEP_ALL_REDUCE, "all_reduce"},
    {OpKind::kAllGather, SOTTO_STEP_ALL_GATHER, "all_gather"},     {OpKind::kDeliver, SOTTO_STEP_OUTPUT, "output"},
};

struct Work {
  uint64_t bytes = 0;
  uint64_t products = 0;
};

Work linear_work(const Run& run, const Op& op) {
  const sotto_linear_args& args = run.program.lowered.steps[op.step].args.linear;
  Work work;
  for (const uint32_t index : {args.weight, args.gate}) {
    if (index == SOTTO_NONE) continue;
    const Weight& w = run.program.weights.weights[index];
    for (uint32_t r = 0; r < (op.shared ? 1 : run.program.lowered.local_ranks); ++r) {
      const sotto_slice& s = w.parts[r].slice;
      work.bytes += s.rows * row_bytes(*w.type, s.skip_columns + s.columns);
      work.products += s.rows * s.columns * run.count(op.row_class);
    }
  }
  return work;
}

// Reading K and V once for the heads that share them; two products per head, position and dimension.
Work attention_work(const Run& run, const Op& op) {
  const sotto_attention_args& args = run.program.lowered.steps[op.step].args.attention;
  const SlotLayout& slot = run.cache.layout.slots[args.slot];
  uint64_t seen = 0, heads = 0, kv_heads = 0;
  for (uint32_t i = 0; i < run.count(op.row_class); ++i) {
    const uint64_t all = uint64_t{run.batch_row(op.row_class, i).position} + 1;
    seen += args.window == 0 ? all : std::min<uint64_t>(all, args.window);
  }
  for (const SlotPart& part : slot.parts) {
    heads += part.heads.heads;
    kv_heads += part.heads.kv_heads;
  }
  return {seen * kv_heads * (slot.k_bytes + slot.v_bytes) / kPageTokens, 2 * seen * heads * args.head_dim};
}

}  // namespace

uint64_t profile_clock_ns() {
  timespec t = {};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

void Profile::count(bool on) {
  if (on) rows_.clear();
  counts_ = on;
}

sotto_profile_row& Profile::row_of(uint32_t kind, uint32_t weight_type, const char* name) {
  for (Row& row : rows_) {
    if (row.kind == kind && row.weight_type == weight_type) return row.counted;
  }
  Row row;
  row.kind = kind;
  row.weight_type = weight_type;
  row.counted.struct_size = sizeof row.counted;
  row.counted.kind = kind;
  const WeightType* type = find_weight_type(weight_type);
  std::snprintf(row.counted.name, sizeof row.counted.name, "%s%s%s", name, type == nullptr ? "" : " ",
                type == nullptr ? "" : type->name);
  rows_.push_back(row);
  return rows_.back().counted;
}

void Profile::add(const Run& run, const Op& op, uint64_t nanoseconds) {
  const auto& name = *std::find_if(std::begin(kNames), std::end(kNames), [&](const KindName& k) { return k.op == op.kind; });
  uint32_t type = SOTTO_NONE;
  Work work;
  if (op.kind == OpKind::kLinear) {
    type = run.program.weights.weights[run.program.lowered.steps[op.step].args.linear.weight].type->type;
    work = linear_work(run, op);
  } else if (op.kind == OpKind::kAttention) {
    work = attention_work(run, op);
  }
  sotto_profile_row& row = row_of(name.step, type, name.name);
  ++row.calls;
  row.nanoseconds += nanoseconds;
  row.bytes += work.bytes;
  row.products += work.products;
}

const sotto_profile_row* Profile::row(uint32_t index) const { return index < rows_.size() ? &rows_[index].counted : nullptr; }

}  // namespace sotto::cpu

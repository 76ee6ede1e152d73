#include "program.h"

#include <algorithm>

#include "common/plan_read.h"
#include "common/report.h"

bool sotto_program::take_memory() {
  using sotto::cpu::allocate;
  using sotto::cpu::round_up;
  const sotto::cpu::Sizes& s = lowered.sizes;
  thread_stride = round_up(round_up(s.panel_bytes, 64) + (s.attention_floats + sotto::cpu::kGateFloats) * sizeof(float), 64);
  wide = allocate(s.wide_columns * lowered.max_batch * sizeof(float));
  rotary = allocate(s.rotary_floats * lowered.max_batch * sizeof(float));
  threads = allocate(thread_stride * group.pool->threads());
  for (int i = 0; i < 2; ++i) quants[i] = allocate(s.quant_bytes[i]);
  if (!wide || !rotary || !threads || !quants[0] || !quants[1]) return false;
  const uint32_t batch = lowered.max_batch, classes = static_cast<uint32_t>(lowered.class_masks.size());
  data.resize(lowered.values.size() * lowered.local_ranks);
  row_list.resize(uint64_t{batch} * lowered.local_ranks);
  held_queries.resize(group.pool->threads());
  rows.reserve(batch);
  class_rows.resize(classes);
  places.resize(classes);
  for (uint32_t c = 0; c < classes; ++c) {
    class_rows[c].reserve(batch);
    places[c].resize(batch);
  }
  blocks.reserve(batch);
  gather_bytes = lowered.gather_bytes;
  gather_part.resize(gather_bytes.empty() ? 0 : *std::max_element(gather_bytes.begin(), gather_bytes.end()));
  return grow_narrow(std::min(batch, sotto::cpu::kNarrowRows));
}

bool sotto_program::grow_narrow(uint64_t count) {
  if (count <= narrow_rows) return true;
  sotto::cpu::Memory larger = sotto::cpu::allocate(lowered.sizes.narrow_columns * count * sizeof(float));
  if (!larger) return false;
  narrow = std::move(larger);
  narrow_rows = count;
  bind_values();
  return true;
}

void sotto_program::bind_values() {
  for (size_t v = 0; v < lowered.values.size(); ++v) {
    const sotto::cpu::Value& value = lowered.values[v];
    if (value.columns.empty()) continue;
    const bool is_narrow = value.row_class != 0;
    float* base = reinterpret_cast<float*>(is_narrow ? narrow.get() : wide.get());
    const uint64_t capacity = is_narrow ? narrow_rows : lowered.max_batch;
    for (uint32_t r = 0; r < lowered.local_ranks; ++r) data[v * lowered.local_ranks + r] = base + value.columns[r] * capacity;
  }
}

bool sotto_program::grow_adapters(uint64_t dims) {
  if (dims <= adapter_dims) return true;
  adapter_inner.resize(dims * 2 * lowered.max_batch * lowered.local_ranks);
  adapter_dims = dims;
  return true;
}

namespace sotto::cpu {

using backend::fail;
using backend::weight_of;

sotto_status compile(sotto_group& group, const sotto_plan& plan, sotto_weights& weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err) {
  if (max_batch == 0) return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: a program for batches of 0 rows");
  if (plan.world != group.world) {
    return fail(err, SOTTO_MISMATCH, "cpu: compile: a plan of %u ranks in a group of %u", plan.world, group.world);
  }
  for (uint32_t i = 0; i < plan.weight_count; ++i) {
    const sotto_weight& from = weight_of(plan, i);
    if (i >= weights.weights.size()) {
      return fail(err, SOTTO_MISMATCH, "cpu: compile: weight %u is not among the %zu uploaded", i, weights.weights.size());
    }
    const Weight& w = weights.weights[i];
    if (w.type->type != from.type || w.rows != from.rows || w.columns != from.columns || (from.uses & ~w.uses) != 0) {
      return fail(err, SOTTO_MISMATCH, "cpu: compile: weight %u differs from the one that was uploaded", i);
    }
    for (uint32_t r = 0; r < group.local_ranks; ++r) {
      if (w.parts[r].uploaded) continue;
      return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: compile: weight %u of rank %u was not uploaded", i, group.first_rank + r);
    }
  }
  auto made = std::make_unique<sotto_program>(group, weights, lower(plan, group, max_batch));
  if (!made->take_memory()) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "cpu: no memory for the %llu bytes of activations of %u rows; use a smaller batch",
                static_cast<unsigned long long>(workspace_bytes(made->lowered, group)), max_batch);
  }
  *out = made.release();
  return SOTTO_OK;
}

sotto_status check_cache_options(const sotto_cache_options& options, sotto_error* err) {
  constexpr uint64_t kMostTokens = 1ull << 31;
  if (!is_cache_type(options.k_type) || !is_cache_type(options.v_type)) {
    return fail(err, SOTTO_UNSUPPORTED, "cpu: a cache of types %u and %u; f32, f16 and q8_0 are possible", options.k_type,
                options.v_type);
  }
  if (options.tokens == 0 || options.tokens > kMostTokens || options.sequences > (1u << 20)) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: a cache of %llu tokens for %u sequences",
                static_cast<unsigned long long>(options.tokens), options.sequences);
  }
  return SOTTO_OK;
}

sotto_status create_cache(sotto_program& program, const sotto_cache_options& options, sotto_cache** out, sotto_error* err) {
  auto made = std::make_unique<sotto_cache>(program.group, options, lay_out_cache(program.lowered, options));
  if (program.group.pool->threads() > 1) made->partial_floats = partial_floats(program.lowered, options.tokens);
  if (!made->take_memory()) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "cpu: no memory for a cache of %llu tokens, %llu bytes; use fewer tokens or q8_0",
                static_cast<unsigned long long>(options.tokens),
                static_cast<unsigned long long>(made->layout.pages * made->layout.page_bytes));
  }
  *out = made.release();
  return SOTTO_OK;
}

}  // namespace sotto::cpu

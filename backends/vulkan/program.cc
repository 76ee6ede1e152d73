#include "program.h"

#include <algorithm>

#include "common/plan_read.h"
#include "common/program_check.h"
#include "common/report.h"

namespace sotto::vulkan {
namespace {

using backend::fail;
using plugin::Failure;

constexpr uint32_t kMostRows = 1u << 14;
constexpr uint32_t kMostHeadDimHere = 512;  // a head in shared memory, its sums in registers

BatchLayout lay_out_batch(const Lowered& l, uint32_t max_batch) {
  BatchLayout layout;
  layout.words = uint64_t{max_batch} * kRowWords;
  for (size_t i = 0; i < l.maps.size(); ++i) {
    layout.maps.push_back(static_cast<uint32_t>(layout.words));
    layout.words += max_batch;
  }
  for (const Rotary& rotary : l.rotaries) {
    layout.rotaries.push_back(static_cast<uint32_t>(layout.words));
    layout.words += uint64_t{max_batch} * rotary.dim;
  }
  return layout;
}

uint64_t buffer_bytes(const ValueBuffer& b, uint32_t max_batch, uint32_t narrow_rows) {
  return b.stride * (b.is_narrow ? std::min(narrow_rows, max_batch) : max_batch) * sizeof(float);
}

// Of all local ranks together.
uint64_t workspace_bytes(const Lowered& l, uint32_t max_batch) {
  uint64_t bytes = lay_out_batch(l, max_batch).words * sizeof(uint32_t);
  for (const ValueBuffer& b : l.buffers) bytes += buffer_bytes(b, max_batch, kNarrowRows);
  for (const uint32_t width : l.output_widths) bytes += uint64_t{width} * std::min(max_batch, kNarrowRows) * sizeof(float);
  for (const uint32_t width : l.input_widths) bytes += uint64_t{width} * max_batch * sizeof(float);
  return bytes;
}

}  // namespace

sotto_status check_program(const sotto_group& group, const sotto_plan* plan, uint32_t max_batch, sotto_error* err) {
  if (const sotto_status s = backend::check_program({"vulkan", group.world, kMostRows}, plan, max_batch, err); s != SOTTO_OK)
    return s;
  for (uint32_t i = 0; i < plan->slot_count; ++i)
    if (backend::slot_of(*plan, i).head_dim > kMostHeadDimHere)
      return fail(err, SOTTO_UNSUPPORTED, "vulkan: slot %u has heads of %u numbers, at most %u", i,
                  backend::slot_of(*plan, i).head_dim, kMostHeadDimHere);
  return SOTTO_OK;
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
      cost.weights_copied += part_bytes(*backend::find_weight_type(w.type), w.uses, w.slices[group.first_rank + r]);
    }
    if (cache != nullptr) cost.cache = cache_bytes(lowered, *cache, r);
    cost.workspace = workspace_bytes(lowered, max_batch) / group.local_ranks;
    backend::put_cost(costs, r, cost);
  }
  return SOTTO_OK;
}

sotto_status compile(sotto_group& group, const sotto_plan& plan, const sotto_weights& weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err) {
  if (&weights.group != &group) return fail(err, SOTTO_MISMATCH, "vulkan: compile: the weights belong to another group");
  if (const sotto_status s = backend::check_weights("vulkan", weights.weights, group.first_rank, plan, err); s != SOTTO_OK)
    return s;
  group.device->require();
  Lowered lowered = lower(plan, group);
  const auto check = [&](uint32_t kind, const backend::StepArgs& args) {
    return backend::check_step_weights("vulkan", kind, args, weights.weights.size(), err);
  };
  for (const Step& step : lowered.steps) {
    if (const sotto_status s = check(step.kind, step.args); s != SOTTO_OK) return s;
    if (step.residual == SOTTO_NONE) continue;
    backend::StepArgs add = {};
    add.add = step.residual_add;
    if (const sotto_status s = check(SOTTO_STEP_ADD, add); s != SOTTO_OK) return s;
  }
  *out = new sotto_program(group, weights, std::move(lowered), max_batch);
  return SOTTO_OK;
}

}  // namespace sotto::vulkan

using sotto::vulkan::Buffer;
using sotto::vulkan::Place;

sotto_program::sotto_program(sotto_group& g, const sotto_weights& w, sotto::vulkan::Lowered l, uint32_t most)
    : group(g), device(g.device), weights(w), lowered(std::move(l)), max_batch(most) {
  layout = sotto::vulkan::lay_out_batch(lowered, max_batch);
  provide(batch, layout.words * sizeof(uint32_t), "a batch", Place::kUpload);
  for (const uint32_t width : lowered.input_widths) {
    inputs.emplace_back();
    if (width != 0) provide(inputs.back(), uint64_t{width} * max_batch * sizeof(float), "an input", Place::kUpload);
  }
  buffers.resize(lowered.buffers.size());
  for (size_t i = 0; i < buffers.size(); ++i)
    if (!lowered.buffers[i].is_narrow)
      provide(buffers[i], sotto::vulkan::buffer_bytes(lowered.buffers[i], max_batch, 0), "the values between steps");
  outputs.resize(lowered.output_widths.size());
  grow_narrow(std::min(max_batch, sotto::vulkan::kNarrowRows));
  class_rows.resize(lowered.class_masks.size());
  rows.reserve(max_batch);
}

sotto_program::sotto_program(sotto_group& g, const sotto_weights& w, std::vector<std::unique_ptr<sotto_program>> ranks)
    : group(g),
      device(g.device),
      weights(w),
      max_batch(ranks.front()->max_batch),
      apart(std::move(ranks)),
      runs_apart(apart.size()) {}

sotto_program::~sotto_program() {
  for (sotto::vulkan::Done& d : done) device->release(d);
}

void sotto_program::provide(Buffer& buffer, uint64_t bytes, const char* what, Place place) {
  if (buffer && buffer.size() >= bytes) return;
  const uint64_t most = device->physical().most_binding_bytes - sotto::vulkan::kPadding;
  if (bytes > most)
    throw sotto::plugin::Failure(SOTTO_OUT_OF_MEMORY, std::string("vulkan: ") + what + " takes " + std::to_string(bytes) +
                                                          " bytes, a binding of the device holds " + std::to_string(most) +
                                                          ": use smaller batches");
  recordings.clear();  // they name the old one
  buffer = Buffer();
  buffer = device->pool().take(place, bytes, what);
}

void sotto_program::grow_narrow(uint32_t wanted) {
  if (wanted <= narrow_rows) return;
  for (size_t i = 0; i < buffers.size(); ++i)
    if (lowered.buffers[i].is_narrow)
      provide(buffers[i], sotto::vulkan::buffer_bytes(lowered.buffers[i], max_batch, wanted), "the values between steps");
  for (size_t o = 0; o < outputs.size(); ++o)
    provide(outputs[o], uint64_t{lowered.output_widths[o]} * wanted * sizeof(float), "an output", Place::kReadback);
  narrow_rows = wanted;
}

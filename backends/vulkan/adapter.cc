#include "adapter.h"

#include "common/adapter_check.h"
#include "common/plan_read.h"
#include "common/report.h"

namespace sotto::vulkan {
namespace {

using backend::fail;

constexpr uint32_t kMostDims = 1u << 12;

sotto_status check_pair(const sotto_weights& weights, const sotto_adapter& made, const sotto_adapter_pair& p, uint32_t index,
                        sotto_error* err) {
  const backend::PairLimits limits{"vulkan", weights.weights.size(), kMostDims};
  if (const sotto_status s = backend::check_pair(limits, p, index, err); s != SOTTO_OK) return s;
  if (made.find(p.weight) != nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: adapter pair %u: weight %u a second time", index, p.weight);
  return backend::check_pair_weight("vulkan", weights.weights[p.weight], p, index, weights.group.place, err);
}

Buffer copy_numbers(Device& device, const float* numbers, uint64_t rows, uint64_t columns) {
  const uint64_t row_bytes = columns * sizeof(float);
  if (rows * row_bytes > device.physical().most_binding_bytes / 2)
    throw plugin::Failure(SOTTO_UNSUPPORTED, "vulkan: an adapter of " + std::to_string(rows * row_bytes) +
                                                 " bytes for one weight, more than a binding of the device holds");
  Buffer made = device.pool().take(Place::kDevice, rows * row_bytes, "an adapter");
  device.upload(made, 0, row_bytes, rows, [&](uint64_t i, uint8_t* to) { std::memcpy(to, numbers + i * columns, row_bytes); });
  return made;
}

// `place`: of the first of these ranks in the arrays.
sotto_adapter::Pair copy_pair(Device& device, const Weight& w, const sotto_adapter_pair& p, uint32_t place) {
  sotto_adapter::Pair pair;
  pair.weight = p.weight;
  pair.dims = p.rank_dim;
  pair.scale = p.scale;
  pair.a.resize(w.parts.size());
  pair.b.resize(w.parts.size());
  for (size_t r = 0; r < w.parts.size(); ++r) {
    const sotto_slice& slice = w.parts[r].slice;
    if (backend::is_empty(slice)) continue;
    pair.a[r] = copy_numbers(device, p.a[place + r], p.rank_dim, slice.columns);
    pair.b[r] = copy_numbers(device, p.b[place + r], slice.rows, p.rank_dim);
  }
  return pair;
}

}  // namespace

sotto_status create_adapter(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err) {
  if (const sotto_status s = backend::check_pairs("vulkan", pairs, count, stride, err); s != SOTTO_OK) return s;
  weights.device->require();
  auto made = std::make_unique<sotto_adapter>();
  made->weights = &weights;
  made->device = weights.device;
  for (uint32_t i = 0; i < count; ++i) {
    const sotto_adapter_pair& p = backend::at_stride(pairs, stride, i);
    if (!backend::is_zero_behind(&p, sizeof p, stride))
      return fail(err, SOTTO_UNSUPPORTED, "vulkan: adapter pair %u carries fields that are unknown here", i);
    if (const sotto_status s = check_pair(weights, *made, p, i, err); s != SOTTO_OK) return s;
    made->pairs.push_back(copy_pair(*weights.device, weights.weights[p.weight], p, weights.group.place));
  }
  *out = made.release();
  return SOTTO_OK;
}

}  // namespace sotto::vulkan

#include "adapter.h"

#include <cmath>

#include "common/plan_read.h"
#include "common/report.h"

namespace sotto::vulkan {
namespace {

using backend::fail;

constexpr uint32_t kMostPairs = 1u << 20;
constexpr uint32_t kMostDims = 1u << 12;

sotto_status check_pair(const sotto_weights& weights, const sotto_adapter& made, const sotto_adapter_pair& p, uint32_t index,
                        sotto_error* err) {
  if (p.weight >= weights.weights.size() || p.rank_dim == 0 || p.rank_dim > kMostDims || !std::isfinite(p.scale))
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: adapter pair %u: weight %u of %zu, %u dimensions, scale %g", index,
                p.weight, weights.weights.size(), p.rank_dim, static_cast<double>(p.scale));
  if (p.reserved != 0) return fail(err, SOTTO_UNSUPPORTED, "vulkan: adapter pair %u: reserved bits %#x", index, p.reserved);
  if (made.find(p.weight) != nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: adapter pair %u: weight %u a second time", index, p.weight);
  const Weight& w = weights.weights[p.weight];
  if ((w.uses & SOTTO_USE_LINEAR) == 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: adapter pair %u: no LINEAR uses '%s'", index, w.name.c_str());
  for (uint32_t r = 0; r < weights.group.local_ranks; ++r)
    if (!backend::is_empty(w.parts[r].slice) && (p.a == nullptr || p.b == nullptr || p.a[weights.group.place + r] == nullptr ||
                                                 p.b[weights.group.place + r] == nullptr))
      return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: adapter pair %u: no numbers for local rank %u", index, r);
  return SOTTO_OK;
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
  if (count > kMostPairs ||
      (count != 0 && (pairs == nullptr || stride < sizeof(sotto_adapter_pair) || stride % alignof(void*) != 0)))
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: adapter of %u pairs %u bytes apart", count, stride);
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

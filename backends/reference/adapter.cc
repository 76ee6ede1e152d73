#include "adapter.h"

#include <memory>

#include "common/adapter_check.h"
#include "common/plan_read.h"
#include "common/report.h"

namespace sotto::reference {
namespace {

using backend::fail;

constexpr uint32_t kMostDims = 1u << 16;

sotto_status check_pair(const sotto_weights& weights, const sotto_adapter& made, const sotto_adapter_pair& p, uint32_t index,
                        sotto_error* err) {
  const backend::PairLimits limits{"reference", weights.weights.size(), kMostDims};
  if (const sotto_status s = backend::check_pair(limits, p, index, err); s != SOTTO_OK) return s;
  if (made.find(p.weight) != nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: adapter pair %u: weight %u a second time", index, p.weight);
  return backend::check_pair_weight("reference", weights.weights[p.weight], p, index, 0, err);
}

sotto_adapter::Pair copy_pair(const Weight& w, const sotto_adapter_pair& p) {
  sotto_adapter::Pair pair;
  pair.weight = p.weight;
  pair.rank_dim = p.rank_dim;
  pair.scale = static_cast<double>(p.scale);
  pair.a.resize(w.parts.size());
  pair.b.resize(w.parts.size());
  for (size_t r = 0; r < w.parts.size(); ++r) {
    const sotto_slice& slice = w.parts[r].slice;
    if (backend::is_empty(slice)) continue;
    pair.a[r].assign(p.a[r], p.a[r] + p.rank_dim * slice.columns);
    pair.b[r].assign(p.b[r], p.b[r] + p.rank_dim * slice.rows);
  }
  return pair;
}

}  // namespace

sotto_status create_adapter(const sotto_weights& weights, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                            sotto_adapter** out, sotto_error* err) {
  if (const sotto_status s = backend::check_pairs("reference", pairs, count, stride, err); s != SOTTO_OK) return s;
  auto made = std::make_unique<sotto_adapter>();
  made->weights = &weights;
  for (uint32_t i = 0; i < count; ++i) {
    const sotto_adapter_pair& p = backend::at_stride(pairs, stride, i);
    const auto* bytes = reinterpret_cast<const char*>(&p);
    for (uint32_t k = sizeof p; k < stride; ++k)
      if (bytes[k] != 0) return fail(err, SOTTO_UNSUPPORTED, "reference: adapter pair %u: byte %u is set, unknown here", i, k);
    if (const sotto_status s = check_pair(weights, *made, p, i, err); s != SOTTO_OK) return s;
    made->pairs.push_back(copy_pair(weights.weights[p.weight], p));
  }
  *out = made.release();
  return SOTTO_OK;
}

}  // namespace sotto::reference

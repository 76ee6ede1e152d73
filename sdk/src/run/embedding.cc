#include "run/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sotto {
namespace {

// Sums the rows that it is given: the one that is wanted, or all.
struct Pool {
  std::vector<double> sum;

  static int32_t take(void* self, uint32_t, uint32_t, const float* row, uint32_t width) {
    auto& pool = *static_cast<Pool*>(self);
    for (uint32_t i = 0; i < width; ++i) pool.sum[i] += static_cast<double>(row[i]);
    return 0;
  }
};

}  // namespace

Status embed(Session& session, Span<const uint32_t> ids, const sotto_embed_options& o, float* vector) {
  if (o.pooling > SOTTO_POOL_FIRST)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_embed_options.pooling is {}, 0 to {} are known", o.pooling, SOTTO_POOL_FIRST));
  if (o.flags & ~SOTTO_EMBED_NORMALIZE)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_embed_options.flags is {:#x}, {:#x} is known", o.flags, SOTTO_EMBED_NORMALIZE));
  if (ids.empty()) return Status(SOTTO_INVALID_ARGUMENT, "embedding: there are no tokens to embed");
  Pool pool{std::vector<double>(session.engine().file()->config().hidden)};
  std::vector<uint32_t> masks;
  sotto_feed_options feed{};
  feed.struct_size = sizeof feed;
  feed.deadline_ms = o.deadline_ms;
  feed.on_row = &Pool::take;
  feed.user = &pool;
  if (o.pooling == SOTTO_POOL_MEAN) {
    feed.outputs = SOTTO_OUTPUT_HIDDEN;
  } else {
    masks.resize(ids.size());
    (o.pooling == SOTTO_POOL_LAST ? masks.back() : masks.front()) = SOTTO_OUTPUT_HIDDEN;
    feed.output_masks = masks.data();
  }
  SOTTO_TRY(session.feed(ids, feed));
  double scale = o.pooling == SOTTO_POOL_MEAN ? 1.0 / static_cast<double>(ids.size()) : 1.0;
  if (o.flags & SOTTO_EMBED_NORMALIZE) {
    double squares = 0;
    for (const double x : pool.sum) squares += x * x;
    scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
  }
  std::transform(pool.sum.begin(), pool.sum.end(), vector, [&](double x) { return static_cast<float>(x * scale); });
  return {};
}

}  // namespace sotto

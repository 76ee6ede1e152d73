// cache_transfer.cc - a sequence out of and into the cache in the neutral layout of backend.h.
#include <cinttypes>
#include <cstring>

#include "cache.h"
#include "common/cache_check.h"
#include "common/report.h"

namespace sotto::reference {
namespace {

using backend::fail;

bool has_head(const sotto_rank_heads& rank, uint32_t kv_head) {
  return kv_head >= rank.first_kv_head && kv_head - rank.first_kv_head < rank.kv_heads;
}

// Calls visit(slot, is_v, kv_head, token) in the order of the layout, once for each row of head_dim numbers.
template <class Visit>
void walk(const sotto_cache& cache, uint32_t first, uint32_t count, Visit visit) {
  for (uint32_t slot = 0; slot < cache.slots.size(); ++slot)
    for (const bool is_v : {false, true})
      for (uint32_t head = 0; head < cache.slots[slot].kv_heads; ++head)
        for (uint32_t t = 0; t < count; ++t) visit(slot, is_v, head, first + t);
}

float* row(sotto_cache& cache, uint32_t slot, bool is_v, uint32_t rank, uint32_t head, uint32_t sequence, uint32_t position) {
  float* rows = is_v ? cache.v(slot, rank, sequence, position) : cache.k(slot, rank, sequence, position);
  return rows + size_t{head - cache.slots[slot].ranks[rank].first_kv_head} * cache.slots[slot].head_dim;
}

}  // namespace

sotto_status export_sequence(sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                             sotto_error* err) {
  const uint64_t needed = backend::neutral_bytes(cache.slots, count), given = *size;
  *size = needed;
  if (bytes == nullptr) return SOTTO_OK;
  if (given < needed)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: %u tokens take %" PRIu64 " bytes, the buffer has %" PRIu64, count,
                needed, given);
  uint8_t* to = static_cast<uint8_t*>(bytes);
  walk(cache, first, count, [&](uint32_t slot, bool is_v, uint32_t head, uint32_t position) {
    const size_t size_of_row = cache.slots[slot].head_dim * sizeof(float);
    std::memset(to, 0, size_of_row);
    for (uint32_t r = 0; r < cache.group.local_ranks; ++r) {
      if (!has_head(cache.slots[slot].ranks[r], head)) continue;
      std::memcpy(to, row(cache, slot, is_v, r, head, sequence, position), size_of_row);
      break;
    }
    to += size_of_row;
  });
  return SOTTO_OK;
}

sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err) {
  const uint64_t needed = backend::neutral_bytes(cache.slots, count);
  if (size != needed)
    return fail(err, SOTTO_MISMATCH, "reference: %u tokens of this cache take %" PRIu64 " bytes, given are %" PRIu64, count,
                needed, size);
  if (const sotto_status s = backend::check_room("reference", cache.cells, count, err); s != SOTTO_OK) return s;
  const uint32_t first = cache.cells.length(sequence);
  cache.cells.reserve(sequence, count);
  for (uint32_t t = 0; t < count; ++t) cache.cells.append(sequence);
  const uint8_t* from = static_cast<const uint8_t*>(bytes);
  walk(cache, first, count, [&](uint32_t slot, bool is_v, uint32_t head, uint32_t position) {
    const size_t size_of_row = cache.slots[slot].head_dim * sizeof(float);
    for (uint32_t r = 0; r < cache.group.local_ranks; ++r)
      if (has_head(cache.slots[slot].ranks[r], head))
        std::memcpy(row(cache, slot, is_v, r, head, sequence, position), from, size_of_row);
    from += size_of_row;
  });
  cache.cells.commit(sequence);
  return SOTTO_OK;
}

}  // namespace sotto::reference

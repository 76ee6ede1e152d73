// cache_transfer.cc - a sequence out of and into the cache in the neutral layout of backend.h.
#include <cstring>

#include "cache.h"
#include "common/report.h"

namespace sotto::cpu {

using backend::fail;
namespace {

uint64_t neutral_bytes(const CacheLayout& layout, uint32_t count) {
  uint64_t numbers = 0;
  for (const SlotLayout& s : layout.slots) numbers += uint64_t{2} * s.kv_heads * count * s.head_dim;
  return numbers * sizeof(float);
}

// The local rank that holds KV head `head` of the model, or local_ranks.
uint32_t holder(const SlotLayout& slot, uint32_t head, uint32_t from) {
  uint32_t r = from;
  for (; r < slot.parts.size(); ++r) {
    const sotto_rank_heads& h = slot.parts[r].heads;
    if (head >= h.first_kv_head && head - h.first_kv_head < h.kv_heads) break;
  }
  return r;
}

}  // namespace

sotto_status export_sequence(const sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes,
                             uint64_t* size, sotto_error* err) {
  const uint64_t needed = neutral_bytes(cache.layout, count), given = *size;
  *size = needed;
  if (bytes == nullptr) return SOTTO_OK;
  if (given < needed) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: exporting %u tokens takes %llu bytes, %llu were given", count,
                static_cast<unsigned long long>(needed), static_cast<unsigned long long>(given));
  }
  uint8_t* to = static_cast<uint8_t*>(bytes);
  for (uint32_t slot = 0; slot < cache.layout.slots.size(); ++slot) {
    const SlotLayout& l = cache.layout.slots[slot];
    std::vector<float> row(l.padded);
    for (uint32_t is_v = 0; is_v < 2; ++is_v) {
      for (uint32_t head = 0; head < l.kv_heads; ++head) {
        const uint32_t rank = holder(l, head, 0);
        for (uint32_t t = first; t < first + count; ++t, to += l.head_dim * sizeof(float)) {
          if (rank == l.parts.size()) {
            std::memset(to, 0, l.head_dim * sizeof(float));
            continue;
          }
          const uint32_t local = head - l.parts[rank].heads.first_kv_head;
          const Region& region = is_v != 0 ? cache.layout.values(slot, rank, local) : cache.layout.keys(slot, rank, local);
          cache.group.kernels->load_row(
              {cache.part(region, sequence, t / kPageTokens), is_v != 0 ? cache.options.v_type : cache.options.k_type, 1 - is_v,
               t % kPageTokens, l.head_dim, l.padded},
              row.data());
          std::memcpy(to, row.data(), l.head_dim * sizeof(float));
        }
      }
    }
  }
  return SOTTO_OK;
}

sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err) {
  const uint64_t needed = neutral_bytes(cache.layout, count);
  if (size != needed) {
    return fail(err, SOTTO_MISMATCH, "cpu: importing %u tokens takes %llu bytes, %llu were given", count,
                static_cast<unsigned long long>(needed), static_cast<unsigned long long>(size));
  }
  if (!cache.provide(sequence, count)) {
    return fail(err, SOTTO_CONTEXT_FULL, "cpu: importing %u tokens behind %u: the cache holds %llu in all", count,
                cache.length(sequence), static_cast<unsigned long long>(cache.options.tokens));
  }
  const uint32_t first = cache.length(sequence);
  const uint8_t* from = static_cast<const uint8_t*>(bytes);
  for (uint32_t slot = 0; slot < cache.layout.slots.size(); ++slot) {
    const SlotLayout& l = cache.layout.slots[slot];
    std::vector<float> row(l.padded);
    for (uint32_t is_v = 0; is_v < 2; ++is_v) {
      for (uint32_t head = 0; head < l.kv_heads; ++head) {
        for (uint32_t t = first; t < first + count; ++t, from += l.head_dim * sizeof(float)) {
          std::memcpy(row.data(), from, l.head_dim * sizeof(float));
          for (uint32_t rank = holder(l, head, 0); rank < l.parts.size(); rank = holder(l, head, rank + 1)) {
            const uint32_t local = head - l.parts[rank].heads.first_kv_head;
            const Region& region = is_v != 0 ? cache.layout.values(slot, rank, local) : cache.layout.keys(slot, rank, local);
            cache.group.kernels->store_row(
                {cache.part(region, sequence, t / kPageTokens), is_v != 0 ? cache.options.v_type : cache.options.k_type,
                 1 - is_v, t % kPageTokens, l.head_dim, l.padded},
                row.data());
          }
        }
      }
    }
  }
  cache.commit(sequence, count);
  return SOTTO_OK;
}

}  // namespace sotto::cpu

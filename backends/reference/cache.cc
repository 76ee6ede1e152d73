#include "cache.h"

#include <algorithm>
#include <cinttypes>
#include <new>

#include "common/report.h"
#include "program.h"

sotto_cache::sotto_cache(sotto_group& g, const sotto::reference::Lowered& lowered, const sotto_cache_options& options)
    : group(g), slots(lowered.slots), capacity(options.tokens), sequences(options.sequences) {
  for (const sotto::reference::Slot& slot : slots) {
    for (const sotto_rank_heads& rank : slot.ranks) {
      offsets_.push_back(cell_numbers_);
      cell_numbers_ += uint64_t{2} * rank.kv_heads * slot.head_dim;
    }
  }
  numbers_ = sotto::reference::allocate_numbers(cell_numbers_, capacity);
  owners_.resize(capacity);
  free_.reserve(capacity);
}

void sotto_cache::append(uint32_t sequence) {
  uint32_t cell = 0;
  if (free_.empty()) {
    cell = static_cast<uint32_t>(next_unused_);
    sequences[sequence].cells.push_back(cell);  // may throw: counted afterwards
    ++next_unused_;
  } else {
    cell = free_.back();
    sequences[sequence].cells.push_back(cell);
    free_.pop_back();
  }
  owners_[cell] = 1;
}

void sotto_cache::drop(uint32_t cell) {
  if (--owners_[cell] == 0) free_.push_back(cell);
}

void sotto_cache::truncate(uint32_t sequence, uint32_t length) {
  Sequence& s = sequences[sequence];
  while (s.cells.size() > length) {
    drop(s.cells.back());
    s.cells.pop_back();
  }
  s.length = length;
}

void sotto_cache::copy(uint32_t from, uint32_t to, uint32_t length) {
  std::vector<uint32_t> cells(sequences[from].cells.begin(), sequences[from].cells.begin() + length);
  for (const uint32_t cell : cells) ++owners_[cell];
  truncate(to, 0);
  sequences[to].cells = std::move(cells);
  commit(to);
}

float* sotto_cache::k(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position) {
  return numbers_.get() + sequences[sequence].cells[position] * cell_numbers_ +
         offsets_[size_t{slot} * group.local_ranks + local_rank];
}

float* sotto_cache::v(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position) {
  return k(slot, local_rank, sequence, position) + size_t{slots[slot].ranks[local_rank].kv_heads} * slots[slot].head_dim;
}

namespace sotto::reference {

using backend::fail;

sotto_status check_cache_options(const sotto_cache_options& o, sotto_error* err) {
  constexpr uint64_t kMostTokens = uint64_t{1} << 31;
  constexpr uint32_t kMostSequences = 1u << 20;
  if (o.k_type != SOTTO_F32 || o.v_type != SOTTO_F32)
    return fail(err, SOTTO_UNSUPPORTED, "reference: a cache of types %u and %u; this backend has F32 (%u) only", o.k_type,
                o.v_type, SOTTO_F32);
  if (o.tokens == 0 || o.tokens > kMostTokens || o.sequences == 0 || o.sequences > kMostSequences)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: a cache of %" PRIu64 " tokens for %u sequences, at most 2^31 and 2^20",
                o.tokens, o.sequences);
  return SOTTO_OK;
}

sotto_status create_cache(const sotto_program& program, const sotto_cache_options& options, sotto_cache** out,
                          sotto_error* err) {
  try {
    *out = new sotto_cache(program.group, program.lowered, options);
    return SOTTO_OK;
  } catch (const std::bad_alloc&) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "reference: no memory for a cache of %" PRIu64 " tokens; use fewer", options.tokens);
  }
}

bool fits(const sotto_cache& cache, const Lowered& lowered) {
  const auto same_rank = [](const sotto_rank_heads& a, const sotto_rank_heads& b) {
    return a.first_kv_head == b.first_kv_head && a.kv_heads == b.kv_heads;
  };
  const auto same_slot = [&](const Slot& a, const Slot& b) {
    return a.kv_heads == b.kv_heads && a.head_dim == b.head_dim &&
           std::equal(a.ranks.begin(), a.ranks.end(), b.ranks.begin(), b.ranks.end(), same_rank);
  };
  return std::equal(cache.slots.begin(), cache.slots.end(), lowered.slots.begin(), lowered.slots.end(), same_slot);
}

}  // namespace sotto::reference

#include "cache.h"

#include <algorithm>
#include <cinttypes>

#include "common/report.h"

namespace {

// Throws plugin::Failure where a binding cannot cover it.
sotto::vulkan::Buffer take(const sotto_cache& cache, sotto::vulkan::Place place, uint64_t words, const char* what) {
  const uint64_t most = cache.device->physical().most_binding_bytes - sotto::vulkan::kPadding - sotto::vulkan::kPieceAlignment;
  const uint64_t bytes = words * sizeof(uint32_t);
  if (bytes > most)
    throw sotto::plugin::Failure(SOTTO_OUT_OF_MEMORY, "vulkan: " + std::string(what) + " of " + std::to_string(cache.capacity) +
                                                          " tokens takes " + std::to_string(bytes) +
                                                          " bytes, a binding of the device holds " + std::to_string(most) +
                                                          ": use a smaller context");
  return cache.device->pool().take(place, bytes, what);
}

}  // namespace

sotto_cache::sotto_cache(sotto_group& g, const sotto::vulkan::Lowered& lowered, const sotto_cache_options& o)
    : group(g), device(g.device), slots(lowered.slots), options(o), capacity(o.tokens), number(g.device->next_number()) {
  table = take(*this, sotto::vulkan::Place::kUpload, capacity * options.sequences, "the table");
  for (uint32_t s = 0; s < slots.size(); ++s)
    for (uint32_t r = 0; r < group.local_ranks; ++r)
      for (const bool is_v : {false, true}) {
        const uint64_t words_of_cell = cell_words(is_v, s, r);
        rows_.push_back(words_of_cell == 0
                            ? sotto::vulkan::Buffer()
                            : take(*this, sotto::vulkan::Place::kDevice, words_of_cell * capacity, "a layer's KV cache"));
      }
  sequences.resize(options.sequences);
  owners_.resize(capacity);
  free_.reserve(capacity);
}

sotto_cache::sotto_cache(sotto_group& g, std::vector<std::unique_ptr<sotto_cache>> ranks)
    : group(g),
      device(g.device),
      options(ranks.front()->options),
      capacity(options.tokens),
      number(g.device->next_number()),
      apart(std::move(ranks)) {}

void sotto_cache::note(uint32_t sequence, size_t position) {
  const uint32_t cell = sequences[sequence].cells[position];
  std::memcpy(table.mapped() + (table_at(sequence) + position) * sizeof cell, &cell, sizeof cell);
}

void sotto_cache::append(uint32_t sequence) {
  std::vector<uint32_t>& cells = sequences[sequence].cells;
  const bool is_fresh = free_.empty();
  cells.push_back(is_fresh ? static_cast<uint32_t>(next_unused_) : free_.back());  // may throw: counted afterwards
  if (is_fresh)
    ++next_unused_;
  else
    free_.pop_back();
  owners_[cells.back()] = 1;
  note(sequence, cells.size() - 1);
}

void sotto_cache::drop(uint32_t cell) {
  if (--owners_[cell] == 0) free_.push_back(cell);
}

void sotto_cache::truncate(uint32_t sequence, uint32_t length) {
  for (const auto& own : apart) own->truncate(sequence, length);
  if (!apart.empty()) return;
  Sequence& s = sequences[sequence];
  while (s.cells.size() > length) {
    drop(s.cells.back());
    s.cells.pop_back();
  }
  s.length = length;
}

void sotto_cache::copy_apart(uint32_t from, uint32_t to, uint32_t length) {
  try {
    for (const auto& own : apart) own->copy(from, to, length);
  } catch (...) {
    truncate(to, 0);  // the same on every rank
    throw;
  }
}

void sotto_cache::copy(uint32_t from, uint32_t to, uint32_t length) {
  if (!apart.empty()) return copy_apart(from, to, length);
  std::vector<uint32_t> cells(sequences[from].cells.begin(), sequences[from].cells.begin() + length);
  for (const uint32_t cell : cells) ++owners_[cell];
  truncate(to, 0);
  sequences[to].cells = std::move(cells);
  for (uint32_t p = 0; p < length; ++p) note(to, p);
  commit(to);
}

namespace sotto::vulkan {

using backend::fail;

sotto_status check_cache_options(const sotto_cache_options& o, sotto_error* err) {
  constexpr uint64_t kMostTokens = uint64_t{1} << 31;
  constexpr uint32_t kMostSequences = 1u << 20;
  for (const uint32_t type : {o.k_type, o.v_type})
    if (type != SOTTO_F32 && type != SOTTO_F16 && type != SOTTO_Q8_0)
      return fail(err, SOTTO_UNSUPPORTED, "vulkan: a cache of type %u; there are F32 (%u), F16 (%u), Q8_0 (%u)", type,
                  SOTTO_F32, SOTTO_F16, SOTTO_Q8_0);
  if (o.tokens == 0 || o.tokens > kMostTokens || o.sequences == 0 || o.sequences > kMostSequences)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: a cache of %" PRIu64 " tokens for %u sequences, at most 2^31 and 2^20",
                o.tokens, o.sequences);
  return SOTTO_OK;
}

uint64_t cache_bytes(const Lowered& lowered, const sotto_cache_options& o, uint32_t local_rank) {
  uint64_t words = local_rank == 0 ? o.sequences : 0;  // the table
  for (const Slot& s : lowered.slots)
    words += uint64_t{s.ranks[local_rank].kv_heads} * (kv_words(o.k_type, s.head_dim) + kv_words(o.v_type, s.head_dim));
  return words > UINT64_MAX / sizeof(uint32_t) / o.tokens ? UINT64_MAX : words * o.tokens * sizeof(uint32_t);
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

}  // namespace sotto::vulkan

#include "cache.h"

#include <algorithm>

#include "common/cache_check.h"
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
  cells = sotto::backend::Cells(capacity, options.sequences);
}

sotto_cache::sotto_cache(sotto_group& g, std::vector<std::unique_ptr<sotto_cache>> ranks)
    : group(g),
      device(g.device),
      options(ranks.front()->options),
      capacity(options.tokens),
      number(g.device->next_number()),
      apart(std::move(ranks)) {}

void sotto_cache::note(uint32_t sequence, size_t position) {
  const uint32_t cell = cells[sequence].cells[position];
  std::memcpy(table.mapped() + (table_at(sequence) + position) * sizeof cell, &cell, sizeof cell);
}

void sotto_cache::append(uint32_t sequence) {
  cells.append(sequence);
  note(sequence, cells[sequence].cells.size() - 1);
}

void sotto_cache::truncate(uint32_t sequence, uint32_t length) {
  for (const auto& own : apart) own->truncate(sequence, length);
  if (apart.empty()) cells.truncate(sequence, length);
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
  cells.copy(from, to, length);
  for (uint32_t p = 0; p < length; ++p) note(to, p);
}

namespace sotto::vulkan {

using backend::fail;

sotto_status check_cache_options(const sotto_cache_options& o, sotto_error* err) {
  for (const uint32_t type : {o.k_type, o.v_type})
    if (type != SOTTO_F32 && type != SOTTO_F16 && type != SOTTO_Q8_0)
      return fail(err, SOTTO_UNSUPPORTED, "vulkan: a cache of type %u; there are F32 (%u), F16 (%u), Q8_0 (%u)", type,
                  SOTTO_F32, SOTTO_F16, SOTTO_Q8_0);
  return backend::check_cache_size("vulkan", o, err);
}

uint64_t cache_bytes(const Lowered& lowered, const sotto_cache_options& o, uint32_t local_rank) {
  uint64_t words = local_rank == 0 ? o.sequences : 0;  // the table
  for (const backend::Slot& s : lowered.slots)
    words += uint64_t{s.ranks[local_rank].kv_heads} * (kv_words(o.k_type, s.head_dim) + kv_words(o.v_type, s.head_dim));
  return words > UINT64_MAX / sizeof(uint32_t) / o.tokens ? UINT64_MAX : words * o.tokens * sizeof(uint32_t);
}

}  // namespace sotto::vulkan

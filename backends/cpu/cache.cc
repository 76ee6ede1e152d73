#include "cache.h"

#include <cstring>

#include "common/report.h"
#include "memory.h"
#include "types.h"

namespace sotto::cpu {

using backend::fail;
namespace {

uint64_t part_bytes(uint32_t type, uint32_t padded) {
  if (type == SOTTO_F32) return uint64_t{kPageTokens} * padded * 4;
  if (type == SOTTO_F16) return uint64_t{kPageTokens} * padded * 2;
  return uint64_t{kPageTokens} * (padded + 2 * ((padded + kUnit - 1) / kUnit));
}

}  // namespace

bool is_cache_type(uint32_t type) { return type == SOTTO_F32 || type == SOTTO_F16 || type == SOTTO_Q8_0; }

CacheLayout lay_out_cache(const Lowered& lowered, const sotto_cache_options& options) {
  CacheLayout layout;
  layout.slots.resize(lowered.slots.size());
  for (size_t i = 0; i < lowered.slots.size(); ++i) {
    const sotto_slot& from = lowered.slots[i];
    SlotLayout& to = layout.slots[i];
    to.kv_heads = from.kv_heads;
    to.head_dim = from.head_dim;
    to.padded = static_cast<uint32_t>(round_up(from.head_dim, kMaxLanes));
    to.k_bytes = part_bytes(options.k_type, to.padded);
    to.v_bytes = part_bytes(options.v_type, to.padded);
    to.parts.resize(lowered.local_ranks);
    for (uint32_t r = 0; r < lowered.local_ranks; ++r) {
      to.parts[r].heads = lowered.slot_heads[i][r];
      to.parts[r].first_region = static_cast<uint32_t>(layout.regions.size());
      for (uint32_t part = 0; part < 2 * to.parts[r].heads.kv_heads; ++part) {
        const uint64_t bytes = part % 2 == 0 ? to.k_bytes : to.v_bytes;
        layout.regions.push_back({layout.page_bytes, bytes});
        layout.page_bytes += bytes;
      }
    }
  }
  // Each sequence but one may leave a page half empty; with these, any split of `tokens` over the sequences fits.
  const uint32_t sequences = options.sequences == 0 ? 1 : options.sequences;
  layout.pages = (options.tokens + kPageTokens - 1) / kPageTokens + sequences - 1;
  for (Region& region : layout.regions) region.first *= layout.pages;
  return layout;
}

bool same_slots(const CacheLayout& layout, const Lowered& lowered) {
  if (layout.slots.size() != lowered.slots.size()) return false;
  for (size_t i = 0; i < layout.slots.size(); ++i) {
    const SlotLayout& slot = layout.slots[i];
    if (slot.kv_heads != lowered.slots[i].kv_heads || slot.head_dim != lowered.slots[i].head_dim ||
        slot.parts.size() != lowered.local_ranks) {
      return false;
    }
    for (uint32_t r = 0; r < lowered.local_ranks; ++r) {
      const sotto_rank_heads &a = slot.parts[r].heads, &b = lowered.slot_heads[i][r];
      if (a.first_kv_head != b.first_kv_head || a.kv_heads != b.kv_heads) return false;
    }
  }
  return true;
}

uint64_t cache_bytes_of_rank(const CacheLayout& layout, uint32_t rank) {
  uint64_t bytes = 0;
  for (const SlotLayout& s : layout.slots) bytes += s.parts[rank].heads.kv_heads * (s.k_bytes + s.v_bytes);
  return bytes * layout.pages;
}

Memory allocate(uint64_t bytes) {
  constexpr uint64_t kAlignment = 4096;
  if (bytes > SIZE_MAX - kAlignment) return nullptr;
  return Memory(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, round_up(bytes == 0 ? 1 : bytes, kAlignment))));
}

}  // namespace sotto::cpu

using sotto::cpu::kPageTokens;

sotto_cache::sotto_cache(sotto_group& g, const sotto_cache_options& o, sotto::cpu::CacheLayout l)
    : group(g), options(o), layout(std::move(l)) {}

bool sotto_cache::take_memory() {
  if (layout.page_bytes != 0 && layout.pages > UINT64_MAX / 2 / layout.page_bytes) return false;
  memory = sotto::cpu::allocate(layout.pages * layout.page_bytes);
  partials = sotto::cpu::allocate(partial_floats * sizeof(float));
  if (memory == nullptr || partials == nullptr) return false;
  const auto pages = static_cast<uint32_t>(layout.pages);
  const uint64_t longest = (options.tokens + kPageTokens - 1) / kPageTokens;
  sequences.resize(options.sequences == 0 ? 1 : options.sequences);
  for (Sequence& s : sequences) s.pages.reset(new uint32_t[longest]);
  owners_.assign(pages, 0);
  fill_.assign(pages, 0);
  free_pages_.reserve(pages);
  for (uint32_t p = pages; p-- > 0;) free_pages_.push_back(p);
  touched_.assign(pages, 0);
  return true;
}

uint32_t sotto_cache::take_page() {
  const uint32_t page = free_pages_.back();
  free_pages_.pop_back();
  owners_[page] = 1;
  fill_[page] = 0;
  idle_ -= touched_[page];
  touched_[page] = 1;
  return page;
}

void sotto_cache::drop_page(uint32_t page) {
  if (--owners_[page] != 0) return;
  set_fill(page, 0);
  free_pages_.push_back(page);
  ++idle_;
}

void sotto_cache::copy_page(uint32_t from, uint32_t to) {
  for (const sotto::cpu::Region& region : layout.regions) {
    uint8_t* parts = memory.get() + region.first;
    std::memcpy(parts + to * region.part_bytes, parts + from * region.part_bytes, region.part_bytes);
  }
}

// Idle sessions shall cost nothing. Touching a page again costs far less than computing the rows that it will hold; giving a
// few back, one call of the system for each region, is not worth it.
void sotto_cache::release(bool all) {
  constexpr uint32_t kEnough = 16;
  if (idle_ == 0 || (!all && idle_ < kEnough)) return;
  const auto is_idle = [&](uint32_t page) { return touched_[page] != 0 && owners_[page] == 0; };
  const auto pages = static_cast<uint32_t>(layout.pages);
  for (uint32_t first = 0, end = 0; first < pages; first = end) {
    for (end = first; end < pages && is_idle(end);) touched_[end++] = 0;
    for (const sotto::cpu::Region& region : layout.regions) {
      if (end == first) break;
      sotto::cpu::give_back(memory.get() + region.first + first * region.part_bytes, (end - first) * region.part_bytes);
    }
    if (end == first) ++end;
  }
  idle_ = 0;
}

void sotto_cache::set_fill(uint32_t page, uint32_t tokens) {
  used_tokens_ = used_tokens_ - fill_[page] + tokens;
  fill_[page] = static_cast<uint8_t>(tokens);
}

void sotto_cache::drop_pages_from(Sequence& s, uint32_t first) {
  while (s.page_count > first) drop_page(s.pages[--s.page_count]);
}

bool sotto_cache::provide(uint32_t sequence, uint32_t count) {
  Sequence& s = sequences[sequence];
  const uint64_t end = uint64_t{s.length} + count;
  if (count == 0) return true;
  if (end > options.tokens || used_tokens_ + count > options.tokens) return false;
  const uint32_t at = s.length % kPageTokens;
  const uint32_t last = s.length / kPageTokens;
  const bool shared = at != 0 && owners_[s.pages[last]] > 1;
  const auto pages = static_cast<uint32_t>((end + kPageTokens - 1) / kPageTokens);
  if (free_pages_.size() < pages - s.page_count + (shared ? 1u : 0u)) return false;
  if (shared) {
    const uint32_t fresh = take_page();
    copy_page(s.pages[last], fresh);
    drop_page(s.pages[last]);
    s.pages[last] = fresh;
    set_fill(fresh, at);
  }
  while (s.page_count < pages) s.pages[s.page_count++] = take_page();
  // The tokens count from here on, so that several sequences of one batch cannot promise themselves the same room.
  for (uint32_t p = last; p < pages; ++p) {
    const uint64_t filled = end - uint64_t{p} * kPageTokens;
    set_fill(s.pages[p], filled < kPageTokens ? static_cast<uint32_t>(filled) : kPageTokens);
  }
  return true;
}

void sotto_cache::commit(uint32_t sequence, uint32_t count) { sequences[sequence].length += count; }

void sotto_cache::roll_back(uint32_t sequence) { truncate(sequence, sequences[sequence].length); }

void sotto_cache::truncate(uint32_t sequence, uint32_t length) {
  Sequence& s = sequences[sequence];
  drop_pages_from(s, (length + kPageTokens - 1) / kPageTokens);
  release(s.page_count == 0);
  s.length = length;
  const uint32_t at = length % kPageTokens;
  if (at != 0 && owners_[s.pages[s.page_count - 1]] == 1) set_fill(s.pages[s.page_count - 1], at);
}

sotto_status sotto_cache::copy(uint32_t from, uint32_t to, uint32_t length, sotto_error* err) {
  if (from == to) {
    truncate(to, length);
    return SOTTO_OK;
  }
  truncate(to, 0);
  const uint32_t whole = length / kPageTokens, rest = length % kPageTokens;
  const Sequence& source = sequences[from];
  Sequence& target = sequences[to];
  if (rest != 0 && (free_pages_.empty() || used_tokens_ + rest > options.tokens)) {
    return sotto::backend::fail(err, SOTTO_CONTEXT_FULL,
                                "cpu: copying %u tokens of sequence %u: no room for the last %u of a cache of %llu", length,
                                from, rest, static_cast<unsigned long long>(options.tokens));
  }
  for (uint32_t p = 0; p < whole; ++p) {
    ++owners_[source.pages[p]];
    target.pages[target.page_count++] = source.pages[p];
  }
  if (rest != 0) {
    const uint32_t fresh = take_page();
    copy_page(source.pages[whole], fresh);
    target.pages[target.page_count++] = fresh;
    set_fill(fresh, rest);
  }
  target.length = length;
  return SOTTO_OK;
}

// cache.h - KV rows of many sequences in pages of kPageTokens tokens. A page holds the rows of all slots, KV heads and local
// ranks for its tokens; sequences own lists of pages, and whole pages may be shared by several (copy on write).
//
// A page does not lie in one piece: the keys of one (slot, rank, KV head) are a region of their own, page after page, and so
// are its values, because memory is a third faster where attention reads neighbours (docs/performance.md).
//
// All memory is taken when the cache is made; it is touched when it is used. One call at a time; kernels read pages from any
// thread while no call below runs.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "group.h"
#include "lower.h"
#include "sotto/backend.h"

namespace sotto::cpu {

// Keys or values of one KV head: part p of the region belongs to page p.
struct Region {
  uint64_t first = 0;  // in the cache's memory
  uint64_t part_bytes = 0;
};
// A slot's rows for one local rank.
struct SlotPart {
  sotto_rank_heads heads = {};
  uint32_t first_region = 0;  // keys of the first local KV head; head after head, keys before values
};
struct SlotLayout {
  uint32_t kv_heads = 0;  // of the model
  uint32_t head_dim = 0;
  uint32_t padded = 0;   // numbers per row: head_dim up to a multiple of 16
  uint64_t k_bytes = 0;  // one head of one page
  uint64_t v_bytes = 0;
  std::vector<SlotPart> parts;  // by local rank
};
struct CacheLayout {
  std::vector<SlotLayout> slots;
  std::vector<Region> regions;
  uint64_t page_bytes = 0;  // all of its parts
  uint64_t pages = 0;

  const Region& keys(uint32_t slot, uint32_t rank, uint32_t kv_head) const {
    return regions[slots[slot].parts[rank].first_region + 2 * kv_head];
  }
  const Region& values(uint32_t slot, uint32_t rank, uint32_t kv_head) const {
    return regions[slots[slot].parts[rank].first_region + 2 * kv_head + 1];
  }
};

bool is_cache_type(uint32_t type);
CacheLayout lay_out_cache(const Lowered& lowered, const sotto_cache_options& options);
// Whether a program with these slots can use a cache that another made.
bool same_slots(const CacheLayout& layout, const Lowered& lowered);
// Bytes that one local rank's rows take in all pages.
uint64_t cache_bytes_of_rank(const CacheLayout& layout, uint32_t rank);

// A piece of memory that is not filled with anything: large ones cost nothing until they are touched.
struct FreeMemory {
  void operator()(void* p) const { std::free(p); }
};
using Memory = std::unique_ptr<uint8_t, FreeMemory>;
// Aligned to 4,096 bytes, the pages of most systems: what is given back are whole ones. Null when there is none.
Memory allocate(uint64_t bytes);

}  // namespace sotto::cpu

struct sotto_cache {
  sotto_cache(sotto_group& g, const sotto_cache_options& o, sotto::cpu::CacheLayout l);

  // Makes the object usable: false when there is not enough memory.
  bool take_memory();

  uint32_t length(uint32_t sequence) const { return sequences[sequence].length; }
  // Pages for `count` more tokens behind the sequence's; those that will be written belong to it alone afterwards. False: full
  // (nothing has changed then). Not yet counted in length: commit or roll_back.
  bool provide(uint32_t sequence, uint32_t count);
  void commit(uint32_t sequence, uint32_t count);
  void roll_back(uint32_t sequence);
  void truncate(uint32_t sequence, uint32_t length);
  sotto_status copy(uint32_t from, uint32_t to, uint32_t length, sotto_error* err);

  // What a sequence's page has in a region.
  uint8_t* part(const sotto::cpu::Region& region, uint32_t sequence, uint32_t index) const {
    return memory.get() + region.first + sequences[sequence].pages[index] * region.part_bytes;
  }

  struct Sequence {
    uint32_t length = 0;
    uint32_t page_count = 0;
    std::unique_ptr<uint32_t[]> pages;  // capacity: all pages of one sequence that fills the cache
  };

  sotto_group& group;
  const sotto_cache_options options;
  const sotto::cpu::CacheLayout layout;
  std::vector<Sequence> sequences;
  sotto::cpu::Memory memory;
  sotto::cpu::Memory partials;  // softmax states of decode splits (step_attention.cc)
  uint64_t partial_floats = 0;

 private:
  uint32_t take_page();
  void drop_page(uint32_t page);
  void copy_page(uint32_t from, uint32_t to);
  // Gives the memory of unused pages back, of neighbours at once, when there is enough of it or `all` is wanted.
  void release(bool all);
  void set_fill(uint32_t page, uint32_t tokens);
  void drop_pages_from(Sequence& s, uint32_t first);

  uint64_t used_tokens_ = 0;      // tokens in pages; shared ones once
  std::vector<uint32_t> owners_;  // by page
  std::vector<uint8_t> fill_;     // by page: tokens counted in used_tokens_
  std::vector<uint32_t> free_pages_;
  std::vector<uint8_t> touched_;  // by page: has memory of the system
  uint32_t idle_ = 0;             // free pages that have
};

namespace sotto::cpu {

sotto_status export_sequence(const sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes,
                             uint64_t* size, sotto_error* err);
sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err);

}  // namespace sotto::cpu

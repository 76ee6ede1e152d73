// cache.h - K and V of many sequences on the device, in cells of one token each. A cell is written once and may then belong to
// several sequences: a copy shares cells, the last owner frees them. Which cells a sequence has, by position, lies in a table
// that shaders read.
#pragma once

#include "common/cells.h"
#include "lower.h"

namespace sotto::vulkan {

// 32-bit words of one head's row in a cell; mirrors shaders/include/kv.glsl.
constexpr uint32_t kv_words(uint32_t type, uint32_t head_dim) {
  return type == SOTTO_F32 ? head_dim : type == SOTTO_F16 ? (head_dim + 1) / 2 : (head_dim + 31) / 32 * 9;
}

}  // namespace sotto::vulkan

struct sotto_cache {
  // Throws plugin::Failure, std::bad_alloc.
  sotto_cache(sotto_group& g, const sotto::vulkan::Lowered& lowered, const sotto_cache_options& options);
  // Of ranks that are apart.
  sotto_cache(sotto_group& g, std::vector<std::unique_ptr<sotto_cache>> ranks);

  // What `cells` does by these names, noted in the table; on every rank where they are apart.
  void append(uint32_t sequence);
  void truncate(uint32_t sequence, uint32_t length);
  void copy(uint32_t from, uint32_t to, uint32_t length);

  uint32_t table_at(uint32_t sequence) const { return static_cast<uint32_t>(sequence * capacity); }
  uint32_t words(bool is_v, uint32_t slot) const {
    return sotto::vulkan::kv_words(is_v ? options.v_type : options.k_type, slots[slot].head_dim);
  }
  uint32_t cell_words(bool is_v, uint32_t slot, uint32_t rank) const {
    return words(is_v, slot) * slots[slot].ranks[rank].kv_heads;
  }
  const sotto::vulkan::Buffer& rows(bool is_v, uint32_t slot, uint32_t rank) const {
    return rows_[(size_t{slot} * group.local_ranks + rank) * 2 + (is_v ? 1 : 0)];
  }

  sotto_group& group;
  const std::shared_ptr<sotto::vulkan::Device> device;  // outlives the buffers below
  const std::vector<sotto::backend::Slot> slots;
  const sotto_cache_options options;
  const uint64_t capacity;  // cells
  const uint64_t number;    // of all caches ever made: names it in recordings
  sotto::backend::Cells cells;
  sotto::vulkan::Buffer table;  // [sequences, capacity] cells
  // By rank, where the group's are apart: all of them hold the same sequences, and nothing else is here.
  const std::vector<std::unique_ptr<sotto_cache>> apart;
  // One that knows the sequences.
  const sotto_cache& first() const { return apart.empty() ? *this : *apart.front(); }

 private:
  void copy_apart(uint32_t from, uint32_t to, uint32_t length);
  void note(uint32_t sequence, size_t position);

  std::vector<sotto::vulkan::Buffer> rows_;  // [slot, rank, k and v]; empty where the rank has no heads
};

namespace sotto::vulkan {

sotto_status check_cache_options(const sotto_cache_options& options, sotto_error* err);
// Bytes on a local rank; UINT64_MAX where it would not fit into the number.
uint64_t cache_bytes(const Lowered& lowered, const sotto_cache_options& options, uint32_t local_rank);

// The neutral layout of backend.h. REQUIRES: the tokens are within the sequence.
sotto_status export_sequence(sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                             sotto_error* err);
sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err);

}  // namespace sotto::vulkan

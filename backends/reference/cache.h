// cache.h - K and V of many sequences, in cells of one token each. A cell holds the rows of every slot and local rank, is
// written once and may then belong to several sequences: a copy shares cells, the last owner frees them.
#pragma once

#include <memory>
#include <vector>

#include "lower.h"

struct sotto_cache {
  // Throws std::bad_alloc.
  sotto_cache(sotto_group& g, const sotto::reference::Lowered& lowered, const sotto_cache_options& options);

  struct Sequence {
    uint32_t length = 0;          // committed tokens
    std::vector<uint32_t> cells;  // by position; more than `length` while a batch runs
  };

  uint64_t free_cells() const { return free_.size() + (capacity - next_unused_); }
  // A cell behind the sequence's. REQUIRES: free_cells() > 0.
  void append(uint32_t sequence);
  // Keeps what was appended, or gives it back.
  void commit(uint32_t sequence) { sequences[sequence].length = static_cast<uint32_t>(sequences[sequence].cells.size()); }
  void roll_back(uint32_t sequence) { truncate(sequence, sequences[sequence].length); }
  void truncate(uint32_t sequence, uint32_t length);
  void copy(uint32_t from, uint32_t to, uint32_t length);

  // Rows [kv heads of the rank, head_dim] of one token.
  float* k(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position);
  float* v(uint32_t slot, uint32_t local_rank, uint32_t sequence, uint32_t position);

  sotto_group& group;
  const std::vector<sotto::reference::Slot> slots;
  const uint64_t capacity;  // cells
  std::vector<Sequence> sequences;

 private:
  void drop(uint32_t cell);

  std::vector<uint64_t> offsets_;  // [slot * local_ranks + rank]: of K within a cell; V follows
  uint64_t cell_numbers_ = 0;
  std::unique_ptr<float[]> numbers_;
  std::vector<uint32_t> owners_;  // by cell
  std::vector<uint32_t> free_;
  uint64_t next_unused_ = 0;  // cells from here on were never used
};

namespace sotto::reference {

sotto_status check_cache_options(const sotto_cache_options& options, sotto_error* err);
sotto_status create_cache(const sotto_program& program, const sotto_cache_options& options, sotto_cache** out,
                          sotto_error* err);
// Whether a program with these slots can use the cache.
bool fits(const sotto_cache& cache, const Lowered& lowered);

// The neutral layout of backend.h. REQUIRES: the tokens are within the sequence.
sotto_status export_sequence(sotto_cache& cache, uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size,
                             sotto_error* err);
sotto_status import_sequence(sotto_cache& cache, uint32_t sequence, uint32_t count, const void* bytes, uint64_t size,
                             sotto_error* err);

}  // namespace sotto::reference

// cache.h: keys and values of many sequences. A cell holds one token's rows of all slots and ranks. A sequence is a list of
// cells; a copied sequence shares those of its source, and a cell is free again when its last owner drops it.
#pragma once

#include <memory>

#include "weights.h"

struct sotto_cache {
  // Throws Failure: types that are not offered, sizes that cannot be.
  sotto_cache(const sotto_group& g, const external::Plan& plan, const sotto_cache_options& options);

  enum Part { kKeys, kValues };
  void write(uint32_t slot, uint32_t rank, Part part, uint32_t head, uint32_t sequence, uint32_t position, const float* row);
  void read(uint32_t slot, uint32_t rank, Part part, uint32_t head, uint32_t sequence, uint32_t position, float* row) const;

  // A sequence that is there and has at least `tokens` tokens. Throws Failure.
  void check_holds(uint32_t sequence, uint64_t tokens) const;
  uint32_t length(uint32_t sequence) const { return static_cast<uint32_t>(sequences[sequence].cells.size()); }
  uint64_t free_cells() const { return capacity - cells_in_use_; }
  void append(uint32_t sequence);  // REQUIRES: free_cells() > 0
  void truncate(uint32_t sequence, uint32_t length) noexcept;
  void copy(uint32_t from, uint32_t to, uint32_t length);

  // The neutral layout of backend.h: float32, by slot, keys before values, each KV head of the model once.
  void export_rows(uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size) const;
  void import_rows(uint32_t sequence, uint32_t count, const void* bytes, uint64_t size);

  struct Sequence {
    std::vector<uint32_t> cells;  // by position
    uint32_t longest = 0;         // before a truncation; for faults.h alone
  };

  const sotto_group& group;
  const std::vector<external::Slot> slots;
  const external::KvType* const types[2];  // of keys, of values
  const uint64_t capacity;                 // cells
  std::vector<Sequence> sequences;

 private:
  struct Cell {
    uint32_t owners = 0;
    uint32_t next_free = SOTTO_NONE;
  };
  uint8_t* place(uint32_t slot, uint32_t rank, Part part, uint32_t head, uint32_t sequence, uint32_t position) const;
  template <class Visit>
  void for_each_row(uint32_t first, uint32_t count, Visit visit) const;
  uint64_t neutral_bytes(uint64_t tokens) const;

  std::vector<uint64_t> offsets_;  // of [slot][rank][part] within a cell
  uint64_t cell_bytes_ = 0;
  std::unique_ptr<uint8_t[]> bytes_;  // not cleared: what no token fills costs nothing
  std::vector<Cell> cells_;           // those that were ever used
  uint32_t first_free_ = SOTTO_NONE;
  uint64_t cells_in_use_ = 0;
};

namespace external {

// Throws Failure: types that are not offered, sizes that cannot be.
void check_cache_options(const sotto_cache_options& options);
// Of one token on one rank.
uint64_t cache_bytes_per_token(const Plan& plan, uint32_t rank, const sotto_cache_options& options);

}  // namespace external

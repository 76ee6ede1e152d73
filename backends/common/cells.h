// cells.h - which cells of a cache hold the tokens of its sequences, one token each. A cell is written once and may then belong
// to several sequences: a copy shares cells, the last owner frees them. What a cell holds is the backend's.
#pragma once

#include <vector>

#include "sotto/base.h"

namespace sotto::backend {

class Cells {
 public:
  struct Sequence {
    uint32_t length = 0;          // committed tokens
    std::vector<uint32_t> cells;  // by position; more than `length` while a batch runs
  };

  Cells() = default;  // no cells and no sequences
  Cells(uint64_t capacity, uint32_t sequence_count);

  size_t sequence_count() const { return sequences_.size(); }
  const Sequence& operator[](uint32_t sequence) const { return sequences_[sequence]; }
  // 0 where there is no such sequence.
  uint32_t length(size_t sequence) const { return sequence < sequences_.size() ? sequences_[sequence].length : 0; }
  uint64_t capacity() const { return capacity_; }
  uint64_t free_cells() const { return free_.size() + (capacity_ - next_unused_); }

  // Room for the cells of so many more tokens: `append` does not throw then.
  void reserve(uint32_t sequence, uint32_t tokens);
  // A cell behind the sequence's. REQUIRES: free_cells() > 0.
  void append(uint32_t sequence);
  // Keeps what was appended, or gives it back.
  void commit(uint32_t sequence);
  void roll_back(uint32_t sequence) { truncate(sequence, sequences_[sequence].length); }
  void truncate(uint32_t sequence, uint32_t length);
  void copy(uint32_t from, uint32_t to, uint32_t length);

 private:
  uint64_t capacity_ = 0;
  std::vector<Sequence> sequences_;
  std::vector<uint32_t> owners_;  // by cell
  std::vector<uint32_t> free_;
  uint64_t next_unused_ = 0;  // cells from here on were never used
};

}  // namespace sotto::backend

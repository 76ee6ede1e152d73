#include "common/cells.h"

namespace sotto::backend {

Cells::Cells(uint64_t capacity, uint32_t sequence_count) : capacity_(capacity), sequences_(sequence_count), owners_(capacity) {
  free_.reserve(capacity);
}

void Cells::reserve(uint32_t sequence, uint32_t tokens) {
  sequences_[sequence].cells.reserve(size_t{sequences_[sequence].length} + tokens);
}

void Cells::append(uint32_t sequence) {
  std::vector<uint32_t>& cells = sequences_[sequence].cells;
  const bool is_fresh = free_.empty();
  cells.push_back(is_fresh ? static_cast<uint32_t>(next_unused_) : free_.back());  // may throw: counted afterwards
  if (is_fresh)
    ++next_unused_;
  else
    free_.pop_back();
  owners_[cells.back()] = 1;
}

void Cells::commit(uint32_t sequence) {
  sequences_[sequence].length = static_cast<uint32_t>(sequences_[sequence].cells.size());
}

void Cells::truncate(uint32_t sequence, uint32_t length) {
  Sequence& s = sequences_[sequence];
  for (; s.cells.size() > length; s.cells.pop_back()) {
    const uint32_t cell = s.cells.back();
    if (--owners_[cell] == 0) free_.push_back(cell);
  }
  s.length = length;
}

void Cells::copy(uint32_t from, uint32_t to, uint32_t length) {
  std::vector<uint32_t> cells(sequences_[from].cells.begin(), sequences_[from].cells.begin() + length);
  for (const uint32_t cell : cells) ++owners_[cell];
  truncate(to, 0);
  sequences_[to].cells = std::move(cells);
  commit(to);
}

}  // namespace sotto::backend

// token_index.h: flat hash tables of a vocabulary, for tokenizers. A vocabulary of 50,000 tokens loads in milliseconds.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sotto {

// Token text to id; of equal texts the first counts. Const after construction, any thread. The texts must outlive it.
class TokenIndex {
 public:
  TokenIndex() = default;
  explicit TokenIndex(const std::vector<std::string_view>& texts);

  uint32_t find(std::string_view text) const;  // SOTTO_NONE: there is none

 private:
  struct Slot {
    uint32_t tag = 0;  // upper half of the hash
    uint32_t id_plus_1 = 0;
  };
  uint64_t hash(std::string_view text) const;

  const std::string_view* texts_ = nullptr;
  uint64_t seed_ = 0;
  std::vector<Slot> slots_;  // a power of two
};

// Pairs of token ids to what they merge into; of equal pairs the first counts. Const after the last add, any thread.
class MergeTable {
 public:
  struct Merge {
    uint64_t pair;  // kFree: an empty slot
    uint32_t rank;
    uint32_t whole;
  };

  MergeTable() = default;
  explicit MergeTable(size_t merges);
  // REQUIRES: no more adds than announced.
  void add(uint32_t left, uint32_t right, uint32_t rank, uint32_t whole);
  const Merge* find(uint32_t left, uint32_t right) const;  // nullptr: they do not merge

 private:
  static constexpr uint64_t kFree = UINT64_MAX;
  size_t slot_of(uint64_t pair) const;

  uint64_t seed_ = 0;
  std::vector<Merge> slots_;
};

}  // namespace sotto

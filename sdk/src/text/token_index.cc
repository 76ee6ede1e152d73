#include "text/token_index.h"

#include <cstring>

#include "sotto/base.h"

namespace sotto {
namespace {

constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;

uint64_t mix(uint64_t a, uint64_t b) {
  a = (a ^ b) * kOdd;
  a ^= a >> 32;
  a *= 0xD6E8FEB86659FD93;
  return a ^ a >> 32;
}

// At most half full.
size_t slots_for(size_t entries) {
  size_t slots = 16;
  while (slots < 2 * entries) slots *= 2;
  return slots;
}

// Differs from run to run, so that a file cannot be made whose keys all fall into one slot.
uint64_t seed_from(const void* address) { return mix(reinterpret_cast<uintptr_t>(address), kOdd); }

}  // namespace

TokenIndex::TokenIndex(const std::vector<std::string_view>& texts) : texts_(texts.data()), slots_(slots_for(texts.size())) {
  seed_ = seed_from(slots_.data());
  for (uint32_t id = 0; id < texts.size(); ++id) {
    const uint64_t h = hash(texts[id]);
    const auto tag = static_cast<uint32_t>(h >> 32);
    size_t at = h & (slots_.size() - 1);
    while (slots_[at].id_plus_1 && !(slots_[at].tag == tag && texts[slots_[at].id_plus_1 - 1] == texts[id]))
      at = (at + 1) & (slots_.size() - 1);
    if (!slots_[at].id_plus_1) slots_[at] = {tag, id + 1};
  }
}

uint32_t TokenIndex::find(std::string_view text) const {
  if (slots_.empty()) return SOTTO_NONE;
  const uint64_t h = hash(text);
  const auto tag = static_cast<uint32_t>(h >> 32);
  for (size_t at = h & (slots_.size() - 1); slots_[at].id_plus_1; at = (at + 1) & (slots_.size() - 1))
    if (slots_[at].tag == tag && texts_[slots_[at].id_plus_1 - 1] == text) return slots_[at].id_plus_1 - 1;
  return SOTTO_NONE;
}

uint64_t TokenIndex::hash(std::string_view text) const {
  uint64_t h = seed_ ^ text.size();
  size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    h = mix(h, word);
  }
  uint64_t rest = 0;
  if (at < text.size()) std::memcpy(&rest, text.data() + at, text.size() - at);
  return mix(h, rest);
}

MergeTable::MergeTable(size_t merges) : slots_(slots_for(merges), Merge{kFree, 0, 0}) { seed_ = seed_from(slots_.data()); }

size_t MergeTable::slot_of(uint64_t pair) const {
  size_t at = mix(seed_, pair) & (slots_.size() - 1);
  while (slots_[at].pair != kFree && slots_[at].pair != pair) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void MergeTable::add(uint32_t left, uint32_t right, uint32_t rank, uint32_t whole) {
  Merge& slot = slots_[slot_of(uint64_t{left} << 32 | right)];
  if (slot.pair == kFree) slot = {uint64_t{left} << 32 | right, rank, whole};
}

const MergeTable::Merge* MergeTable::find(uint32_t left, uint32_t right) const {
  if (slots_.empty()) return nullptr;
  const Merge& slot = slots_[slot_of(uint64_t{left} << 32 | right)];
  return slot.pair == kFree ? nullptr : &slot;
}

}  // namespace sotto

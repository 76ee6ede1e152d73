#include "run/drafter.h"

#include <algorithm>

namespace sotto {
namespace {

constexpr uint32_t kSlotsAtLeast = 256, kSlotsAtMost = 1u << 15;
// Tried when a guess promises this much more speed: below it a wrong measurement would decide.
constexpr double kWorth = 1.08;
constexpr double kUsualExtra = 0.2;
constexpr uint32_t kMemory = 16;  // guesses that are remembered, roughly

uint32_t hash(const uint32_t* tokens, uint32_t count) {
  uint64_t h = 0;
  for (uint32_t i = 0; i < count; ++i) h = (h + tokens[i] + 1) * 0x9E3779B97F4A7C15ull;
  return static_cast<uint32_t>(h >> 32);
}

}  // namespace

Drafter::Drafter() : extra_(kUsualExtra) { guess_.reserve(kMost); }

uint32_t* Drafter::slot(size_t level, const uint32_t* end) {
  const uint32_t count = kGrams[level];
  return &slots_[level * (mask_ + size_t{1}) + (hash(end - count, count) & mask_)];
}

void Drafter::read(Span<const uint32_t> tokens, uint32_t context) {
  if (slots_.empty()) {
    uint32_t slots = kSlotsAtLeast;
    while (slots < context && slots < kSlotsAtMost) slots *= 2;
    slots_.resize(kLevels * slots);
    mask_ = slots - 1;
  }
  // What stands at the very end is looked for, not found: it goes in when something follows it.
  for (; indexed_ + 1 < tokens.size(); ++indexed_)
    for (size_t level = 0; level < kLevels; ++level)
      if (indexed_ + 1 >= kGrams[level]) *slot(level, tokens.data() + indexed_ + 1) = indexed_ + 1;
}

void Drafter::rewind(uint32_t length) {
  indexed_ = std::min(indexed_, length);
  guess_.clear();
  checked_ = 0;
}

void Drafter::follow(Span<const uint32_t> tokens) {
  if (checked_ < guess_.size()) {
    const bool right = guess_[checked_] == tokens[tokens.size() - 1];
    count_ = std::min(count_ + 1, kMemory);
    right_ += ((right ? 1.0 : 0.0) - right_) / count_;
    checked_ = right ? checked_ + 1 : guess_.size();
  }
  read(tokens, 0);
}

// The place behind the same tokens as the last ones, or 0.
uint32_t Drafter::continuation(Span<const uint32_t> tokens, size_t level) {
  const uint32_t count = kGrams[level];
  if (tokens.size() <= count) return 0;
  const uint32_t* end = tokens.data() + tokens.size();
  const uint32_t found = *slot(level, end);
  if (found < count || found >= tokens.size()) return 0;
  return std::equal(end - count, end, tokens.data() + found - count) ? found : 0;
}

// Of n guesses, each right with the same probability, 1 + p + ... + p^n tokens come of a step that takes 1 + n * extra.
uint32_t Drafter::worthwhile(uint32_t most) const {
  double best = kWorth, tokens = 1, reached = 1;
  uint32_t length = 0;
  for (uint32_t n = 1; n <= most; ++n) {
    reached *= right_;
    tokens += reached;
    const double speed = tokens / (1 + n * extra_);
    if (speed > best) {
      best = speed;
      length = n;
    }
  }
  return length;
}

Span<const uint32_t> Drafter::draft(Span<const uint32_t> tokens, uint32_t most) {
  guess_.clear();
  checked_ = 0;
  if (slots_.empty()) return {};
  for (size_t level = 0; level < kLevels; ++level) {
    const uint32_t from = continuation(tokens, level);
    if (from == 0) continue;
    // Behind its end the text goes on with the guess itself, as in a loop.
    for (uint32_t i = from; guess_.size() < kMost; ++i)
      guess_.push_back(i < tokens.size() ? tokens[i] : guess_[i - tokens.size()]);
    const uint32_t length = worthwhile(std::min(most, kMost));
    // Once rows were found dear, that is forgotten in time: it may have been a neighbour.
    if (length == 0) extra_ += (kUsualExtra - extra_) / 64;
    return {guess_.data(), length};
  }
  return {};
}

void Drafter::took(uint32_t rows, std::chrono::nanoseconds time) {
  const auto ns = static_cast<double>(time.count());
  // A step that took long had a neighbour on its core more often than not: what is short counts for more.
  if (rows == 1) {
    single_ns_ = single_ns_ == 0 ? ns : std::min(ns, single_ns_ * 1.05);
  } else if (single_ns_ > 0) {
    const double extra = std::clamp((ns / single_ns_ - 1) / (rows - 1), 0.0, 2.0);
    extra_ += (extra - extra_) / (extra < extra_ ? 2 : 6);
  }
}

}  // namespace sotto

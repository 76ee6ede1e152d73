#include "text/grammar/token_matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"

namespace sotto::grammar {

TokenMatcher::TokenMatcher(std::shared_ptr<const Compiled> grammar, std::shared_ptr<const MaskCache> masks)
    : grammar_(std::move(grammar)), masks_(std::move(masks)), matcher_(*grammar_) {
  if (masks_) bits_.resize(masks_->order().words());
}

Status TokenMatcher::fill(bool at_text_start) {
  if (!masks_) return Status(SOTTO_INVALID_ARGUMENT, "a mask of tokens: the grammar was compiled without a model");
  SOTTO_TRY(masks_->fill(&matcher_, bits_.data()));
  const TokenOrder& order = masks_->order();
  if (at_text_start)
    for (size_t i = 0; i < bits_.size(); ++i) bits_[i] &= ~order.marked()[i];
  if (is_complete())
    for (const uint32_t id : order.ends()) bits_[id / 64] |= uint64_t{1} << id % 64;
  return {};
}

Status TokenMatcher::forbid(float* logits, uint32_t count) const {
  bool any = false;
  for (uint32_t first = 0; first < count; first += 64) {
    const uint64_t word = first / 64 < bits_.size() ? bits_[first / 64] : 0;
    const uint32_t in_word = std::min<uint32_t>(64, count - first);
    any = any || word != 0;
    if (word == 0) {
      std::fill_n(logits + first, in_word, -INFINITY);
    } else if (word != UINT64_MAX) {
      for (uint32_t i = 0; i < in_word; ++i) logits[first + i] = word >> i & 1 ? logits[first + i] : -INFINITY;
    }
  }
  if (any) return {};
  return Status(SOTTO_MISMATCH,
                fmt::format("choosing a token: after {} bytes the grammar allows what no token of the vocabulary can write",
                            matcher_.depth()));
}

Status TokenMatcher::take(std::string_view bytes, const char* what) {
  const size_t start = matcher_.depth();
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (matcher_.push(static_cast<uint8_t>(bytes[i]))) continue;
    const bool is_exhausted = matcher_.is_exhausted();
    matcher_.pop(matcher_.depth() - start);
    if (is_exhausted)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("matching {}: the grammar is too ambiguous for this text, or the text is too long", what));
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("matching {} '{}': the grammar does not allow byte {} of it, behind {} bytes", what,
                              printable_text(bytes.substr(0, 60)), i, start));
  }
  depths_.push_back(static_cast<uint32_t>(start));
  return {};
}

Status TokenMatcher::accept(uint32_t token) {
  if (!masks_) return Status(SOTTO_INVALID_ARGUMENT, "matching a token: the grammar was compiled without a model");
  const TokenOrder& order = masks_->order();
  if (order.is_end(token)) {
    if (is_complete()) return {};
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("matching token {}, the end of a text: the grammar is not complete", token));
  }
  const uint32_t place = order.place_of(token);
  if (place == UINT32_MAX)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("matching token {}: it writes no text, or is none of the vocabulary", token));
  return take(order.text(place), "a token");
}

Status TokenMatcher::accept_text(std::string_view text) { return take(text, "a text"); }

void TokenMatcher::rewind(uint32_t steps) {
  if (steps >= this->steps()) return;
  matcher_.pop(matcher_.depth() - depths_[steps]);
  depths_.resize(steps);
}

}  // namespace sotto::grammar

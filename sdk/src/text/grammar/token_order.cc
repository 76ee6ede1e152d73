#include "text/grammar/token_order.h"

#include <algorithm>

#include "text/grammar/limits.h"

namespace sotto::grammar {

TokenOrder::TokenOrder(const Tokenizer& tokenizer, uint32_t logits) : logits_(logits), places_(logits, UINT32_MAX) {
  struct Token {
    std::string text;
    uint32_t id;
  };
  std::vector<Token> tokens;
  marked_.resize(words());
  for (uint32_t id = 0; id < std::min(tokenizer.size(), logits); ++id) {
    if (tokenizer.ends_generation(id)) ends_.push_back(id);
    if (tokenizer.is_control(id) || tokenizer.ends_generation(id) || tokenizer.unknown() == id) continue;
    std::string text = tokenizer.piece(id);
    if (text.empty() || text.size() > kLongestToken) continue;
    if (tokenizer.first_spaces() != FirstSpaces::kKept && tokenizer.begins_with_space_mark(id))
      marked_[id / 64] |= uint64_t{1} << id % 64;
    longest_ = std::max(longest_, text.size());
    tokens.push_back({std::move(text), id});
  }
  std::sort(tokens.begin(), tokens.end(),
            [](const Token& a, const Token& b) { return a.text != b.text ? a.text < b.text : a.id < b.id; });
  std::string_view before;
  for (const Token& t : tokens) {
    const size_t most = std::min(before.size(), t.text.size());
    const auto apart = std::mismatch(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(most), t.text.begin());
    shared_.push_back(static_cast<uint8_t>(apart.first - before.begin()));
    places_[t.id] = size();
    offsets_.push_back(static_cast<uint32_t>(bytes_.size()));
    ids_.push_back(t.id);
    bytes_ += t.text;
    before = t.text;
  }
  offsets_.push_back(static_cast<uint32_t>(bytes_.size()));
  uint32_t at = 0;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    of_first_byte_[byte] = at;
    while (at < size() && static_cast<uint8_t>(text(at)[0]) == byte) ++at;
  }
  of_first_byte_[256] = at;
}

uint32_t TokenOrder::behind(uint32_t place, size_t bytes) const {
  if (bytes <= 1) return of_first_byte_[static_cast<uint8_t>(text(place)[0]) + 1];
  uint32_t next = place + 1;
  while (next < size() && shared_[next] >= bytes) ++next;
  return next;
}

}  // namespace sotto::grammar

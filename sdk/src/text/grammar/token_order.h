// token_order.h: the texts of a vocabulary in the order of a dictionary, so that tokens that begin alike are matched once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"

namespace sotto::grammar {

// Const after construction, any thread. Control tokens, empty ones and those longer than kLongestToken are not among them.
class TokenOrder {
 public:
  // `logits`: the size of the model's output, which may be more or less than the tokenizer's.
  TokenOrder(const Tokenizer& tokenizer, uint32_t logits);

  uint32_t size() const { return static_cast<uint32_t>(ids_.size()); }  // places, from 0
  uint32_t id(uint32_t place) const { return ids_[place]; }
  std::string_view text(uint32_t place) const {
    return std::string_view(bytes_).substr(offsets_[place], offsets_[place + 1] - offsets_[place]);
  }
  // Bytes that it has in common with the place before.
  uint8_t shared(uint32_t place) const { return shared_[place]; }
  // The first place that does not begin with the first `bytes` bytes of `place`.
  uint32_t behind(uint32_t place, size_t bytes) const;

  uint32_t logits() const { return logits_; }
  size_t words() const { return (logits_ + 63) / 64; }         // of 64 bits, one for each id
  const std::vector<uint32_t>& ends() const { return ends_; }  // ids that end a text
  bool is_end(uint32_t id) const { return std::find(ends_.begin(), ends_.end(), id) != ends_.end(); }
  // Ids whose first byte a reader drops at the beginning of a text: SentencePiece's mark.
  const std::vector<uint64_t>& marked() const { return marked_; }
  uint32_t place_of(uint32_t id) const { return id < places_.size() ? places_[id] : UINT32_MAX; }
  size_t longest() const { return longest_; }

 private:
  uint32_t logits_;
  std::string bytes_;
  std::vector<uint32_t> offsets_, ids_, places_;
  std::vector<uint8_t> shared_;
  uint32_t of_first_byte_[257] = {};
  std::vector<uint32_t> ends_;
  std::vector<uint64_t> marked_;
  size_t longest_ = 0;
};

}  // namespace sotto::grammar

#include "text/stream_decoder.h"

#include "text/unicode.h"

namespace sotto {

void StreamDecoder::go_on_from(Span<const uint32_t> ids) {
  constexpr size_t kMostTokens = 3;  // a character has 4 bytes at most, a token one or more
  held_.clear();
  for (size_t i = ids.size() > kMostTokens ? ids.size() - kMostTokens : 0; i < ids.size(); ++i) {
    if (tokenizer_.is_control(ids[i])) held_.clear();
    if (!tokenizer_.is_control(ids[i])) held_ += tokenizer_.piece(ids[i]);
  }
  held_.erase(0, held_.size() - incomplete_tail(held_));
}

std::string_view StreamDecoder::add(uint32_t id) {
  out_.clear();
  if (tokenizer_.is_control(id)) return out_;
  std::string bytes = tokenizer_.piece(id);
  if (at_start_) {
    const FirstSpaces rule = tokenizer_.first_spaces();
    const bool drops = rule != FirstSpaces::kKept && tokenizer_.begins_with_space_mark(id);
    if (drops) bytes.erase(0, 1);
    at_start_ = bytes.empty() && !(drops && rule == FirstSpaces::kOneDropped);
  }
  held_ += bytes;
  const size_t tail = incomplete_tail(held_);
  const std::string_view ready(held_.data(), held_.size() - tail);
  for (size_t at = 0; at < ready.size();) {
    const Character c = decode_character(ready, at);
    append_utf8(c.code_point, &out_);
    at += c.bytes;
  }
  held_.erase(0, ready.size());
  return out_;
}

std::string_view StreamDecoder::finish() {
  out_.clear();
  if (!held_.empty()) append_utf8(kReplacement, &out_);
  held_.clear();
  return out_;
}

}  // namespace sotto

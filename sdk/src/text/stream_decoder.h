// stream_decoder.h: tokens to text while they arrive, in whole UTF-8 characters only. For the generate loop.
#pragma once

#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace sotto {

// One thread at a time. Bytes that can never become a character come out as U+FFFD at once, so that nothing stalls.
class StreamDecoder {
 public:
  // `at_start`: no text stands before, so that a first space of SentencePiece is dropped. The tokenizer must outlive this.
  StreamDecoder(const Tokenizer& tokenizer, bool at_start) : tokenizer_(tokenizer), at_start_(at_start) {}

  // Goes on behind these tokens: what they left of a character belongs to the next one.
  void go_on_from(Span<const uint32_t> ids);
  // The characters that this token completes, possibly none. Control tokens bring no text. Valid until the next call.
  std::string_view add(uint32_t id);
  // Whether the next token's first space would be dropped.
  bool is_at_start() const { return at_start_; }
  // What is left at the end: U+FFFD for a character that was never completed.
  std::string_view finish();

 private:
  const Tokenizer& tokenizer_;
  bool at_start_;
  std::string held_;  // the beginning of a character
  std::string out_;
};

}  // namespace sotto

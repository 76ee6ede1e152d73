// text_parts.h: what is spoken, in parts of one language that end where a sentence does. Any bytes are text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::speech {

struct TextPart {
  uint32_t language;  // SOTTO_SPEECH_ZH, SOTTO_SPEECH_EN
  std::string text;   // UTF-8 without control characters
  uint64_t end;       // in the whole text: the bytes up to here
};

// The parts one after the other, so that a long text is not held twice.
class TextParts {
 public:
  // `language` 0: each run of text in its own; else all in it. The text outlives this.
  TextParts(std::string_view text, uint32_t language) : text_(text), language_(language), last_(language) {}
  // False: there is no more. Parts without a letter or a digit are not given.
  bool next(TextPart* part);

 private:
  uint32_t language_ahead(size_t at) const;

  std::string_view text_;
  size_t at_ = 0;
  uint32_t language_;
  uint32_t last_;  // of the words before; 0: none yet
};

}  // namespace sotto::speech

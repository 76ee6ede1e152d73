// text_signs.h: what a text says about itself without a model: its language, and how strongly it puts things.
#pragma once

#include <cstdint>
#include <string_view>

namespace sotto::sentiment {

struct TextSigns {
  uint32_t language = 0;    // SOTTO_SENTIMENT_LANGUAGE_*
  bool is_chinese = false;  // mostly: for the wording of a prompt
  bool is_blank = true;     // nothing but white space
  // 0.2..1: plain words 0.6; boosters, exclamation marks, capitals, drawn-out letters and emoji in a row raise it, words such
  // as "a bit" lower it. After the degree words and punctuation of VADER (Hutto & Gilbert 2014), the steps are ours.
  float degree = 0.6f;
};

// Invalid UTF-8 is passed over. Time grows with the text: give what will be read of it.
TextSigns look_at(std::string_view text);

// The text's end of at most `bytes` bytes, from a whole character on.
std::string_view tail(std::string_view text, size_t bytes);

}  // namespace sotto::sentiment

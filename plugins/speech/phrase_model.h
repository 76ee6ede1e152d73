// phrase_model.h: the phrases of a device as a language model: which word follows which, and how likely.
//
// Trigrams with absolute discounting, interpolated with the shorter ones (Ney, Essen & Kneser 1994), as a text in ARPA's
// format.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::speech {

struct PhraseModel {
  std::string arpa;  // empty: no phrase was taken
  uint32_t phrases = 0, skipped = 0;
  std::string unknown;  // the first word of a skipped phrase that is not known
};

// The words of a phrase: small ASCII letters, digits and apostrophes, other bytes as they are; signs part them.
std::vector<std::string> words_of(std::string_view phrase);

// Phrases with a word that is not known are skipped; empty ones count as nothing.
PhraseModel model_of(const std::vector<std::string>& phrases, const std::function<bool(const std::string&)>& is_known);

}  // namespace sotto::speech

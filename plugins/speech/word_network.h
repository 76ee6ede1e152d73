// word_network.h: the phrases of a device as a network of words: every word that may follow another, and how likely.
//
// A bigram model with absolute discounting that backs off to the words' own frequencies (Ney, Essen & Kneser 1994), over so few
// sentences that a word which followed another once is much likelier than one which never did.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::speech {

struct WordArc {
  uint32_t from, to;  // states
  uint32_t word;      // index into words; kNoWord: none is said
  double probability;
};

struct WordNetwork {
  static constexpr uint32_t kNoWord = 0xFFFFFFFF;
  std::vector<std::string> words;
  uint32_t states = 0;  // 0 is the start
  uint32_t end = 0;
  std::vector<WordArc> arcs;
  uint32_t phrases = 0, skipped = 0;
  std::string unknown;  // the first word of a skipped phrase that is not known
};

// The words of a phrase: small ASCII letters and digits and apostrophes, other bytes as they are; signs part them.
std::vector<std::string> words_of(std::string_view phrase);

// Phrases with a word that is not known are skipped; empty ones count as nothing.
WordNetwork network_of(const std::vector<std::string>& phrases, const std::function<bool(const std::string&)>& is_known);

}  // namespace sotto::speech

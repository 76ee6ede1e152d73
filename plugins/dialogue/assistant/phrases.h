// phrases.h: what is usually said to this device, as pairs of units that follow each other: from the sentences of the domain,
// the names of the home and the examples of the maker's functions. For telling what was misheard (mishearing.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "functions.h"
#include "home.h"

namespace sotto::assistant {

using Unit = uint32_t;              // a word's number
constexpr Unit kEdge = 0;           // begin, end, a pause
constexpr Unit kNumber = 1;         // any figure, and the words for it
constexpr Unit kHole = 2;           // words that nobody can know: a song, a person
constexpr Unit kFirstUnit = 0x100;  // of words

// const after construction but for word(), one thread at a time.
class Phrases {
 public:
  Phrases(const Domain& domain, const Home& home, const Functions& functions, Language language);

  double log_p(Unit before, Unit unit) const;  // natural logarithm, smoothed (Jelinek & Mercer 1980)
  // kNumber for figures, kHole for a word that is not known.
  Unit unit_of(std::u32string_view word) const;
  const std::vector<std::pair<std::u32string, Unit>>& words() const { return words_; }
  Language language() const { return language_; }

 private:
  using Sequence = std::vector<Unit>;
  static uint64_t key(Unit a, Unit b) { return uint64_t{a} << 32 | b; }
  Sequence units_of(std::string_view normal);
  Sequence units_of_name(const std::string& normal);
  Unit number_of(const std::u32string& word);
  void learn_words(const std::vector<std::string>& patterns);
  void add_pieces(std::u32string_view run, Sequence* units);
  void add_pattern(std::string_view pattern, const std::map<std::string, std::vector<Sequence>>& fillers);
  void add_pair(Unit before, Unit unit, double count);
  void add_inside(const Sequence& sequence, double count);

  Language language_;
  std::unordered_map<std::u32string, Unit> known_;
  std::vector<std::pair<std::u32string, Unit>> words_;
  std::unordered_map<std::u32string, double> pieces_;  // Chinese: what may be a word, by the logarithm of how often it is
  std::unordered_map<uint64_t, double> pairs_;
  std::unordered_map<Unit, double> sums_, counts_;
  double all_ = 0;
};

bool is_numeral(char32_t c);  // Han or a figure

}  // namespace sotto::assistant

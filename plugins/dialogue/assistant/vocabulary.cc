#include "vocabulary.h"

#include <algorithm>
#include <cmath>

namespace sotto::assistant {
namespace {

// Ours, chosen on tests/assistant/own/development.txt.
constexpr double kSingle = 0.5;      // of a Han character beside a pair
constexpr double kHalfKnown = 0.35;  // of a pair that is new, for each of its characters that is not
constexpr std::string_view kEndings[] = {"'s", "ing", "ed", "es", "s"};
constexpr size_t kShortestStem = 3;

uint64_t hash_of(std::u32string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char32_t c : text) hash = (hash ^ c) * 0x100000001b3u;
  return hash ^ hash >> 29;
}

bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || c == '\'' || (c >= 0xC0 && c < 0x2000); }

std::u32string_view stem(std::u32string_view word) {
  for (const std::string_view ending : kEndings) {
    if (word.size() < ending.size() + kShortestStem) continue;
    const size_t at = word.size() - ending.size();
    if (std::equal(ending.begin(), ending.end(), word.begin() + static_cast<std::ptrdiff_t>(at),
                   [](char a, char32_t b) { return static_cast<char32_t>(a) == b; }))
      return word.substr(0, at);
  }
  return word;
}

void put_in_order(Terms* terms) {
  std::sort(terms->begin(), terms->end(), [](const Term& a, const Term& b) { return a.hash < b.hash; });
  terms->erase(std::unique(terms->begin(), terms->end(), [](const Term& a, const Term& b) { return a.hash == b.hash; }),
               terms->end());
}

double weight_of(const Term& term, const Rarity& rarity) { return rarity.of(term) * (term.is_single ? kSingle : 1); }

}  // namespace

Terms terms_of(std::string_view normal) {
  const std::u32string text = code_points(normal);
  const std::u32string_view view(text);
  Terms terms;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '{') {
      i = std::min(text.find(U'}', i), text.size() - 1) + 1;
    } else if (is_han(text[i])) {
      const uint64_t own = hash_of(view.substr(i, 1));
      terms.push_back({own, {0, 0}, true});
      if (i + 1 < text.size() && is_han(text[i + 1]))
        terms.push_back({hash_of(view.substr(i, 2)), {own, hash_of(view.substr(i + 1, 1))}, false});
      ++i;
    } else if (is_letter(text[i])) {
      size_t end = i;
      while (end < text.size() && is_letter(text[end])) ++end;
      terms.push_back({hash_of(stem(view.substr(i, end - i))), {0, 0}, false});
      i = end;
    } else {
      ++i;
    }
  }
  put_in_order(&terms);
  return terms;
}

Terms joined(Terms all, const Terms& more) {
  all.insert(all.end(), more.begin(), more.end());
  put_in_order(&all);
  return all;
}

Rarity::Rarity(const std::vector<Line>& lines) : lines_(lines.size()) {
  for (const Line& line : lines)
    for (const Term& term : terms_of(normal_form(line.said))) ++in_[term.hash];
}

double Rarity::of(const Term& term) const {
  const auto at = in_.find(term.hash);
  if (at == in_.end()) return 1;
  const double all = static_cast<double>(lines_) + 1;
  return std::log(all / (at->second + 0.5)) / std::log(all / 0.5);
}

void Vocabulary::add_sentence(std::string_view normal, bool is_question) {
  has_questions_ = has_questions_ || is_question;
  all_.push_back(terms_of(normal));
  sentences_.clear();
  for (const Terms& terms : all_)
    for (const Term& term : terms) sentences_[term.hash] += 1.0 / static_cast<double>(all_.size());
}

void Vocabulary::add_words(std::string_view normal) {
  for (const Term& term : terms_of(normal)) words_[term.hash] = true;
}

double Vocabulary::typical(const Terms& terms, const Rarity& rarity) const {
  double sum = 0;
  for (const Term& term : terms)
    if (const auto at = sentences_.find(term.hash); at != sentences_.end()) sum += weight_of(term, rarity) * at->second;
  return sum;
}

double Vocabulary::known_share(const Terms& said, const Rarity& rarity) const {
  double known = 0, all = 0;
  for (const Term& term : said) {
    const double weight = weight_of(term, rarity);
    all += weight;
    if (knows(term.hash))
      known += weight;
    else if (term.parts[0] != 0)
      known += weight * kHalfKnown * ((knows(term.parts[0]) ? 1 : 0) + (knows(term.parts[1]) ? 1 : 0));
  }
  return all > 0 ? known / all : 0;
}

double Vocabulary::likeness(const Terms& said, const Rarity& rarity) const {
  double most = 0;
  for (const Terms& terms : all_) most = std::max(most, typical(terms, rarity));
  if (most <= 0) return 0;
  return std::sqrt(known_share(said, rarity) * std::min(1.0, typical(said, rarity) / most));
}

}  // namespace sotto::assistant

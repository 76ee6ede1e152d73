#include "phrase_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

namespace sotto::speech {
namespace {

constexpr size_t kOrder = 3;
constexpr double kDiscount = 0.5;  // of each count, for what was not seen
constexpr uint32_t kBegin = 0, kEnd = 1;
constexpr double kNever = 1e-99;  // nothing is followed by the begin

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'';
}

using Gram = std::vector<uint32_t>;  // numbers of words
struct Row {
  double count = 0, probability = 0;
  double followers = 0, all = 0;  // what comes behind it: how many different words, how often any
  double back_off() const { return all > 0 ? kDiscount * followers / all : 1; }
};

class Counter {
 public:
  void add(const std::vector<std::string>& words) {
    Gram sentence{kBegin};
    for (const std::string& word : words) sentence.push_back(number_of(word));
    sentence.push_back(kEnd);
    for (size_t n = 1; n <= kOrder; ++n)
      for (size_t at = 0; at + n <= sentence.size(); ++at)
        ++rows_[n][Gram(sentence.begin() + static_cast<std::ptrdiff_t>(at),
                        sentence.begin() + static_cast<std::ptrdiff_t>(at + n))]
              .count;
  }

  std::string arpa() {
    estimate();
    std::string text = "\\data\\\n";
    for (size_t n = 1; n <= kOrder; ++n) text += "ngram " + std::to_string(n) + "=" + std::to_string(rows_[n].size()) + "\n";
    for (size_t n = 1; n <= kOrder; ++n) {
      text += "\n\\" + std::to_string(n) + "-grams:\n";
      for (const auto& [gram, row] : rows_[n]) write(gram, row, n < kOrder, &text);
    }
    return text + "\n\\end\\\n";
  }

 private:
  void estimate() {
    double all = 0;
    for (const auto& [gram, row] : rows_[1]) all += gram[0] == kBegin ? 0 : row.count;
    for (auto& [gram, row] : rows_[1]) row.probability = gram[0] == kBegin ? kNever : row.count / all;
    for (size_t n = 2; n <= kOrder; ++n) {
      for (const auto& [gram, row] : rows_[n]) {
        Row& history = rows_[n - 1].at(Gram(gram.begin(), gram.end() - 1));
        history.all += row.count;
        ++history.followers;
      }
      for (auto& [gram, row] : rows_[n]) {
        const Row& history = rows_[n - 1].at(Gram(gram.begin(), gram.end() - 1));
        const Row& shorter = rows_[n - 1].at(Gram(gram.begin() + 1, gram.end()));
        row.probability = (row.count - kDiscount) / history.all + history.back_off() * shorter.probability;
      }
    }
  }

  void write(const Gram& gram, const Row& row, bool has_back_off, std::string* text) const {
    char number[32];
    std::snprintf(number, sizeof number, "%.4f", std::log10(row.probability));
    *text += number;
    for (const uint32_t word : gram) *text += " " + words_[word];
    std::snprintf(number, sizeof number, " %.4f", std::log10(row.back_off()));
    *text += has_back_off ? std::string(number) + "\n" : "\n";
  }

  uint32_t number_of(const std::string& word) {
    const auto [at, is_new] = numbers_.emplace(word, static_cast<uint32_t>(words_.size()));
    if (is_new) words_.push_back(word);
    return at->second;
  }

  std::map<std::string, uint32_t> numbers_;
  std::vector<std::string> words_{"<s>", "</s>"};  // no word has such signs
  std::array<std::map<Gram, Row>, kOrder + 1> rows_;
};

}  // namespace

std::vector<std::string> words_of(std::string_view phrase) {
  std::vector<std::string> words;
  bool is_inside = false;
  for (char c : phrase) {
    const bool is_part = is_word(c) && (c != '\'' || is_inside);
    if (is_part && !is_inside) words.emplace_back();
    if (is_part) words.back() += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    is_inside = is_part;
  }
  return words;
}

PhraseModel model_of(const std::vector<std::string>& phrases, const std::function<bool(const std::string&)>& is_known) {
  PhraseModel model;
  Counter counter;
  for (const std::string& phrase : phrases) {
    const std::vector<std::string> words = words_of(phrase);
    if (words.empty()) continue;
    const auto unknown = std::find_if_not(words.begin(), words.end(), is_known);
    if (unknown == words.end()) {
      counter.add(words);
      ++model.phrases;
    } else if (model.skipped++ == 0) {
      model.unknown = *unknown;
    }
  }
  if (model.phrases > 0) model.arpa = counter.arpa();
  return model;
}

}  // namespace sotto::speech

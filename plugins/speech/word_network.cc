#include "word_network.h"

#include <algorithm>
#include <map>
#include <utility>

namespace sotto::speech {
namespace {

constexpr double kDiscount = 0.4;  // of a count: what is left for words that never followed; tests/speech measures it

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '\'';
}

// States: 0 the start, 1 + w behind the word w, then the end, then the state of no memory.
class Counter {
 public:
  void add(const std::vector<std::string>& words) {
    uint32_t before = kStart;
    for (const std::string& word : words) {
      const uint32_t w = number_of(word);
      ++follows_[before][w];
      ++counts_[w];
      ++all_;
      before = w;
    }
    ++follows_[before][kEnd];
  }

  void write(WordNetwork* network) const {
    const auto words = static_cast<uint32_t>(network->words.size());
    network->end = words + 1;
    const uint32_t nowhere = words + 2;
    network->states = words + 3;
    for (const auto& [before, followers] : follows_) {
      double all = 0;
      for (const auto& [word, count] : followers) all += count;
      const uint32_t from = before == kStart ? 0 : before + 1;
      for (const auto& [word, count] : followers)
        network->arcs.push_back({from, word == kEnd ? network->end : word + 1, word == kEnd ? WordNetwork::kNoWord : word,
                                 (count - kDiscount) / all});
      network->arcs.push_back({from, nowhere, WordNetwork::kNoWord, kDiscount * static_cast<double>(followers.size()) / all});
    }
    for (const auto& [word, count] : counts_) network->arcs.push_back({nowhere, word + 1, word, count / all_});
    for (uint32_t w = 0; w < words; ++w)  // an utterance may end where no phrase does
      if (follows_.count(w) != 0 && follows_.at(w).count(kEnd) == 0)
        network->arcs.push_back({w + 1, network->end, WordNetwork::kNoWord, kDiscount * 0.01});
  }

  std::vector<std::string> take_words() { return std::move(words_); }

 private:
  static constexpr uint32_t kStart = 0xFFFFFFFE, kEnd = 0xFFFFFFFF;

  uint32_t number_of(const std::string& word) {
    const auto [at, is_new] = numbers_.emplace(word, static_cast<uint32_t>(words_.size()));
    if (is_new) words_.push_back(word);
    return at->second;
  }

  std::map<std::string, uint32_t> numbers_;
  std::vector<std::string> words_;
  std::map<uint32_t, std::map<uint32_t, double>> follows_;
  std::map<uint32_t, double> counts_;
  double all_ = 0;
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

WordNetwork network_of(const std::vector<std::string>& phrases, const std::function<bool(const std::string&)>& is_known) {
  WordNetwork network;
  Counter counter;
  for (const std::string& phrase : phrases) {
    const std::vector<std::string> words = words_of(phrase);
    if (words.empty()) continue;
    const auto unknown = std::find_if_not(words.begin(), words.end(), is_known);
    if (unknown == words.end()) {
      counter.add(words);
      ++network.phrases;
    } else {
      if (network.skipped++ == 0) network.unknown = *unknown;
    }
  }
  network.words = counter.take_words();
  counter.write(&network);
  return network;
}

}  // namespace sotto::speech

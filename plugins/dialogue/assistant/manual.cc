#include "manual.h"

#include <algorithm>
#include <cmath>

#include "services.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostBytes = 1 << 20, kMostPassages = 4000, kLongestPassage = 1000, kLongestTitle = 200;

// How a question begins: normal forms.
constexpr std::string_view kHow[] = {
    "怎么",      "如何",      "怎样",      "咋",        "为什么",   "为何",     "什么意思",   "在哪里",      "在哪儿",
    "多久",      "how do",    "how can",   "how to",    "how does", "how long", "how should", "why does",    "why is",
    "why won't", "why can't", "why isn't", "what does", "where do", "where is", "where can",  "what happens"};

// What says nothing of what is asked for. Longer ones first.
constexpr std::string_view kAsking[] = {"什么意思", "为什么", "怎么样", "怎么", "如何", "怎样", "请问", "什么", "可以",
                                        "应该",     "能不能", "告诉我", "一下", "哪里", "哪儿", "多久", "我的", "这个",
                                        "我",       "你",     "咋",     "的",   "了",   "吗",   "呢",   "啊",   "要",
                                        "想",       "能",     "把",     "会",   "在",   "是"};
constexpr std::string_view kAskingWords[] = {
    "how",  "do",  "does", "can",   "to",     "i",       "my",    "me",    "the",   "a",   "an",   "is",     "it",   "this",
    "that", "why", "what", "where", "should", "of",      "on",    "in",    "for",   "you", "your", "please", "tell", "long",
    "will", "are", "when", "with",  "mean",   "happens", "won't", "can't", "isn't", "and", "or",   "if",     "want"};

// The words that tell, in normal form.
std::string telling(std::string_view normal) {
  std::string rest(normal);
  for (const std::string_view word : kAsking)
    for (size_t at = rest.find(word); at != std::string::npos; at = rest.find(word, at)) rest.replace(at, word.size(), " ");
  std::string out;
  for (size_t at = 0; at < rest.size();) {
    const size_t end = std::min(rest.find(' ', at), rest.size());
    const std::string_view word = std::string_view(rest).substr(at, end - at);
    if (!word.empty() && std::find(std::begin(kAskingWords), std::end(kAskingWords), word) == std::end(kAskingWords))
      out.append(out.empty() ? "" : " ").append(word);
    at = end + 1;
  }
  return normal_form(out);
}

[[noreturn]] void refuse(size_t line, const std::string& how) {
  throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: the manual, line " + std::to_string(line) + ": " + how);
}

}  // namespace

void Manual::add(Passage passage, size_t line) {
  if (passage.text.empty()) return;
  if (passage.text.size() > kLongestPassage || passage.title.size() > kLongestTitle)
    refuse(line, "a passage of " + std::to_string(passage.text.size()) + " bytes under a title of " +
                     std::to_string(passage.title.size()) + ", at most 1000 and 200 are quoted: put empty lines between");
  if (passages_.size() == kMostPassages) refuse(line, "more than 4000 passages");
  const auto index = static_cast<uint32_t>(passages_.size());
  for (const uint64_t gram : grams_of(telling(normal_form(passage.title + " " + passage.text)))) places_[gram].push_back(index);
  passages_.push_back(std::move(passage));
}

Manual Manual::read(std::string_view text) {
  if (text.size() > kMostBytes)
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  "assistant: the manual has " + std::to_string(text.size()) + " bytes, at most 1 MiB are read");
  Manual manual;
  Passage open;
  std::string title;
  size_t number = 0;
  const auto close = [&] {
    open.title = title;
    manual.add(std::move(open), number);
    open = {};
  };
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = plain_text(trimmed(text.substr(at, end - at)), kMostBytes);
    at = end + 1;
    ++number;
    const std::string_view words = trimmed(line);
    if (words.empty() || words[0] == '#') close();
    if (words.empty()) continue;
    if (words[0] == '#')
      title = std::string(trimmed(words.substr(std::min(words.find_first_not_of('#'), words.size()))));
    else
      open.text.append(open.text.empty() ? "" : " ").append(words);
  }
  close();
  return manual;
}

// A piece that no passage has weighs as one that one passage has: people ask in words of their own.
double Manual::weight_of(uint64_t gram) const {
  const auto at = places_.find(gram);
  const double in = at == places_.end() ? 1 : static_cast<double>(at->second.size());
  return std::log((static_cast<double>(passages_.size()) + 1) / (in + 0.5));
}

Quoted Manual::find(std::string_view normal) const {
  std::unordered_map<uint32_t, double> sums;
  double whole = 0;
  for (const uint64_t gram : grams_of(telling(normal))) {
    const double weight = weight_of(gram) * weight_of(gram);
    whole += weight;
    const auto at = places_.find(gram);
    if (at == places_.end()) continue;
    for (const uint32_t passage : at->second) sums[passage] += weight;
  }
  Quoted best;
  uint32_t first = 0;
  for (const auto& [passage, sum] : sums) {
    const double score = whole > 0 ? sum / whole : 0;
    if (score > best.score || (score == best.score && passage < first)) best = {&passages_[passage], score}, first = passage;
  }
  return best;
}

bool asks_how(std::string_view normal) {
  return std::any_of(std::begin(kHow), std::end(kHow), [&](std::string_view words) { return contains(normal, words); });
}

}  // namespace sotto::assistant

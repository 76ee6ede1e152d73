#include "evidence.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace sotto::assistant {
namespace {

// p(intent) ~ p of the head * exp(kTrust * likeness): a sentence said as it was written counts as much as odds of 150 to 1.
constexpr double kTrust = 5;
constexpr double kLeastOfHead = 1e-3;  // of what the head does not think of at all
// Without a head likeness is all there is: steeper, and what is no more alike than this means nothing. Ours, fitted to nothing.
constexpr double kTrustAlone = 12, kAsGoodAsNone = 0.55;
constexpr const char* kTalk = "chat.talk";

}  // namespace

Evidence::Evidence(const Domain& domain)
    : examples_{LineIndex(domain.examples(Language::kZh)), LineIndex(domain.examples(Language::kEn))},
      talk_{LineIndex(domain.talk(Language::kZh)), LineIndex(domain.talk(Language::kEn))} {}

double Evidence::likeness(std::string_view normal, Language language, const std::string& intent) const {
  const std::map<std::string, double> scores = examples_[index_of(language)].best_of_answers(normal);
  const auto at = scores.find(intent);
  return at == scores.end() ? 0 : at->second;
}

void Evidence::weigh(std::string_view normal, Language language, Understood* understood) const {
  if ((understood->intents.empty() && understood->has_head) || examples_[index_of(language)].is_empty()) return;
  std::map<std::string, double> scores = examples_[index_of(language)].best_of_answers(normal);
  scores[kTalk] = std::max(scores[kTalk], talk_[index_of(language)].find(normal).score);
  std::map<std::string, double> weights;
  if (!understood->has_head) {
    scores["none"] = std::max(scores["none"], kAsGoodAsNone);
    for (const auto& [intent, score] : scores) weights[intent] = std::exp((kTrustAlone - kTrust) * score);
  }
  for (const Guess& guess : understood->intents) weights[guess.label] = std::max(guess.probability, kLeastOfHead);
  for (const auto& [intent, score] : scores) weights.emplace(intent, kLeastOfHead);
  double sum = 0;
  for (auto& [intent, weight] : weights) {
    const auto at = scores.find(intent);
    sum += weight *= std::exp(kTrust * (at == scores.end() ? 0 : at->second));
  }
  understood->intents.clear();
  for (const auto& [intent, weight] : weights) understood->intents.push_back({intent, weight / sum});
  std::stable_sort(understood->intents.begin(), understood->intents.end(),
                   [](const Guess& a, const Guess& b) { return a.probability > b.probability; });
  constexpr size_t kMost = 8;
  if (understood->intents.size() > kMost) understood->intents.resize(kMost);
}

void favour(const std::function<bool(const std::string& intent)>& is_meant, double odds, Understood* understood) {
  double before = 0, after = 0;
  for (Guess& guess : understood->intents) {
    before += guess.probability;
    if (is_meant(guess.label)) guess.probability *= odds;
    after += guess.probability;
  }
  if (after <= 0) return;
  // What was not listed keeps its share.
  const double rest = std::max(1 - before, 0.0);
  for (Guess& guess : understood->intents) guess.probability /= after + rest;
  std::stable_sort(understood->intents.begin(), understood->intents.end(),
                   [](const Guess& a, const Guess& b) { return a.probability > b.probability; });
}

}  // namespace sotto::assistant

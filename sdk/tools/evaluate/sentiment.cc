// sentiment.cc: how well labels and emotions are read (sotto/sentiment.h).
#include "sotto/sentiment.h"

#include <memory>

#include "metrics.h"
#include "skills.h"
#include "timer.h"

namespace sotto::tools {
namespace {

constexpr const char* kLabels[] = {"negative", "neutral", "positive"};
constexpr const char* kEmotions[] = {"neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"};

template <size_t kCount>
std::string name_of(const char* const (&names)[kCount], uint32_t index) {
  return index < kCount ? names[index] : "";
}

}  // namespace

Json evaluate_sentiment(const Evaluation& e) {
  if (e.data.moods.empty()) return {{"skipped", "no case of the task \"sentiment\""}};
  const sotto_sentiment_skill skill = sotto_sentiment_find(e.runtime.get());
  if (skill.api == nullptr) return {{"skipped", "no sentiment plugin was loaded"}};
  sotto_sentiment* made = nullptr;
  call([&](sotto_error* err) { return skill.api->create(skill.self, e.model.get(), nullptr, &made, err); });
  const std::unique_ptr<sotto_sentiment, void (*)(sotto_sentiment*)> reader(made, skill.api->destroy);
  const Interrupts::Scope scope(e.console.interrupts, [&] { skill.api->cancel(made); });
  std::vector<std::pair<std::string, std::string>> labels[2], emotions[2];  // by language: zh, en
  std::vector<double> times;
  uint64_t tokens = 0;
  for (const MoodCase& one : e.data.moods) {
    const sotto_str text = str(one.text);
    sotto_sentiment_result result{};
    result.struct_size = sizeof result;
    const Timer timer;
    call([&](sotto_error* err) { return skill.api->read(made, &text, 1, nullptr, &result, sizeof result, err); });
    times.push_back(timer.milliseconds());
    tokens += result.extra_tokens;
    const size_t language = language_of(one.text) == std::string("zh") ? 0 : 1;
    if (!one.label.empty()) labels[language].emplace_back(one.label, name_of(kLabels, result.label));
    if (!one.emotion.empty()) emotions[language].emplace_back(one.emotion, name_of(kEmotions, result.emotion));
  }
  Json out;
  for (size_t i = 0; i < 2; ++i) {
    const char* const language = i == 0 ? "zh" : "en";
    if (!labels[i].empty()) out[language]["label"] = classification(labels[i]);
    if (!emotions[i].empty()) out[language]["emotion"] = classification(emotions[i]);
  }
  out["tokens_a_text"] = static_cast<double>(tokens) / static_cast<double>(e.data.moods.size());
  out["milliseconds"] = distribution(std::move(times));
  return out;
}

}  // namespace sotto::tools

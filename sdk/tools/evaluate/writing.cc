// writing.cc: how free text of the model reads: answers to prompts through the dialogue plugin (sotto/dialogue.h), greedy.
#include <memory>

#include "metrics.h"
#include "skills.h"
#include "sotto/dialogue.h"
#include "timer.h"

namespace sotto::tools {
namespace {

constexpr uint32_t kMostTokens = 96;

int32_t append(void* user, sotto_str piece) {
  static_cast<std::string*>(user)->append(piece.data, static_cast<size_t>(piece.size));
  return 0;
}

}  // namespace

Json evaluate_writing(const Evaluation& e) {
  if (e.data.prompts.empty()) return {{"skipped", "no case of the task \"prompt\""}};
  const sotto_dialogue_skill skill = sotto_dialogue_find(e.runtime.get());
  if (skill.api == nullptr) return {{"skipped", "no dialogue plugin was loaded"}};
  if (text_of(e.model, "tokenizer.chat_template").empty()) return {{"skipped", "the model has no chat template"}};
  sotto_dialogue* made = nullptr;
  call([&](sotto_error* err) { return skill.api->create(skill.self, e.model.get(), nullptr, &made, err); });
  const std::unique_ptr<sotto_dialogue, void (*)(sotto_dialogue*)> dialogue(made, skill.api->destroy);
  const Interrupts::Scope scope(e.console.interrupts, [&] { skill.api->cancel(made); });
  std::vector<std::string> answers[2];
  std::vector<double> first, rates;
  for (const std::string& prompt : e.data.prompts) {
    call([&](sotto_error* err) { return skill.api->reset(made, err); });
    sotto_generate_options o{};
    o.struct_size = sizeof o;
    o.max_tokens = kMostTokens;
    sotto_turn_result turn{};
    turn.struct_size = sizeof turn;
    std::string answer;
    call([&](sotto_error* err) { return skill.api->say(made, str("user"), str(prompt), &o, append, &answer, &turn, err); });
    answers[language_of(prompt) == std::string("zh") ? 0 : 1].push_back(std::move(answer));
    first.push_back(static_cast<double>(turn.first_token_ns) / 1e6);
    if (turn.generated_tokens > 1 && turn.decode_ns > 0)
      rates.push_back((turn.generated_tokens - 1) * 1e9 / static_cast<double>(turn.decode_ns));
  }
  Json out;
  for (size_t i = 0; i < 2; ++i)
    if (!answers[i].empty()) out[i == 0 ? "zh" : "en"] = naturalness(answers[i]);
  out["first_token_milliseconds"] = distribution(std::move(first));
  out["tokens_per_second"] = distribution(std::move(rates));
  return out;
}

}  // namespace sotto::tools

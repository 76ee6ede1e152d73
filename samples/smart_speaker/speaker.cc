#include "speaker.h"

#include <cstdio>

namespace {

std::string rounded(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

Speaker::Speaker(const SpeakerOptions& options, Engine& engine)
    : options_(options), sound_(options, engine, {}), skill_(sotto_dialogue_find(engine.runtime.get())) {
  if (skill_.api == nullptr)
    throw sotto::Error(SOTTO_NOT_FOUND, "no dialogue plugin was loaded: `sotto doctor` says why; --plugins names its folder");
  sotto_dialogue_options o{};
  o.struct_size = sizeof o;
  o.system_prompt = sotto::str(options.system_prompt);
  sotto::call([&](sotto_error* err) { return skill_.api->create(skill_.self, engine.model.get(), &o, &dialogue_, err); });
}

Speaker::~Speaker() { skill_.api->destroy(dialogue_); }

bool Speaker::hear(const std::string& line) {
  if (line.find_first_not_of(" \t") == std::string::npos) return true;
  if (line == "/exit") return false;
  try {
    if (line == "/reset") {
      sotto::call([&](sotto_error* err) { return skill_.api->reset(dialogue_, err); });
      remark("[forgotten]");
    } else if (line == "/undo") {
      sotto::call([&](sotto_error* err) { return skill_.api->undo(dialogue_, 2, err); });
      remark("[the last question and its answer are taken back]");
    } else {
      answer(line);
    }
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  return true;
}

void Speaker::answer(const std::string& line) {
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.max_tokens = options_.max_tokens;
  o.temperature = options_.temperature;
  o.repeat_penalty = 1.1f;  // small models repeat themselves
  o.seed = options_.seed;
  sotto_turn_result turn{};
  turn.struct_size = sizeof turn;
  std::string said;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status =
      skill_.api->say(dialogue_, sotto_cstr("user"), sotto::str(line), &o, show_and_keep, &said, &turn, &err);
  std::fputs("\n", stdout);
  std::fflush(stdout);
  if (turn.dropped_turns != 0) remark("[" + std::to_string(turn.dropped_turns) + " old turns left the context]");
  if (turn.generated_tokens > 1 && turn.decode_ns != 0)
    remark("[first token after " + rounded(static_cast<double>(turn.first_token_ns) / 1e6) + " ms, " +
           std::to_string(turn.generated_tokens) + " tokens at " +
           rounded((turn.generated_tokens - 1) * 1e9 / static_cast<double>(turn.decode_ns)) + " tokens/s; " +
           std::to_string(turn.computed_tokens) + " of " + std::to_string(turn.prompt_tokens) + " prompt tokens computed]");
  if (status != SOTTO_OK) throw sotto::Error(status, err.text);
  sound_.say(said);
}

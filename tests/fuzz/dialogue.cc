// dialogue.cc: a dialogue through the C ABI: options (prompt, template, variables), turns and saved states of the fuzzer's
// making. Input: options, system prompt, template, variables, role, text, each up to a zero byte, then a saved dialogue.
#include "sealed.h"
#include "state.h"
#include "tiny_model.h"

namespace sotto::fuzz {
namespace {

constexpr std::string_view kTemplate = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";

sotto_str view(std::string_view text) { return {text.data(), text.size()}; }

// A saved dialogue with the checksums of both layers put right.
std::string sealed(std::string_view given, const char* model_hash) {
  std::string bytes(given);
  if (bytes.size() < 32) return bytes;
  dialogue::seal(&bytes);
  dialogue::Unpacked unpacked;
  if (!dialogue::unpack(bytes.data(), bytes.size(), &unpacked).ok()) return bytes;
  std::string session(reinterpret_cast<const char*>(unpacked.session), static_cast<size_t>(unpacked.session_size));
  seal_session(model_hash, &session);
  bytes.replace(bytes.size() - session.size(), session.size(), session);
  dialogue::seal(&bytes);
  return bytes;
}

void save(const sotto_dialogue_api& api, sotto_dialogue* dialogue) {
  sotto_error err{};
  err.struct_size = sizeof err;
  uint64_t needed = 0;
  FUZZ_CHECK(api.history(dialogue, nullptr, 0, &needed, &err) == SOTTO_OK);
  std::string history(static_cast<size_t>(needed), '\0');
  FUZZ_CHECK(api.history(dialogue, history.data(), needed, &needed, &err) == SOTTO_OK);
  if (api.save(dialogue, nullptr, 0, &needed, &err) != SOTTO_OK) return;
  std::string state(static_cast<size_t>(needed), '\0');
  FUZZ_CHECK(api.save(dialogue, state.data(), needed, &needed, &err) == SOTTO_OK);
  FUZZ_CHECK(api.restore(dialogue, state.data(), state.size(), &err) == SOTTO_OK);
}

}  // namespace

FUZZ_TARGET(dialogue) {
  const TinyModel& tiny = TinyModel::get();
  const sotto_dialogue_skill skill = sotto_dialogue_find(tiny.runtime);
  FUZZ_CHECK(skill.api != nullptr);
  const sotto_dialogue_api& api = *skill.api;
  Input in(data, size);
  const uint8_t flags = in.byte();
  const std::string_view prompt = in.text(), source = in.text(), variables = in.text(), role = in.text(), text = in.text();
  sotto_dialogue_options options{};
  options.struct_size = sizeof options;
  options.answer_tokens = flags & 31;
  if ((flags & 32) != 0) options.system_prompt = view(prompt);
  options.template_source = view(source.empty() ? kTemplate : source);
  options.variables = view(variables);
  sotto_error err{};
  err.struct_size = sizeof err;
  sotto_dialogue* dialogue = nullptr;
  if (api.create(skill.self, tiny.model, &options, &dialogue, &err) != SOTTO_OK) {
    FUZZ_CHECK(err.text[0] != '\0');
    return;
  }
  sotto_generate_options generate{};
  generate.struct_size = sizeof generate;
  generate.max_tokens = 1;
  (void)api.add(dialogue, view(role), view(text), &err);
  (void)api.say(dialogue, sotto_cstr("user"), view(text), &generate, nullptr, nullptr, nullptr, &err);
  save(api, dialogue);
  const std::string state = (flags & 64) != 0 ? std::string(in.rest()) : sealed(in.rest(), tiny.facts.hash);
  (void)api.restore(dialogue, state.data(), state.size(), &err);
  (void)api.say(dialogue, view(role), sotto_cstr("go"), &generate, nullptr, nullptr, nullptr, &err);
  (void)api.undo(dialogue, 1, &err);
  save(api, dialogue);
  api.destroy(dialogue);
}

}  // namespace sotto::fuzz

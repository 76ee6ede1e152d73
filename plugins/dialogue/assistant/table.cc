#include "table.h"

#include <memory>

#include "assistant.h"
#include "dialogue.h"
#include "gate.h"
#include "model_understanding.h"

namespace sotto::assistant {
namespace {

ModelUnderstanding::Options understanding_options(const sotto_assistant_options& options) {
  return {options.deadline_ms, options.intent_threshold};
}

Settings settings_of(const sotto_assistant_options& o) {
  constexpr int32_t kMostOffset = 1080;
  constexpr uint32_t kMostCalls = 1000;
  if ((o.flags & ~(SOTTO_ASSISTANT_WRITE_CALLS | SOTTO_ASSISTANT_FREE_TEXT)) != 0)
    throw Failure(SOTTO_UNSUPPORTED, "assistant: flags " + std::to_string(o.flags) + " are unknown to this plugin");
  if (!(o.free_confidence >= 0 && o.free_confidence <= 1))
    throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: free_confidence is " + std::to_string(o.free_confidence) +
                                              ", a probability from 0 to 1 is wanted");
  if (o.language > SOTTO_ASSISTANT_EN || o.utc_offset_minutes < -kMostOffset || o.utc_offset_minutes > kMostOffset ||
      o.max_calls > kMostCalls)
    throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: language " + std::to_string(o.language) + ", offset of " +
                                              std::to_string(o.utc_offset_minutes) + " minutes, " +
                                              std::to_string(o.max_calls) +
                                              " calls: languages are 0 to 2, offsets to 1080, calls to 1000");
  Settings s;
  s.language = o.language == SOTTO_ASSISTANT_EN ? Language::kEn : Language::kZh;
  s.here = std::string(view(o.area));
  s.utc_offset_minutes = o.utc_offset_minutes;
  if (o.max_calls != 0) s.max_calls = o.max_calls;
  if (o.function_threshold > 0) s.function_threshold = o.function_threshold;
  if (o.function_margin > 0) s.function_margin = o.function_margin;
  return s;
}

Domain domain_of(const Services& services, const sotto_model* model, const sotto_assistant_options& options) {
  if (options.domain.data != nullptr) return Domain::read(view(options.domain));
  std::vector<char> text;
  try {
    text = fetch<char>(1 << 18, [&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return services.session->model_text(model, sotto_cstr(SOTTO_ASSISTANT_MODEL_KEY), into, capacity, size, err);
    });
  } catch (const Failure& e) {
    if (e.status() != SOTTO_NOT_FOUND) throw;
    throw Failure(SOTTO_NOT_FOUND, "assistant: the model carries no domain (" SOTTO_ASSISTANT_MODEL_KEY
                                   "): give one in the options; sotto-train domain writes it");
  }
  return Domain::read({text.data(), text.size()});
}

}  // namespace
}  // namespace sotto::assistant

struct sotto_assistant {
  sotto_assistant(const sotto::plugin::Host& host, sotto_model* model, const sotto_assistant_options& options)
      : services(host),
        understanding(services, model, sotto::assistant::understanding_options(options)),
        writer((options.flags & SOTTO_ASSISTANT_WRITE_CALLS) == 0
                   ? nullptr
                   : std::make_unique<sotto::assistant::CallWriter>(services, model, options.deadline_ms)),
        talker((options.flags & SOTTO_ASSISTANT_FREE_TEXT) == 0
                   ? nullptr
                   : std::make_unique<sotto::assistant::TalkWriter>(
                         services, model, options.deadline_ms, options.free_confidence > 0 ? options.free_confidence : 0.5)),
        body(services, sotto::assistant::domain_of(services, model, options), sotto::assistant::settings_of(options),
             options.call_deadline_ms != 0 ? options.call_deadline_ms : 5000, understanding, writer.get(), talker.get()) {}

  const sotto::assistant::Services services;
  sotto::assistant::ModelUnderstanding understanding;
  std::unique_ptr<sotto::assistant::CallWriter> writer;  // nullptr: none was asked for
  std::unique_ptr<sotto::assistant::TalkWriter> talker;  // the same
  sotto::assistant::Assistant body;
  sotto::dialogue::Gate gate;
};

namespace sotto::assistant {
namespace {

using plugin::guard;

void require(const void* pointer, const char* what) {
  if (pointer == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, std::string("assistant: ") + what + " is NULL");
}

// The session goes last: with it the model and the runtime may end.
void end(sotto_assistant* assistant) {
  void (*const destroy_session)(sotto_session*) = assistant->services.session->session_destroy;
  sotto_session* const session = assistant->understanding.release_session();
  delete assistant;
  destroy_session(session);
}

void destroy_assistant(sotto_assistant* assistant) noexcept {
  if (assistant == nullptr) return;
  if (assistant->body.is_inside()) {
    assistant->services.host.error("assistant: destroyed from inside one of its functions: it stays");
    return;
  }
  assistant->body.cancel();
  if (assistant->gate.is_held_by_caller()) return assistant->gate.give_up();
  assistant->gate.wait_until_idle();
  end(assistant);
}

// One call: through the gate, and the end of the assistant if its callback asked for it.
template <class Function>
sotto_status enter(sotto_assistant* assistant, const char* what, sotto_error* err, Function&& function) noexcept {
  bool is_inside = false;
  const sotto_status code = guard(err, [&] {
    require(assistant, "the assistant");
    if (assistant->body.is_inside())
      throw Failure(SOTTO_REENTRANT, std::string("assistant: ") + what + " was called from inside one of its functions");
    if (const auto status = assistant->gate.enter(what); !status.ok()) throw Failure(status.code, status.text);
    is_inside = true;
    function(*assistant);
  });
  if (is_inside && assistant->gate.leave()) destroy_assistant(assistant);
  return code;
}

template <class Item>
void give(const std::string& text, Item* buffer, uint64_t capacity, uint64_t* size) {
  require(size, "size");
  *size = text.size();
  if (buffer != nullptr && capacity >= text.size() && !text.empty()) std::memcpy(buffer, text.data(), text.size());
}

void hand_out(const Outcome& out, uint64_t tokens, sotto_on_text on_text, void* user, sotto_assistant_result* result) {
  if (result != nullptr) {
    sotto_assistant_result r{};
    r.struct_size = sizeof r;
    r.language = out.language == Language::kEn ? SOTTO_ASSISTANT_EN : SOTTO_ASSISTANT_ZH;
    r.source = out.source;
    r.flags = out.flags;
    r.hypothesis = out.hypothesis;
    r.calls = static_cast<uint32_t>(out.calls.size());
    r.failed_calls = out.failed;
    r.tokens = static_cast<uint32_t>(tokens);
    r.confidence = static_cast<float>(out.confidence);
    std::memcpy(r.intent, out.intent.data(), std::min(out.intent.size(), sizeof r.intent - 1));
    dialogue::write_struct(r, result);
  }
  if (on_text != nullptr) (void)on_text(user, str(out.answer));
}

sotto_status create_assistant(void* self, sotto_model* model, const sotto_assistant_options* given, sotto_assistant** out,
                              sotto_error* err) noexcept {
  return guard(err, [&] {
    require(self, "self");
    require(model, "the model");
    require(out, "out");
    const sotto_assistant_options options = plugin::read_options(given);
    const auto* services = static_cast<const dialogue::Services*>(self);
    *out = std::make_unique<sotto_assistant>(plugin::Host(services->host), model, options).release();
  });
}

sotto_status add_function(sotto_assistant* assistant, const sotto_function* given, sotto_error* err) noexcept {
  return enter(assistant, "add_function", err, [&](sotto_assistant& a) {
    require(given, "the function");
    a.body.begin();
    a.body.add_function(plugin::read_options(given));
  });
}

sotto_status set_home(sotto_assistant* assistant, sotto_str json, sotto_error* err) noexcept {
  return enter(assistant, "set_home", err, [&](sotto_assistant& a) { a.body.set_home(view(json)); });
}

std::vector<Hypothesis> read_hypotheses(const sotto_hypothesis* given, uint32_t stride, uint32_t count) {
  require(given, "hypotheses");
  constexpr size_t kLeast = offsetof(sotto_hypothesis, text) + sizeof(sotto_str);
  if (count < 1 || count > SOTTO_HYPOTHESES_MAX || stride < kLeast)
    throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: " + std::to_string(count) + " hypotheses " + std::to_string(stride) +
                                              " bytes apart: 1 to 64 are read, sizeof(sotto_hypothesis) apart");
  std::vector<Hypothesis> all;
  for (uint32_t i = 0; i < count; ++i) {
    sotto_hypothesis one{};
    std::memcpy(&one, reinterpret_cast<const char*>(given) + size_t{i} * stride, sizeof one);
    if (one.struct_size < kLeast || !(one.score > -1e30f && one.score < 1e30f))
      throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: hypothesis " + std::to_string(i) + " has struct_size " +
                                                std::to_string(one.struct_size) + " or a score that is no finite number");
    all.push_back({one.score, std::string(view(one.text))});
  }
  return all;
}

sotto_status turn(sotto_assistant* assistant, const sotto_hypothesis* hypotheses, uint32_t stride, uint32_t count,
                  sotto_on_text on_text, void* user, sotto_assistant_result* result, sotto_error* err) noexcept {
  return enter(assistant, "turn", err, [&](sotto_assistant& a) {
    const std::vector<Hypothesis> all = read_hypotheses(hypotheses, stride, count);
    const uint64_t before = a.body.tokens();
    a.body.begin();
    const Outcome out = a.body.turn(all);
    hand_out(out, a.body.tokens() - before, on_text, user, result);
  });
}

sotto_status undo(sotto_assistant* assistant, sotto_on_text on_text, void* user, sotto_assistant_result* result,
                  sotto_error* err) noexcept {
  return enter(assistant, "undo", err, [&](sotto_assistant& a) {
    a.body.begin();
    hand_out(a.body.undo(), 0, on_text, user, result);
  });
}

sotto_status details(sotto_assistant* assistant, char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return enter(assistant, "details", err, [&](sotto_assistant& a) { give(a.body.details_json(), buffer, capacity, size); });
}

sotto_status history(sotto_assistant* assistant, char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return enter(assistant, "history", err, [&](sotto_assistant& a) { give(a.body.history_json(), buffer, capacity, size); });
}

sotto_status save(sotto_assistant* assistant, void* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return enter(assistant, "save", err,
               [&](sotto_assistant& a) { give(a.body.save(), static_cast<char*>(buffer), capacity, size); });
}

sotto_status restore(sotto_assistant* assistant, const void* bytes, uint64_t size, sotto_error* err) noexcept {
  return enter(assistant, "restore", err, [&](sotto_assistant& a) {
    require(bytes, "the bytes");
    a.body.restore({static_cast<const char*>(bytes), static_cast<size_t>(size)});
  });
}

sotto_status reset(sotto_assistant* assistant, sotto_error* err) noexcept {
  return enter(assistant, "reset", err, [](sotto_assistant& a) { a.body.reset(); });
}

void cancel(sotto_assistant* assistant) noexcept {
  if (assistant != nullptr) assistant->body.cancel();
}

sotto_status set_manual(sotto_assistant* assistant, uint32_t language, sotto_str text, sotto_error* err) noexcept {
  return enter(assistant, "set_manual", err, [&](sotto_assistant& a) {
    if (language != SOTTO_ASSISTANT_ZH && language != SOTTO_ASSISTANT_EN)
      throw Failure(SOTTO_INVALID_ARGUMENT,
                    "assistant: a manual in the language " + std::to_string(language) + ": 1 is Chinese, 2 is English");
    a.body.set_manual(language == SOTTO_ASSISTANT_EN ? Language::kEn : Language::kZh, view(text));
  });
}

sotto_status hidden(sotto_assistant* assistant, float* vector, uint64_t capacity, uint64_t* count, sotto_error* err) noexcept {
  return enter(assistant, "hidden", err, [&](sotto_assistant& a) {
    require(count, "count");
    const std::vector<float>& state = a.body.hidden();
    if (state.empty()) throw Failure(SOTTO_NOT_FOUND, "assistant: no turn was computed yet: there is no hidden state");
    *count = state.size();
    if (vector != nullptr && capacity >= state.size()) std::memcpy(vector, state.data(), state.size() * sizeof(float));
  });
}

constexpr sotto_assistant_api kApi = {sizeof(sotto_assistant_api),
                                      0,
                                      create_assistant,
                                      destroy_assistant,
                                      add_function,
                                      set_home,
                                      turn,
                                      details,
                                      undo,
                                      history,
                                      save,
                                      restore,
                                      reset,
                                      cancel,
                                      set_manual,
                                      hidden};

}  // namespace

const void* table() { return &kApi; }

}  // namespace sotto::assistant

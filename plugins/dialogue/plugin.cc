// plugin.cc: what the library exports: its entry, the table "sotto.dialogue/1" whose functions call Dialogue, and
// "sotto.assistant/1".
#include <memory>

#include "assistant/table.h"
#include "dialogue.h"
#include "sotto/assistant.h"
#include "sotto/dialogue.h"
#include "sotto/plugin.h"

struct sotto_dialogue {
  explicit sotto_dialogue(const sotto::dialogue::Services& services) : body(services) {}
  sotto::dialogue::Dialogue body;
};

namespace sotto::dialogue {
namespace {

// The session goes last: with it the model and the runtime may end.
void end(sotto_dialogue* dialogue, const Services& services) {
  void (*destroy_session)(sotto_session*) = services.session->session_destroy;
  sotto_session* session = dialogue->body.release_session();
  delete dialogue;
  destroy_session(session);
}

sotto_status create_dialogue(void* self, sotto_model* model, const sotto_dialogue_options* given, sotto_dialogue** out,
                             sotto_error* err) noexcept {
  return guard(err, [&]() -> Status {
    if (self == nullptr || model == nullptr || out == nullptr)
      return {SOTTO_INVALID_ARGUMENT, "creating a dialogue: self, model or out is NULL"};
    sotto_dialogue_options options;
    if (Status s = read_struct(given, "sotto_dialogue_options", &options); !s.ok()) return s;
    auto dialogue = std::make_unique<sotto_dialogue>(*static_cast<Services*>(self));
    if (Status s = dialogue->body.open(model, options); !s.ok()) return s;
    *out = dialogue.release();
    return {};
  });
}

void destroy_dialogue(sotto_dialogue* dialogue) noexcept;

// One call on a dialogue: through its gate, and the end of the dialogue if its callback asked for it.
template <class Function>
sotto_status enter(sotto_dialogue* dialogue, const char* what, sotto_error* err, Function&& function) noexcept {
  if (dialogue == nullptr)
    return guard(err, [&] { return Status{SOTTO_INVALID_ARGUMENT, std::string("dialogue: ") + what + " on a NULL dialogue"}; });
  bool is_inside = false;
  const sotto_status code = guard(err, [&]() -> Status {
    if (Status s = dialogue->body.gate().enter(what); !s.ok()) return s;
    is_inside = true;
    return function(dialogue->body);
  });
  if (is_inside && dialogue->body.gate().leave()) destroy_dialogue(dialogue);
  return code;
}

void destroy_dialogue(sotto_dialogue* dialogue) noexcept {
  if (dialogue == nullptr) return;
  Gate& gate = dialogue->body.gate();
  dialogue->body.cancel();
  if (gate.is_held_by_caller()) {
    gate.give_up();
    return;
  }
  gate.wait_until_idle();
  end(dialogue, dialogue->body.services());
}

sotto_status say(sotto_dialogue* dialogue, sotto_str role, sotto_str text, const sotto_generate_options* given,
                 sotto_on_text on_text, void* user, sotto_turn_result* result, sotto_error* err) noexcept {
  return enter(dialogue, "say", err, [&](Dialogue& d) -> Status {
    sotto_generate_options options;
    if (Status s = read_struct(given, "sotto_generate_options", &options); !s.ok()) return s;
    sotto_turn_result turn{};
    Status status = d.say(view(role), view(text), options, on_text, user, &turn);
    write_struct(turn, result);
    return status;
  });
}

sotto_status add(sotto_dialogue* dialogue, sotto_str role, sotto_str text, sotto_error* err) noexcept {
  return enter(dialogue, "add", err, [&](Dialogue& d) { return d.add(view(role), view(text)); });
}

void cancel(sotto_dialogue* dialogue) noexcept {
  if (dialogue != nullptr) dialogue->body.cancel();
}

sotto_status reset(sotto_dialogue* dialogue, sotto_error* err) noexcept {
  return enter(dialogue, "reset", err, [](Dialogue& d) { return d.reset(); });
}

sotto_status undo(sotto_dialogue* dialogue, uint32_t turns, sotto_error* err) noexcept {
  return enter(dialogue, "undo", err, [&](Dialogue& d) { return d.undo(turns); });
}

sotto_status history(sotto_dialogue* dialogue, char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return enter(dialogue, "history", err, [&](Dialogue& d) { return d.history(buffer, capacity, size); });
}

sotto_status save(sotto_dialogue* dialogue, void* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return enter(dialogue, "save", err, [&](Dialogue& d) { return d.save(buffer, capacity, size); });
}

sotto_status restore(sotto_dialogue* dialogue, const void* bytes, uint64_t size, sotto_error* err) noexcept {
  return enter(dialogue, "restore", err, [&](Dialogue& d) { return d.restore(bytes, size); });
}

sotto_status set_hint(sotto_dialogue* dialogue, sotto_str text, sotto_error* err) noexcept {
  return enter(dialogue, "set_hint", err, [&](Dialogue& d) { return d.set_hint(view(text)); });
}

constexpr sotto_dialogue_api kApi = {sizeof(sotto_dialogue_api),
                                     0,
                                     create_dialogue,
                                     destroy_dialogue,
                                     say,
                                     add,
                                     cancel,
                                     reset,
                                     undo,
                                     history,
                                     save,
                                     restore,
                                     set_hint};

sotto_status create(const sotto_host* host, void** self, sotto_error* err) noexcept {
  return guard(err, [&]() -> Status {
    const sotto_interface found = host->query(host->context, SOTTO_SESSION_SERVICE_ID);
    const auto* session = static_cast<const sotto_session_service*>(found.table);
    if (session == nullptr || !SOTTO_HAS(sotto_session_service, session, session_restore))
      return {SOTTO_UNSUPPORTED,
              "dialogue: the host does not offer the whole of " SOTTO_SESSION_SERVICE_ID ": use a newer libsotto"};
    *self = std::make_unique<Services>(Services{host, session}).release();
    return {};
  });
}

void destroy(void* self) noexcept { delete static_cast<Services*>(self); }

const void* query(void*, const char* id) noexcept {
  if (std::strcmp(id, SOTTO_ASSISTANT_ID) == 0) return assistant::table();
  return std::strcmp(id, SOTTO_DIALOGUE_ID) == 0 ? &kApi : nullptr;
}

}  // namespace
}  // namespace sotto::dialogue

SOTTO_PLUGIN_ENTRY(dialogue) = {
    SOTTO_PLUGIN_HEAD,       "dev.sotto.dialogue",     SOTTO_VERSION_STRING,   "conversations in turns with prefix reuse",
    sotto::dialogue::create, sotto::dialogue::destroy, sotto::dialogue::query,
};

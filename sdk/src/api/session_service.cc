#include "api/session_service.h"

#include "api/parked.h"
#include "api/runtime.h"

namespace sotto {
namespace {

// The plugin that calls this is on the stack, and this may be the last hold on its library.
void end_session(sotto_session* session) {
  RuntimeRef hold(session == nullptr ? nullptr : runtime_of(*session));
  sotto_session_destroy(session);
  park(std::move(hold));
}

constexpr sotto_session_service kService = {
    sizeof(sotto_session_service),
    0,
    sotto_model_get_facts,
    sotto_model_text,
    sotto_tokenize,
    sotto_detokenize,
    sotto_template_render,
    sotto_template_tokenize,
    sotto_session_create,
    end_session,
    sotto_session_feed,
    sotto_generate,
    sotto_session_cancel,
    sotto_session_position,
    sotto_session_rewind,
    sotto_session_tokens,
    sotto_session_fork,
    sotto_session_counters,
    sotto_session_save,
    sotto_session_restore,
};

}  // namespace

sotto_interface session_service() { return {&kService, nullptr}; }

}  // namespace sotto

#include "api/session_service.h"

#include "api/parked.h"
#include "api/runtime.h"

namespace sotto {
namespace {

// The plugin that calls these is on the stack, and a session that ends in them may be the last hold on its library.
RuntimeRef hold_of(const sotto_session* session) { return RuntimeRef(session == nullptr ? nullptr : runtime_of(*session)); }

void end_session(sotto_session* session) {
  RuntimeRef hold = hold_of(session);
  sotto_session_destroy(session);
  park(std::move(hold));
}

// A callback may have destroyed the session, which then ends with the call.
sotto_status feed(sotto_session* session, const uint32_t* ids, uint64_t count, const sotto_feed_options* options,
                  sotto_error* err) {
  RuntimeRef hold = hold_of(session);
  const sotto_status status = sotto_session_feed(session, ids, count, options, err);
  park(std::move(hold));
  return status;
}

sotto_status generate(sotto_session* session, sotto_str prompt, const sotto_generate_options* options, sotto_on_text on_text,
                      void* user, sotto_error* err) {
  RuntimeRef hold = hold_of(session);
  const sotto_status status = sotto_generate(session, prompt, options, on_text, user, err);
  park(std::move(hold));
  return status;
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
    feed,
    generate,
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

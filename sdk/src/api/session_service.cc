#include "api/session_service.h"

namespace sotto {
namespace {

void end_session(sotto_session* session) {
  (void)keep_plugin_loaded(session, [&] { return sotto_session_destroy(session), SOTTO_OK; });
}

// A callback may have destroyed the session, which then ends with the call.
sotto_status feed(sotto_session* session, const uint32_t* ids, uint64_t count, const sotto_feed_options* options,
                  sotto_error* err) {
  return keep_plugin_loaded(session, [&] { return sotto_session_feed(session, ids, count, options, err); });
}

sotto_status generate(sotto_session* session, sotto_str prompt, const sotto_generate_options* options, sotto_on_text on_text,
                      void* user, sotto_error* err) {
  return keep_plugin_loaded(session, [&] { return sotto_generate(session, prompt, options, on_text, user, err); });
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

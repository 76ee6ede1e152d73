// session_state.cc: bytes as a saved session of a tiny model. Input: options, then the state. What is taken must go on, and
// save as it was.
#include "sealed.h"
#include "tiny_model.h"

namespace sotto::fuzz {

FUZZ_TARGET(session_state) {
  const TinyModel& tiny = TinyModel::get();
  Input in(data, size);
  const uint8_t flags = in.byte();
  std::string state(in.rest());
  if ((flags & 1) == 0) seal_session(tiny.facts.hash, &state);
  sotto_session_options options{};
  options.struct_size = sizeof options;
  options.context_tokens = (flags & 2) != 0 ? 4 : 0;
  sotto_session* session = nullptr;
  FUZZ_CHECK(sotto_session_create(tiny.model, &options, &session, nullptr) == SOTTO_OK);
  const uint32_t before[] = {1, 2, 3};
  if ((flags & 4) != 0) (void)sotto_session_feed(session, before, 3, nullptr, nullptr);
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = sotto_session_restore(session, state.data(), state.size(), &err);
  FUZZ_CHECK(status == SOTTO_OK || err.text[0] != '\0');
  if (status == SOTTO_OK) {
    uint64_t needed = 0;
    FUZZ_CHECK(sotto_session_save(session, nullptr, 0, &needed, nullptr) == SOTTO_OK);
    std::string saved(static_cast<size_t>(needed), '\0');
    FUZZ_CHECK(sotto_session_save(session, saved.data(), saved.size(), &needed, nullptr) == SOTTO_OK);
    FUZZ_CHECK(needed == saved.size());
  }
  sotto_generate_options generate{};
  generate.struct_size = sizeof generate;
  generate.max_tokens = 2;
  (void)sotto_generate(session, sotto_str{}, &generate, nullptr, nullptr, &err);
  (void)sotto_session_rewind(session, sotto_session_position(session) / 2, &err);
  (void)sotto_session_feed(session, before, 1, nullptr, &err);
  sotto_session_destroy(session);
}

}  // namespace sotto::fuzz

// dialogue_state.cc: bytes as a saved dialogue, form only (plugins/dialogue/state.cc). What is taken packs into the same bytes.
#include "state.h"

#include "target.h"

namespace sotto::fuzz {

FUZZ_TARGET(dialogue_state) {
  Input in(data, size);
  const uint8_t flags = in.byte();
  std::string bytes(in.rest());
  if ((flags & 1) == 0 && bytes.size() >= 32) dialogue::seal(&bytes);
  dialogue::Unpacked unpacked;
  const dialogue::Status status = dialogue::unpack(bytes.data(), bytes.size(), &unpacked);
  if (!status.ok()) {
    FUZZ_CHECK(!status.text.empty());
    return;
  }
  const char* session = reinterpret_cast<const char*>(unpacked.session);
  FUZZ_CHECK(unpacked.session_size <= bytes.size() && session == bytes.data() + bytes.size() - unpacked.session_size);
  uint64_t session_at = 0;
  std::string again = dialogue::pack(unpacked.conversation, unpacked.session_size, &session_at);
  FUZZ_CHECK(again.size() == dialogue::packed_size(unpacked.conversation, unpacked.session_size));
  FUZZ_CHECK(session_at + unpacked.session_size == again.size());
  if (unpacked.conversation.system_prompt) FUZZ_CHECK(again.size() == bytes.size());
}

}  // namespace sotto::fuzz

// state.h: a dialogue as bytes and back. The bytes may come from anywhere: nothing in them is believed before it is checked.
//
// Little endian: "SOTTODLG", u32 version, u32 flags (1: a system prompt is given), u64 size of everything, u64 checksum of what
// follows; then texts as u64 size + bytes: system prompt; u64 turn count; for each turn u32 flags (1: dropped), role, content;
// then the session's own state (sotto_session_save) as u64 size + bytes, to the end.
#pragma once

#include <cstdint>
#include <string>

#include "conversation.h"
#include "status.h"

namespace sotto::dialogue {

// `session_size` bytes for the session's state are reserved at the end; *session_at says where they go. Call seal() once
// filled.
std::string pack(const Conversation& conversation, uint64_t session_size, uint64_t* session_at);
// Bytes that pack() makes for this conversation and session size.
uint64_t packed_size(const Conversation& conversation, uint64_t session_size);
void seal(std::string* bytes);

struct Unpacked {
  Conversation conversation;
  const unsigned char* session = nullptr;  // inside the given bytes
  uint64_t session_size = 0;
};
Status unpack(const void* bytes, uint64_t size, Unpacked* out);

}  // namespace sotto::dialogue

// echo_plugin.cc: a dialogue that answers with what it is told, character by character, so that tests say what crosses the
// border and how often; and that logs from a thread of its own, which no virtual machine knows.
#include <thread>

#include <sotto/dialogue.h>
#include <sotto/plugin.hpp>

struct sotto_dialogue {
  int32_t reserved;
};

namespace {

using sotto::plugin::Failure;
using sotto::plugin::guard;

// Bytes of the character that begins here; the host has made sure of whole UTF-8.
uint64_t character_size(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

sotto_status create(void*, sotto_model*, const sotto_dialogue_options*, sotto_dialogue** out, sotto_error* err) {
  return guard(err, [&] { *out = new sotto_dialogue{0}; });
}

void destroy(sotto_dialogue* dialogue) { delete dialogue; }

// Says the text max_tokens times (0: once), one character a piece; a text that begins with '=' in one piece.
sotto_status say(sotto_dialogue*, sotto_str, sotto_str text, const sotto_generate_options* options, sotto_on_text on_text,
                 void* user, sotto_turn_result* result, sotto_error*) {
  uint32_t pieces = 0;
  uint32_t finish = SOTTO_FINISH_END;
  const uint32_t times = options->max_tokens != 0 ? options->max_tokens : 1;
  for (uint32_t i = 0; i < times && finish == SOTTO_FINISH_END; ++i) {
    for (uint64_t at = 0; at < text.size && finish == SOTTO_FINISH_END; ++pieces) {
      const uint64_t size = text.data[0] == '=' ? text.size : character_size(text.data[at]);
      if (on_text(user, {text.data + at, size}) != 0) finish = SOTTO_FINISH_CALLBACK;
      at += size;
    }
  }
  result->finish = finish;
  result->generated_tokens = pieces;
  return SOTTO_OK;
}

sotto_status add(sotto_dialogue*, sotto_str, sotto_str, sotto_error*) { return SOTTO_OK; }
void cancel(sotto_dialogue*) {}
sotto_status reset(sotto_dialogue*, sotto_error*) { return SOTTO_OK; }
sotto_status undo(sotto_dialogue*, uint32_t, sotto_error*) { return SOTTO_OK; }
sotto_status text_out(sotto_dialogue*, char*, uint64_t, uint64_t* size, sotto_error*) { return *size = 0, SOTTO_OK; }
sotto_status set_hint(sotto_dialogue*, sotto_str, sotto_error*) { return SOTTO_OK; }
sotto_status bytes_out(sotto_dialogue*, void*, uint64_t, uint64_t* size, sotto_error*) { return *size = 0, SOTTO_OK; }
sotto_status bytes_in(sotto_dialogue*, const void*, uint64_t, sotto_error*) { return SOTTO_OK; }

constexpr sotto_dialogue_api kApi = {
    sizeof(sotto_dialogue_api), 0, create, destroy, say, add, cancel, reset, undo, text_out, bytes_out, bytes_in, set_hint};

struct Echo {
  explicit Echo(sotto::plugin::Host host) {
    std::thread([&host] { host.info("回声 🎧 from a thread of the plugin"); }).join();
  }
  const void* query(std::string_view id) const { return id == SOTTO_DIALOGUE_ID ? &kApi : nullptr; }
};
using Entry = sotto::plugin::Entry<Echo>;

}  // namespace

SOTTO_PLUGIN_ENTRY(echo) = {SOTTO_PLUGIN_HEAD, "dev.sotto.test.echo", "0.1.0",     "says what it is told",
                            Entry::create,     Entry::destroy,        Entry::query};

// dialogue.h: one conversation on one session of a model. The C table of plugin.cc calls these methods one for one.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "conversation.h"
#include "gate.h"
#include "reuse.h"
#include "sotto/dialogue.h"
#include "sotto/plugin.h"
#include "status.h"

namespace sotto::dialogue {

// What every dialogue gets from the plugin; const after construction, outlives the dialogues.
struct Services {
  const sotto_host* host;
  const sotto_session_service* session;

  void log(int32_t level, const std::string& line) const;
};

class Dialogue {
 public:
  explicit Dialogue(const Services& services) : services_(services) {}
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  // The second half of construction: may fail, then the dialogue is of no use.
  Status open(sotto_model* model, const sotto_dialogue_options& options);
  // The session leaves the dialogue; whoever destroys the dialogue destroys it last.
  sotto_session* release_session() { return std::exchange(session_, nullptr); }

  Status say(std::string_view role, std::string_view text, const sotto_generate_options& options, sotto_on_text on_text,
             void* user, sotto_turn_result* result);
  Status add(std::string_view role, std::string_view text);
  Status reset();
  Status undo(uint32_t turns);
  Status history(char* buffer, uint64_t capacity, uint64_t* size);
  Status save(void* buffer, uint64_t capacity, uint64_t* size);
  Status restore(const void* bytes, uint64_t size);
  Status set_hint(std::string_view text);
  void cancel();  // [any thread]

  Gate& gate() { return gate_; }
  const Services& services() const { return services_; }

 private:
  using Clock = std::chrono::steady_clock;

  // A prompt measured against the context and the cache.
  struct Prompt {
    Ids ids;  // of the whole conversation, as the template tokenizes it
    Reuse reuse;
    size_t total = 0;  // tokens in the session once it is fed
  };

  Status answer(const Prompt& prompt, sotto_generate_options options, Clock::time_point start, sotto_on_text on_text,
                void* user, sotto_turn_result* result);
  Status measure(const Ids& cached, Prompt* out);
  Status fit(Prompt* out, std::vector<size_t>* dropped);
  Status require_template();
  Status cached_ids(Ids* out);
  uint64_t computed_so_far() const;  // tokens that went through the model since the session began
  Status spell(const uint32_t* ids, size_t count, bool with_control, std::string* text);

  const Services& services_;
  sotto_model* model_ = nullptr;  // kept alive by the session
  sotto_session* session_ = nullptr;
  uint32_t context_tokens_ = 0;
  uint32_t answer_tokens_ = 0;
  std::string template_source_;
  std::string variables_;
  std::string model_name_;
  Conversation conversation_;
  std::atomic<bool> is_cancelled_{false};  // of the say in progress
  Gate gate_;
};

}  // namespace sotto::dialogue

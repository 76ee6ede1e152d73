// chat.h: `sotto run` without a prompt: a conversation on the terminal.
#pragma once

#include <functional>
#include <string>

#include "loading.h"

namespace sotto::tools {

struct ChatOptions {
  std::string system_prompt;
  bool has_system_prompt = false;
  std::string template_source;  // empty: the model's own
  sotto_generate_options generate{};
  bool quiet = false;
};

// Gives the lines of the terminal or of the input to `take` until it answers false, the input ends or Ctrl-C comes twice at the
// prompt.
void hold_talk(Console& console, bool quiet, const char* help, const std::function<bool(const std::string&)>& take);

// Until the end of the input, /exit or a second Ctrl-C at the prompt.
void chat(Console& console, const Runtime& runtime, const ModelHandle& model, const ChatOptions& options);

}  // namespace sotto::tools

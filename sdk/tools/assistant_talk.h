// assistant_talk.h: `sotto run` with a model that has heads and a domain: the assistant, in a home that exists only here.
#pragma once

#include <string>

#include "loading.h"

namespace sotto::tools {

// Whether the model is one for the assistant: it has the head "intent" and carries a domain.
bool is_assistant_model(const ModelHandle& model);

// A talk on the terminal until the end of the input, /exit or a second Ctrl-C at the prompt.
void assistant_chat(Console& console, const Runtime& runtime, const ModelHandle& model, bool quiet);
// One turn; with `json` what was understood and called as well.
void assistant_answer(Console& console, const Runtime& runtime, const ModelHandle& model, const std::string& text, bool json);

}  // namespace sotto::tools

// assistant_domain.h: the domain of a model's assistant (docs/assistant.md), which travels in the model file as one text.
#pragma once

#include <string>

#include "base/status.h"

namespace sotto {

constexpr const char* kAssistantKey = "sotto.assistant";

// assistant.json of a checkpoint's folder, checked for being one; empty where there is none.
Result<std::string> read_assistant_domain(const std::string& folder);

}  // namespace sotto

// conversation.h: the turns of a dialogue and which of them still take part in the prompt.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sotto::dialogue {

struct Turn {
  std::string role;
  std::string content;
  bool is_dropped = false;  // left the context; still in the history
};

struct Conversation {
  std::optional<std::string> system_prompt;
  std::string hint;  // behind the system prompt of what the template gets; no part of the history
  std::vector<Turn> turns;

  // [{"role": ..., "content": ...}, ...], system prompt first; invalid UTF-8 becomes U+FFFD.
  std::string history_json() const { return json(true); }
  // The same without the turns that were dropped and with the hint: what the template gets.
  std::string prompt_json() const { return json(false); }

  // Exchanges that may leave the context, oldest first, each as the indices of its turns. An exchange is a turn of the user
  // with everything that answers it (assistant, tool). The newest exchange and system turns are never among them.
  std::vector<std::vector<size_t>> droppable() const;

 private:
  std::string json(bool is_history) const;
};

}  // namespace sotto::dialogue

#include "conversation.h"

#include "json_text.h"

namespace sotto::dialogue {
namespace {

bool answers(const std::string& role) {
  constexpr const char* kAnswering[] = {"assistant", "model", "tool", "function", "ipython"};
  for (const char* name : kAnswering)
    if (role == name) return true;
  return false;
}

void append_message(std::string_view role, std::string_view content, std::string* out) {
  out->append(out->size() > 1 ? ",{\"role\":" : "{\"role\":");
  append_json(role, out);
  out->append(",\"content\":");
  append_json(content, out);
  out->push_back('}');
}

}  // namespace

std::string Conversation::json(bool is_history) const {
  std::string messages = "[";
  std::string system = system_prompt.value_or("");
  if (!is_history && !hint.empty()) system += (system.empty() ? "" : "\n\n") + hint;
  if (system_prompt || !system.empty()) append_message("system", system, &messages);
  for (const Turn& turn : turns)
    if (is_history || !turn.is_dropped) append_message(turn.role, turn.content, &messages);
  messages.push_back(']');
  return messages;
}

std::vector<std::vector<size_t>> Conversation::droppable() const {
  std::vector<std::vector<size_t>> exchanges;
  for (size_t i = 0; i < turns.size(); ++i) {
    if (turns[i].is_dropped || turns[i].role == "system") continue;
    if (exchanges.empty() || !answers(turns[i].role)) exchanges.emplace_back();
    exchanges.back().push_back(i);
  }
  if (!exchanges.empty()) exchanges.pop_back();
  return exchanges;
}

}  // namespace sotto::dialogue

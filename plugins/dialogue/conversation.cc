#include "conversation.h"

#include <nlohmann/json.hpp>

namespace sotto::dialogue {
namespace {

bool answers(const std::string& role) {
  constexpr const char* kAnswering[] = {"assistant", "model", "tool", "function", "ipython"};
  for (const char* name : kAnswering)
    if (role == name) return true;
  return false;
}

nlohmann::ordered_json message(const std::string& role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

}  // namespace

std::string Conversation::json(bool with_dropped) const {
  auto messages = nlohmann::ordered_json::array();
  if (system_prompt) messages.push_back(message("system", *system_prompt));
  for (const Turn& turn : turns)
    if (with_dropped || !turn.is_dropped) messages.push_back(message(turn.role, turn.content));
  return messages.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
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

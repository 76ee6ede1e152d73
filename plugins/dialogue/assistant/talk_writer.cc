#include "talk_writer.h"

#include <algorithm>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr uint32_t kMostTokens = 64;
constexpr size_t kTurnsBefore = 6, kMostBytes = 400;  // of the dialogue, and of an answer that is spoken
constexpr const char* kOrders[kLanguages] = {
    "你是一台设备里友好的语音助手。用一句简短的话回答，不知道就说不知道。",
    "You are the friendly voice of a device. Answer in one short sentence. Say so when you do not know."};

}  // namespace

TalkWriter::TalkWriter(const Services& services, sotto_model* model, uint32_t deadline_ms, double least)
    : writer_(services, model, "SOTTO_ASSISTANT_FREE_TEXT", deadline_ms), least_(least) {}

std::string TalkWriter::answer(const std::deque<Turn>& before, const std::string& text, Language language) {
  Json messages = Json::array({{{"role", "system"}, {"content", kOrders[index_of(language)]}}});
  for (size_t i = before.size() - std::min(before.size(), kTurnsBefore); i < before.size(); ++i)
    messages.push_back({{"role", before[i].is_user ? "user" : "assistant"}, {"content", before[i].text}});
  messages.push_back({{"role", "user"}, {"content", text}});
  const Written answer = writer_.write(writer_.prompt(assistant::written(messages)), nullptr, kMostTokens,
                                       [](std::string_view said) { return !whole_sentences(said).empty(); });
  if (answer.probability < least_ || answer.text.size() > kMostBytes) return {};
  return answer.is_whole ? std::string(trimmed(answer.text)) : whole_sentences(answer.text);
}

std::string whole_sentences(std::string_view text) {
  size_t end = 0;
  for (const std::string_view mark : {"。", "！", "？", "!", "?"})
    if (const size_t at = text.rfind(mark); at != std::string_view::npos) end = std::max(end, at + mark.size());
  // A point between digits ends nothing.
  for (size_t at = 0; at + 1 < text.size(); ++at)
    if (text[at] == '.' && (text[at + 1] == ' ' || text[at + 1] == '\n')) end = std::max(end, at + 1);
  return std::string(trimmed(text.substr(0, end)));
}

}  // namespace sotto::assistant

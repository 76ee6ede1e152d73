#include "texts.h"

namespace sotto::care {
namespace {

struct Row {
  uint32_t category;
  std::string_view zh, en;
};
// {HELP} and {求助热线} are for the maker: which line or service is right depends on where the device is sold.
constexpr Row kDefaults[] = {
    {SOTTO_CARE_SELF_HARM,
     "听到你这么说，我很在意。我只是一台机器，帮不了你太多，但你不必一个人扛。请现在就联系一个你信任的人，或者求助：{求助热线}"
     "。"
     "如果马上有危险，请立刻呼叫急救。",
     "I'm sorry that it is this hard right now. I'm only a machine and cannot be the help you deserve, but you do not have to "
     "be "
     "alone with it. Please reach out to someone you trust, or to {HELP}. If there is danger right now, call the emergency "
     "services."},
    {SOTTO_CARE_VIOLENCE, "这个我不能帮忙。如果有人有危险，请联系当地的紧急救援。",
     "I can't help with that. If anyone is in danger, please contact the emergency services."},
    {SOTTO_CARE_ADULT, "这个我不能聊，换个话题吧。", "I can't help with that. Let's talk about something else."},
    {SOTTO_CARE_MACHINE, "我是一台机器，一个语音助手程序，不是真人。", "I'm a machine, an assistant program, not a person."},
    {SOTTO_CARE_PERSONAL, "为了你的安全，请不要把电话、证件号、卡号这类信息告诉我。",
     "For your safety, please don't share details such as phone, card or identity numbers with me."},
};

}  // namespace

void Texts::set(uint32_t category, uint32_t language, std::string_view text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  set_[{category, language}] = std::string(text);
}

void Texts::reset(uint32_t category, uint32_t language) {
  const std::lock_guard<std::mutex> lock(mutex_);
  set_.erase({category, language});
}

std::string Texts::get(uint32_t category, uint32_t language) const {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto at = set_.find({category, language}); at != set_.end()) return at->second;
  }
  for (const Row& row : kDefaults)
    if (row.category == category) return std::string(language == SOTTO_CARE_ZH ? row.zh : row.en);
  return {};
}

}  // namespace sotto::care

#include "speak.h"

#include <algorithm>

namespace sotto::assistant {
namespace {

constexpr struct {
  Say what;
  std::string_view zh, en;
} kSentences[] = {
    {Say::kDone, "好的。", "Done."},
    {Say::kDoneResult, "{result}", "{result}"},
    {Say::kFailed, "没有成功。", "That did not work."},
    {Say::kFailedWhy, "没有成功：{why}。", "That did not work: {why}."},
    {Say::kNoAnswer, "{name}没有及时回应，不知道有没有成功。",
     "{name} did not answer in time, so I do not know whether it worked."},
    {Say::kPartly, "{done}好了，{failed}没有成功。", "{done} worked, {failed} did not."},
    {Say::kNoFunction, "这台设备做不到这个。", "This device cannot do that."},
    {Say::kNotUnderstood, "没听明白，可以换个说法吗？", "I did not get that. Could you say it another way?"},
    {Say::kOutOfScope, "这个我帮不上忙。", "I can't help with that."},
    {Say::kWhichDevice, "是{names}？", "Which one: {names}?"},
    {Say::kUnknownDevice, "没有找到“{name}”。", "I found no \"{name}\"."},
    {Say::kNoDevice, "这里没有能这样用的设备。", "There is no device here that can do that."},
    {Say::kWhichValue, "是{names}？", "{names}?"},
    {Say::kWhatSlot, "{name}要多少，或者是什么？", "What should the {name} be?"},
    {Say::kOutOfRange, "只能在{least}到{most}之间，要多少？", "It can be from {least} to {most}. What should it be?"},
    {Say::kConfirm, "确定要这样做吗？", "Shall I really do that?"},
    {Say::kDropped, "好的，那就算了。", "Okay, never mind."},
    {Say::kNothingOpen, "我刚才没有提问，想做什么请直接说。", "I had not asked anything. What would you like?"},
    {Say::kUndone, "好的，改回来了。", "Okay, I took that back."},
    {Say::kNothingToUndo, "没有可以撤销的操作。", "There is nothing to take back."},
    {Say::kCannotUndo, "这一步撤不回来。", "That cannot be taken back."},
    {Say::kNothingToRepeat, "我还没说过什么。", "I have not said anything yet."},
    {Say::kTooManyCalls, "一次最多能做{count}件事，后面的没有做。",
     "I can do {count} things at once, so the rest was not done."},
    {Say::kMachine, "我是设备里的程序，不是人。", "I am a program in this device, not a person."},
    {Say::kGiveUp, "还是没听明白，先不做了。", "I still did not get it, so I leave it."},
    {Say::kQuote, "说明书里写着：“{text}”", "The manual says: \"{text}\""},
    {Say::kQuoteTitled, "说明书的“{title}”里写着：“{text}”", "The manual says under \"{title}\": \"{text}\""}};

bool is_name(std::string_view hole) { return hole == "name" || hole == "area" || hole == "floor"; }

// The first letter of a sentence in English.
std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

std::string device_name(const World& world, const std::string& id, Language language) {
  const Device* const device = world.home.device(id);
  return device == nullptr ? id : spoken(world.home, *device, language);
}

std::string with_article(const std::string& name, Language language) {
  return language == Language::kEn ? "the " + name : name;
}

std::string stripped_stop(std::string text) {
  for (const std::string_view stop : {std::string_view("。"), std::string_view(".")})
    if (ends_with(text, stop)) text.resize(text.size() - stop.size());
  return text;
}

std::string failure_text(const World& world, const Function& function, const Wish& wish, const Call& call,
                         const CallResult& result, Language language) {
  Words words = words_of(world, wish, language);
  if (result.outcome == CallResult::Outcome::kNoAnswer) {
    const std::string who = call.device.empty() ? (language == Language::kZh ? "这个功能" : "it")
                                                : with_article(device_name(world, call.device, language), language);
    return capital(say(Say::kNoAnswer, language, {{"name", who}}));
  }
  if (const std::string& why = result.error[index_of(language)]; !why.empty())
    return say(Say::kFailedWhy, language, {{"why", stripped_stop(why)}});
  // The templates' later ones claim reasons ("it is at its brightest already") that nobody knows here: only the first is used.
  const std::vector<std::string>& failed = function.replies[index_of(language)].failed;
  std::string text;
  if (!failed.empty() && fill(failed.front(), words, &text)) return text;
  return say(Say::kFailed, language);
}

std::string done_text(const World& world, const Function& function, const Wish& wish, const std::vector<CallResult>& results,
                      Language language, uint64_t turn) {
  Words words = words_of(world, wish, language);
  std::vector<std::string> said;
  for (const CallResult& result : results) {
    if (const std::string& text = result.result[index_of(language)]; !text.empty()) said.push_back(text);
    for (const auto& [name, value] : result.slots) words[name] = value;
  }
  const std::vector<std::string>& done = function.replies[index_of(language)].done;
  if (said.empty()) {
    const std::string text = pick(done, words, turn);
    return text.empty() ? say(Say::kDone, language) : text;
  }
  words["result"] = joined(said, language);
  std::vector<std::string> telling;
  for (const std::string& text : done)
    if (text.find("{result}") != std::string::npos) telling.push_back(text);
  const std::string text = pick(telling, words, turn);
  return text.empty() ? say(Say::kDoneResult, language, words) : text;
}

}  // namespace

std::string say(Say what, Language language, const Words& words) {
  std::string text;
  for (const auto& row : kSentences)
    if (row.what == what) (void)fill(language == Language::kZh ? row.zh : row.en, words, &text);
  return text;
}

bool fill(std::string_view text, const Words& words, std::string* out, size_t* holes, size_t* values) {
  std::string made;
  size_t count = 0, telling = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t open = text.find('{', at), close = text.find('}', open);
    made += text.substr(at, open == std::string_view::npos ? open : open - at);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto known = words.find(name);
    if (known == words.end() || known->second.empty()) return false;
    made += known->second;
    ++count;
    if (!is_name(name)) ++telling;
    at = close + 1;
  }
  *out = std::move(made);
  if (holes != nullptr) *holes = count;
  if (values != nullptr) *values = telling;
  return true;
}

std::string pick(const std::vector<std::string>& templates, const Words& words, uint64_t turn) {
  std::vector<std::string> best;
  size_t most = 0;
  for (const std::string& text : templates) {
    std::string filled;
    size_t holes = 0, values = 0;
    if (!fill(text, words, &filled, &holes, &values)) continue;
    const size_t telling = holes + values;  // what was set counts twice, where it was set once
    if (telling > most) best.clear(), most = telling;
    if (telling == most) best.push_back(std::move(filled));
  }
  return best.empty() ? std::string() : best[static_cast<size_t>(turn % best.size())];
}

std::string joined(const std::vector<std::string>& items, Language language) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool is_last = i + 1 == items.size();
    if (i > 0) text += language == Language::kZh ? "、" : is_last ? " and " : ", ";
    text += items[i];
  }
  return text;
}

std::string either(const std::vector<std::string>& items, Language language) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool is_last = i + 1 == items.size();
    if (i > 0) text += language == Language::kZh ? (is_last ? "，还是" : "、") : is_last ? " or " : ", ";
    text += items[i];
  }
  return text;
}

std::string sentences(const std::vector<std::string>& parts, Language language) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty() && language == Language::kEn) text += ' ';
    text += part;
  }
  return text;
}

Words words_of(const World& world, const Wish& wish, Language language) {
  Words words;
  for (const auto& [name, value] : wish.slots) words[name] = value.words[index_of(language)];
  std::vector<std::string> names, areas;
  for (const std::string& id : wish.devices) {
    const Device* const device = world.home.device(id);
    if (device == nullptr) continue;
    names.push_back(wish.devices.size() > 1 ? spoken(world.home, *device, language) : device->name(language));
    const Place* const area = device->area.empty() ? nullptr : world.home.area(device->area);
    const std::string place = area == nullptr ? "" : area->name(language);
    if (std::find(areas.begin(), areas.end(), place) == areas.end()) areas.push_back(place);
  }
  if (!names.empty()) words["name"] = joined(names, language);
  // Only an area that all of them share, and that their names do not say already, may be spoken.
  if (areas.size() == 1 && !areas[0].empty() &&
      (names.size() != 1 || normal_form(names[0]).find(normal_form(areas[0])) == std::string::npos))
    words["area"] = areas[0];
  return words;
}

std::string report(const World& world, const Function& function, const Wish& wish, const std::vector<Call>& calls,
                   const std::vector<CallResult>& results, Language language, uint64_t turn) {
  std::vector<CallResult> good;
  std::vector<std::string> done, failed;
  std::string first_failure;
  for (size_t i = 0; i < calls.size(); ++i) {
    const std::string name =
        calls[i].device.empty() ? "" : with_article(device_name(world, calls[i].device, language), language);
    if (results[i].ok()) {
      good.push_back(results[i]);
      done.push_back(name);
    } else {
      failed.push_back(name);
      if (first_failure.empty()) first_failure = failure_text(world, function, wish, calls[i], results[i], language);
    }
  }
  if (failed.empty()) return done_text(world, function, wish, good, language, turn);
  if (good.empty()) return first_failure;
  std::string text =
      capital(say(Say::kPartly, language, {{"done", joined(done, language)}, {"failed", joined(failed, language)}}));
  for (const CallResult& result : results)
    if (!result.ok() && !result.error[index_of(language)].empty())
      return sentences(
          {text, capital(stripped_stop(result.error[index_of(language)])) + (language == Language::kZh ? "。" : ".")},
          language);
  return text;
}

std::string ask_text(const World& world, const Function& function, const Question& question, Language language, uint64_t turn) {
  const Words words = words_of(world, question.wish, language);
  std::vector<std::string> names;
  if (question.kind == Question::Kind::kDevice) {
    for (const std::string& id : question.devices) names.push_back(with_article(device_name(world, id, language), language));
    return say(Say::kWhichDevice, language, {{"names", either(names, language)}});
  }
  if (question.kind == Question::Kind::kValue) {
    for (const Value& value : question.values) names.push_back(value.words[index_of(language)]);
    return capital(say(Say::kWhichValue, language, {{"names", either(names, language)}}));
  }
  const Replies& replies = function.replies[index_of(language)];
  if (question.kind == Question::Kind::kConfirm) {
    const std::string text = pick(replies.confirm, words, turn);
    return text.empty() ? say(Say::kConfirm, language) : text;
  }
  const auto own = replies.ask.find(question.slot);
  const std::string text = own == replies.ask.end() ? "" : pick(own->second, words, turn);
  return text.empty() ? say(Say::kWhatSlot, language, {{"name", question.slot}}) : text;
}

}  // namespace sotto::assistant

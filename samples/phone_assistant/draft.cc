#include "draft.h"

#include <algorithm>

namespace {

struct KindRow {
  const char* words;  // between '|'
  const char *zh, *en;
};
constexpr KindRow kKinds[] = {  // first row that fits wins
    {"谢谢|多谢|感谢|thank|thanks", "不客气！", "You're welcome!"},
    {"对不起|抱歉|不好意思|sorry|apolog", "没关系。", "No problem."},
    {"生日快乐|恭喜|happy birthday|congrat", "谢谢你！", "Thank you!"},
    {"生病|住院|难过|去世|ill|sick|hospital|passed away", "听到这个很难过，有什么我能帮忙的吗？",
     "I'm sorry to hear that. Can I help with anything?"},
    {"迟到|晚点到|堵车|late|stuck in traffic|delayed", "没事，路上小心。", "No worries, take care on the way."},
    {"在哪|到哪了|where are you|where r u", "我在路上，快到了。", "I'm on my way, almost there."},
    {"几点|什么时候|when|what time", "我看一下时间，稍后告诉你。", "Let me check the time and get back to you."},
    {"一起|吃饭|吃个饭|见面|聚|有空吗|dinner|lunch|meet|join us|are you free|coffee", "好啊，我很想去。",
     "Sounds good, I'd love to."},
    {"能不能|可以帮|麻烦你|could you|can you|would you|please", "好的，我来处理。", "Sure, I'll take care of it."}};
constexpr const char *kElseZh = "收到，我稍后回复你。", *kElseEn = "Got it, I'll get back to you soon.";

int32_t append(void* user, sotto_str piece) {
  static_cast<std::string*>(user)->append(piece.data, static_cast<size_t>(piece.size));
  return 0;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool has_any(const std::string& text, std::string_view words) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find('|'));
    if (text.find(word) != std::string::npos) return true;
    words.remove_prefix(std::min(word.size() + 1, words.size()));
  }
  return false;
}

}  // namespace

bool is_chinese_text(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xE4; });
}

std::string usual_reply(const std::string& message) {
  const bool is_chinese = is_chinese_text(message);
  for (const KindRow& row : kKinds)
    if (has_any(lower(message), row.words)) return is_chinese ? row.zh : row.en;
  return is_chinese ? kElseZh : kElseEn;
}

Drafter::Drafter(Engine& engine) : skill_(sotto_dialogue_find(engine.runtime.get())) {
  if (skill_.api == nullptr || engine.head_count() > 0) return;  // heads: made to understand, too small to write
  sotto_dialogue_options o{};
  o.struct_size = sizeof o;
  o.system_prompt = sotto_cstr(
      "You write short replies to messages on a phone. Answer with the reply alone, one sentence, in the "
      "language of the message.");
  o.answer_tokens = 48;
  const sotto_status status = skill_.api->create(skill_.self, engine.model.get(), &o, &dialogue_, nullptr);
  if (status != SOTTO_OK) dialogue_ = nullptr;  // no chat template: usual replies it is
}

Drafter::~Drafter() {
  if (dialogue_ != nullptr) skill_.api->destroy(dialogue_);
}

std::string Drafter::write(const std::string& from, const std::string& message, const std::string& wish) {
  std::string prompt = "Message from " + from + ": \"" + message + "\"";
  if (!wish.empty()) prompt += "\nThe reply must say: " + wish;
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.max_tokens = 40;
  o.repeat_penalty = 1.1f;
  sotto_turn_result turn{};
  turn.struct_size = sizeof turn;
  std::string text;
  sotto::call([&](sotto_error* err) { return skill_.api->reset(dialogue_, err); });
  sotto::call([&](sotto_error* err) {
    return skill_.api->say(dialogue_, sotto_cstr("user"), sotto::str(prompt), &o, append, &text, &turn, err);
  });
  tokens_ += turn.computed_tokens + turn.generated_tokens;
  text = text.substr(0, text.find('\n'));
  const size_t begin = text.find_first_not_of(" \""), end = text.find_last_not_of(" \"");
  return begin == std::string::npos ? std::string() : text.substr(begin, end - begin + 1);
}

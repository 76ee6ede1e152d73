#include "wording.h"

namespace sotto::sentiment {
namespace {

constexpr uint32_t kAny = SOTTO_NONE - 1;

// The first row that fits wins.
struct Row {
  uint32_t label;
  uint32_t reason;
  uint32_t emotion;
  std::string_view zh;
  std::string_view en;
};

constexpr Row kReasons[] = {
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_REPHRASE, kAny, "有的话不得不再说一遍。", "Something had to be said again."},
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_CANCEL, kAny, "回答或操作被中途叫停。", "An answer or an action was stopped."},
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_FAILED_CALL, kAny, "有一项请求没有办成。",
     "Something that was asked for did not work."},
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_REASON_WORDS, kAny, "最近的话听起来不太满意。", "The last words sounded displeased."},
    {SOTTO_SENTIMENT_POSITIVE, SOTTO_MOOD_REASON_WORDS, kAny, "最近的话听起来挺高兴。", "The last words sounded pleased."},
};

constexpr std::string_view kMendZh = "回答要简短平和；直说哪里没做好，并提出一个解决办法。";
constexpr std::string_view kMendEn =
    "Answer briefly and calmly. Say plainly what did not work and offer one way to put it right.";
constexpr std::string_view kGentleZh = "回答要简短温和，不说教；问一句可以帮什么忙。";
constexpr std::string_view kGentleEn = "Answer briefly and gently, without lecturing. Offer one thing that you can do to help.";

constexpr Row kHints[] = {
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_REPHRASE, kAny, kMendZh, kMendEn},
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_CANCEL, kAny, "回答要更短、更平和；先问用户想要什么。",
     "Answer more briefly and calmly. First ask what is wanted, and offer help."},
    {SOTTO_SENTIMENT_NEGATIVE, SOTTO_MOOD_FAILED_CALL, kAny, kMendZh, kMendEn},
    {SOTTO_SENTIMENT_NEGATIVE, kAny, SOTTO_EMOTION_ANGER, kMendZh, kMendEn},
    {SOTTO_SENTIMENT_NEGATIVE, kAny, SOTTO_EMOTION_SADNESS, kGentleZh, kGentleEn},
    {SOTTO_SENTIMENT_NEGATIVE, kAny, SOTTO_EMOTION_ANXIETY, kGentleZh, kGentleEn},
    {SOTTO_SENTIMENT_NEGATIVE, kAny, SOTTO_EMOTION_FATIGUE, kGentleZh, kGentleEn},
    {SOTTO_SENTIMENT_NEGATIVE, kAny, kAny, "回答要简短平和，并主动提出帮忙。", "Answer briefly and calmly, and offer help."},
    {SOTTO_SENTIMENT_POSITIVE, kAny, kAny, "语气可以轻松友好。", "A light, friendly tone is welcome."},
};

template <size_t kCount>
std::string_view find(const Row (&rows)[kCount], const sotto_mood& mood, uint32_t language) {
  const bool is_chinese = language == SOTTO_SENTIMENT_LANGUAGE_ZH || language == SOTTO_SENTIMENT_LANGUAGE_MIXED;
  for (const Row& row : rows)
    if (row.label == mood.label && (row.reason == kAny || row.reason == mood.reason) &&
        (row.emotion == kAny || row.emotion == mood.emotion))
      return is_chinese ? row.zh : row.en;
  return {};
}

}  // namespace

std::string_view reason_text(const sotto_mood& mood, uint32_t language) { return find(kReasons, mood, language); }
std::string_view hint_text(const sotto_mood& mood, uint32_t language) { return find(kHints, mood, language); }

}  // namespace sotto::sentiment

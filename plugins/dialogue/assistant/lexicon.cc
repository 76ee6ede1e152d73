#include "lexicon.h"

#include <algorithm>

namespace sotto::assistant {
namespace {

// In normal form.
constexpr struct {
  Cue cue;
  std::string_view words;
} kCues[] = {{Cue::kYes, "好"},
             {Cue::kYes, "好的"},
             {Cue::kYes, "好啊"},
             {Cue::kYes, "好吧"},
             {Cue::kYes, "是"},
             {Cue::kYes, "是的"},
             {Cue::kYes, "对"},
             {Cue::kYes, "对的"},
             {Cue::kYes, "嗯"},
             {Cue::kYes, "嗯嗯"},
             {Cue::kYes, "行"},
             {Cue::kYes, "可以"},
             {Cue::kYes, "确认"},
             {Cue::kYes, "确定"},
             {Cue::kYes, "没错"},
             {Cue::kYes, "要"},
             {Cue::kYes, "当然"},
             {Cue::kYes, "没问题"},
             {Cue::kYes, "发吧"},
             {Cue::kYes, "打开吧"},
             {Cue::kYes, "开吧"},
             {Cue::kYes, "就这样"},
             {Cue::kYes, "嗯好的"},
             {Cue::kYes, "是啊"},
             {Cue::kYes, "yes"},
             {Cue::kYes, "yeah"},
             {Cue::kYes, "yep"},
             {Cue::kYes, "yup"},
             {Cue::kYes, "sure"},
             {Cue::kYes, "ok"},
             {Cue::kYes, "okay"},
             {Cue::kYes, "right"},
             {Cue::kYes, "correct"},
             {Cue::kYes, "please do"},
             {Cue::kYes, "do it"},
             {Cue::kYes, "go ahead"},
             {Cue::kYes, "yes please"},
             {Cue::kYes, "of course"},
             {Cue::kYes, "that's right"},
             {Cue::kYes, "exactly"},
             {Cue::kYes, "confirm"},
             {Cue::kYes, "sounds good"},
             {Cue::kYes, "yes do it"},
             {Cue::kYes, "fine"},
             {Cue::kNo, "不"},
             {Cue::kNo, "不要"},
             {Cue::kNo, "不用"},
             {Cue::kNo, "不是"},
             {Cue::kNo, "不行"},
             {Cue::kNo, "不对"},
             {Cue::kNo, "别"},
             {Cue::kNo, "不要了"},
             {Cue::kNo, "不用了"},
             {Cue::kNo, "先不要"},
             {Cue::kNo, "别发"},
             {Cue::kNo, "不了"},
             {Cue::kNo, "不可以"},
             {Cue::kNo, "no"},
             {Cue::kNo, "nope"},
             {Cue::kNo, "no thanks"},
             {Cue::kNo, "no thank you"},
             {Cue::kNo, "don't"},
             {Cue::kNo, "please don't"},
             {Cue::kNo, "not now"},
             {Cue::kNo, "no don't"},
             {Cue::kNo, "wrong"},
             {Cue::kNo, "better not"},
             {Cue::kStop, "算了"},
             {Cue::kStop, "取消"},
             {Cue::kStop, "没事了"},
             {Cue::kStop, "当我没说"},
             {Cue::kStop, "算了吧"},
             {Cue::kStop, "不说了"},
             {Cue::kStop, "停"},
             {Cue::kStop, "没什么"},
             {Cue::kStop, "never mind"},
             {Cue::kStop, "nevermind"},
             {Cue::kStop, "forget it"},
             {Cue::kStop, "cancel"},
             {Cue::kStop, "cancel that"},
             {Cue::kStop, "stop"},
             {Cue::kStop, "nothing"},
             {Cue::kStop, "leave it"},
             {Cue::kUndo, "撤销"},
             {Cue::kUndo, "撤回"},
             {Cue::kUndo, "撤销刚才的操作"},
             {Cue::kUndo, "恢复原样"},
             {Cue::kUndo, "改回来"},
             {Cue::kUndo, "改回去"},
             {Cue::kUndo, "恢复刚才的"},
             {Cue::kUndo, "撤销上一步"},
             {Cue::kUndo, "刚才的不算"},
             {Cue::kUndo, "调回去"},
             {Cue::kUndo, "undo"},
             {Cue::kUndo, "undo that"},
             {Cue::kUndo, "undo it"},
             {Cue::kUndo, "take that back"},
             {Cue::kUndo, "take it back"},
             {Cue::kUndo, "change it back"},
             {Cue::kUndo, "put it back"},
             {Cue::kUndo, "revert that"},
             {Cue::kUndo, "as it was"},
             {Cue::kRepeat, "再说一遍"},
             {Cue::kRepeat, "你说什么"},
             {Cue::kRepeat, "没听清"},
             {Cue::kRepeat, "重复一遍"},
             {Cue::kRepeat, "什么"},
             {Cue::kRepeat, "say that again"},
             {Cue::kRepeat, "repeat that"},
             {Cue::kRepeat, "what did you say"},
             {Cue::kRepeat, "pardon"},
             {Cue::kRepeat, "come again"},
             {Cue::kRepeat, "what"},
             {Cue::kRepeat, "sorry what"},
             {Cue::kAll, "所有"},
             {Cue::kAll, "全部"},
             {Cue::kAll, "都"},
             {Cue::kAll, "全屋"},
             {Cue::kAll, "每个"},
             {Cue::kAll, "每盏"},
             {Cue::kAll, "全都"},
             {Cue::kAll, "家里的灯"},
             {Cue::kAll, "all"},
             {Cue::kAll, "every"},
             {Cue::kAll, "everything"},
             {Cue::kBoth, "both"},
             {Cue::kBoth, "both of them"},
             {Cue::kBoth, "all of them"},
             {Cue::kBoth, "them both"},
             {Cue::kBoth, "两个都"},
             {Cue::kBoth, "两个一起"},
             {Cue::kBoth, "两盏都"},
             {Cue::kBoth, "俩都"},
             {Cue::kBoth, "它们都"},
             {Cue::kBoth, "他们都"},
             {Cue::kBoth, "这些都"},
             {Cue::kBoth, "那些都"},
             {Cue::kAll, "everywhere"},
             {Cue::kPronoun, "它"},
             {Cue::kPronoun, "它们"},
             {Cue::kPronoun, "那个"},
             {Cue::kPronoun, "这个"},
             {Cue::kPronoun, "那盏"},
             {Cue::kPronoun, "这盏"},
             {Cue::kPronoun, "那里"},
             {Cue::kPronoun, "it"},
             {Cue::kPronoun, "them"},
             {Cue::kPronoun, "that one"},
             {Cue::kPronoun, "this one"},
             {Cue::kPronoun, "that"},
             {Cue::kPronoun, "those"},
             {Cue::kPronoun, "there"},
             {Cue::kPronoun, "they"},
             {Cue::kMore, "再"},
             {Cue::kMore, "还"},
             {Cue::kMore, "又"},
             {Cue::kMore, "一点"},
             {Cue::kMore, "一些"},
             {Cue::kMore, "改成"},
             {Cue::kMore, "换成"},
             {Cue::kMore, "more"},
             {Cue::kMore, "a bit"},
             {Cue::kMore, "a little"},
             {Cue::kMore, "again"},
             {Cue::kMore, "even"},
             {Cue::kMore, "still"},
             {Cue::kMore, "further"},
             {Cue::kMore, "too"},
             {Cue::kAlso, "也"},
             {Cue::kAlso, "too"},
             {Cue::kAlso, "as well"},
             {Cue::kAlso, "also"},
             {Cue::kMachine, "你是人吗"},
             {Cue::kMachine, "你是机器人吗"},
             {Cue::kMachine, "你是真人吗"},
             {Cue::kMachine, "你是不是真人"},
             {Cue::kMachine, "你是机器吗"},
             {Cue::kMachine, "are you human"},
             {Cue::kMachine, "are you a human"},
             {Cue::kMachine, "are you a robot"},
             {Cue::kMachine, "are you a person"},
             {Cue::kMachine, "are you real"},
             {Cue::kMachine, "are you a machine"},
             {Cue::kMachine, "are you an ai"},
             {Cue::kMorning, "早上"},
             {Cue::kMorning, "上午"},
             {Cue::kMorning, "早晨"},
             {Cue::kMorning, "凌晨"},
             {Cue::kMorning, "清晨"},
             {Cue::kMorning, "morning"},
             {Cue::kMorning, "am"},
             {Cue::kMorning, "a.m"},
             {Cue::kEvening, "晚上"},
             {Cue::kEvening, "下午"},
             {Cue::kEvening, "傍晚"},
             {Cue::kEvening, "evening"},
             {Cue::kEvening, "afternoon"},
             {Cue::kEvening, "pm"},
             {Cue::kEvening, "night"},
             {Cue::kEvening, "tonight"}};

// Small words that may stand around a cue.
constexpr std::string_view kFillers[] = {"嗯", "啊", "呃", "哦", "那",     "请",     "吧",   "了",   "谢谢",
                                         "哎", "uh", "um", "oh", "please", "thanks", "well", "then", "just"};

using Kind = Reference::Kind;
// {v}: the new value; {w}: the old one. Longer frames first: the first that fits and makes sense is taken.
constexpr struct {
  Kind kind;
  Language language;
  std::string_view pattern;
} kReferences[] = {{Kind::kCorrection, Language::kZh, "不是{w}而是{v}"},
                   {Kind::kCorrection, Language::kZh, "不是{w}是{v}"},
                   {Kind::kCorrection, Language::kZh, "不对不是{w}是{v}"},
                   {Kind::kCorrection, Language::kZh, "不要{w}要{v}"},
                   {Kind::kCorrection, Language::kZh, "不对我是说{v}"},
                   {Kind::kCorrection, Language::kZh, "不对我说的是{v}"},
                   {Kind::kCorrection, Language::kZh, "不对应该是{v}"},
                   {Kind::kCorrection, Language::kZh, "不对是{v}"},
                   {Kind::kCorrection, Language::kZh, "错啦应该{v}才对"},
                   {Kind::kCorrection, Language::kZh, "说错了是{v}"},
                   {Kind::kCorrection, Language::kZh, "说错了{v}"},
                   {Kind::kCorrection, Language::kZh, "错了是{v}"},
                   {Kind::kCorrection, Language::kZh, "错了{v}"},
                   {Kind::kCorrection, Language::kZh, "等等改成{v}"},
                   {Kind::kCorrection, Language::kZh, "等等是{v}"},
                   {Kind::kCorrection, Language::kZh, "等等{v}"},
                   {Kind::kCorrection, Language::kZh, "哎换成{v}"},
                   {Kind::kCorrection, Language::kZh, "还是改成{v}"},
                   {Kind::kCorrection, Language::kZh, "改成{v}"},
                   {Kind::kCorrection, Language::kZh, "换成{v}"},
                   {Kind::kCorrection, Language::kZh, "应该是{v}"},
                   {Kind::kCorrection, Language::kZh, "我说的是{v}"},
                   {Kind::kCorrection, Language::kZh, "我是说{v}"},
                   {Kind::kCorrection, Language::kZh, "不是是{v}"},
                   {Kind::kCorrection, Language::kZh, "不是{v}"},
                   {Kind::kCorrection, Language::kZh, "不对{v}"},
                   {Kind::kCorrection, Language::kZh, "不{v}"},
                   {Kind::kFollowUp, Language::kZh, "那{v}呢"},
                   {Kind::kFollowUp, Language::kZh, "{v}呢"},
                   {Kind::kFollowUp, Language::kZh, "{v}也一样"},
                   {Kind::kFollowUp, Language::kZh, "{v}也是"},
                   {Kind::kFollowUp, Language::kZh, "{v}也要"},
                   {Kind::kFollowUp, Language::kZh, "{v}也来一个"},
                   {Kind::kFollowUp, Language::kZh, "还有{v}"},
                   {Kind::kFollowUp, Language::kZh, "{v}怎么样"},
                   {Kind::kFollowUp, Language::kZh, "再说说{v}"},
                   {Kind::kFollowUp, Language::kZh, "换到{v}又如何"},
                   {Kind::kFollowUp, Language::kZh, "行{v}也一样"},
                   {Kind::kFollowUp, Language::kZh, "{v}同样"},
                   {Kind::kFollowUp, Language::kZh, "再来一个{v}的"},
                   {Kind::kFollowUp, Language::kZh, "{v}也"},
                   {Kind::kCorrection, Language::kEn, "no not the {w} the {v}"},
                   {Kind::kCorrection, Language::kEn, "not the {w} but the {v}"},
                   {Kind::kCorrection, Language::kEn, "not the {w} the {v}"},
                   {Kind::kCorrection, Language::kEn, "not {w} but {v}"},
                   {Kind::kCorrection, Language::kEn, "wrong one it should be {v}"},
                   {Kind::kCorrection, Language::kEn, "it should be {v}"},
                   {Kind::kCorrection, Language::kEn, "actually make it {v}"},
                   {Kind::kCorrection, Language::kEn, "make it {v}"},
                   {Kind::kCorrection, Language::kEn, "make that {v}"},
                   {Kind::kCorrection, Language::kEn, "sorry i meant {v}"},
                   {Kind::kCorrection, Language::kEn, "no i meant {v}"},
                   {Kind::kCorrection, Language::kEn, "i meant {v}"},
                   {Kind::kCorrection, Language::kEn, "no i said {v}"},
                   {Kind::kCorrection, Language::kEn, "i said {v}"},
                   {Kind::kCorrection, Language::kEn, "not that {v}"},
                   {Kind::kCorrection, Language::kEn, "wait {v}"},
                   {Kind::kCorrection, Language::kEn, "actually {v}"},
                   {Kind::kCorrection, Language::kEn, "no the {v}"},
                   {Kind::kCorrection, Language::kEn, "no {v}"},
                   {Kind::kCorrection, Language::kEn, "change it to {v}"},
                   {Kind::kCorrection, Language::kEn, "change that to {v}"},
                   {Kind::kFollowUp, Language::kEn, "what about {v}"},
                   {Kind::kFollowUp, Language::kEn, "how about {v}"},
                   {Kind::kFollowUp, Language::kEn, "and the same for {v}"},
                   {Kind::kFollowUp, Language::kEn, "the same for {v}"},
                   {Kind::kFollowUp, Language::kEn, "same for {v}"},
                   {Kind::kFollowUp, Language::kEn, "the same in {v}"},
                   {Kind::kFollowUp, Language::kEn, "now do that with {v}"},
                   {Kind::kFollowUp, Language::kEn, "do the same with {v}"},
                   {Kind::kFollowUp, Language::kEn, "and for {v}"},
                   {Kind::kFollowUp, Language::kEn, "and in {v}"},
                   {Kind::kFollowUp, Language::kEn, "and {v} too"},
                   {Kind::kFollowUp, Language::kEn, "and {v}"},
                   {Kind::kFollowUp, Language::kEn, "{v} too"},
                   {Kind::kFollowUp, Language::kEn, "{v} as well"},
                   {Kind::kFollowUp, Language::kEn, "also {v}"}};

constexpr struct {
  Language language;
  std::string_view words;
} kJoiners[] = {{Language::kZh, "，然后"},
                {Language::kZh, "，再"},
                {Language::kZh, "，还有"},
                {Language::kZh, "，顺便"},
                {Language::kZh, "，完了之后"},
                {Language::kZh, "，并且"},
                {Language::kZh, "，接着"},
                {Language::kZh, "，同时"},
                {Language::kZh, "，也"},
                {Language::kZh, "，"},
                {Language::kZh, "然后"},
                {Language::kZh, "顺便"},
                {Language::kZh, "并且"},
                {Language::kZh, "同时"},
                {Language::kZh, "接着"},
                {Language::kZh, "再把"},
                {Language::kZh, "。"},
                {Language::kZh, "；"},
                {Language::kZh, ","},
                {Language::kEn, " and then "},
                {Language::kEn, ", and also "},
                {Language::kEn, ", and "},
                {Language::kEn, ", then "},
                {Language::kEn, ", also "},
                {Language::kEn, ", after which "},
                {Language::kEn, " and also "},
                {Language::kEn, " after that "},
                {Language::kEn, " and "},
                {Language::kEn, " then "},
                {Language::kEn, ". "},
                {Language::kEn, "; "},
                {Language::kEn, ", "}};

std::string unfilled(std::string_view normal) {
  std::string text(normal);
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (const std::string_view filler : kFillers) {
      const bool is_word = static_cast<unsigned char>(filler[0]) < 0x80;
      const std::string head = std::string(filler) + (is_word ? " " : ""), tail = (is_word ? " " : "") + std::string(filler);
      if (text.size() > head.size() && starts_with(text, head)) text.erase(0, head.size()), goes_on = true;
      if (text.size() > tail.size() && ends_with(text, tail)) text.resize(text.size() - tail.size()), goes_on = true;
    }
  }
  return text;
}

bool is_one_of(std::string_view text, Cue cue) {
  return std::any_of(std::begin(kCues), std::end(kCues), [&](const auto& row) { return row.cue == cue && row.words == text; });
}

}  // namespace

bool is_cue(std::string_view normal, Cue cue) { return is_one_of(normal, cue) || is_one_of(unfilled(normal), cue); }

bool has_cue(std::string_view normal, Cue cue) {
  return std::any_of(std::begin(kCues), std::end(kCues),
                     [&](const auto& row) { return row.cue == cue && contains(normal, row.words); });
}

std::string with_hole_for(Cue cue, std::string_view normal) {
  std::string_view longest;
  for (const auto& row : kCues)
    if (row.cue == cue && contains(normal, row.words) && std::string_view(row.words).size() > longest.size())
      longest = row.words;
  std::string text(normal);
  if (!longest.empty()) text.replace(find_words(normal, longest), longest.size(), " ");
  return text;
}

bool is_question(std::string_view normal) {
  constexpr std::string_view kAnywhere[] = {"吗", "怎么", "什么", "多少", "谁", "哪", "是不是"};
  constexpr std::string_view kAtTheEnd[] = {"没有", "呢"};
  constexpr std::string_view kAtTheBegin[] = {"who ",   "what ",    "where ", "when ", "why ",   "how ",    "is ",
                                              "are ",   "does ",    "did ",   "was ",  "were ",  "which ",  "what's ",
                                              "who's ", "where's ", "how's ", "do i ", "do we ", "do you ", "have i "};
  const auto holds = [&](const auto& words, auto test) { return std::any_of(std::begin(words), std::end(words), test); };
  return holds(kAnywhere, [&](std::string_view w) { return normal.find(w) != std::string_view::npos; }) ||
         holds(kAtTheEnd, [&](std::string_view w) { return ends_with(normal, w); }) ||
         holds(kAtTheBegin, [&](std::string_view w) { return starts_with(normal, w); });
}

std::vector<Reference> references(std::string_view normal, Language language) {
  std::vector<Reference> all;
  const std::string bare = unfilled(normal);
  for (const auto& row : kReferences) {
    Holes holes;
    if (row.language != language || !(match_pattern(row.pattern, normal, &holes) || match_pattern(row.pattern, bare, &holes)))
      continue;
    Reference reference;
    reference.kind = row.kind;
    for (const auto& [name, words] : holes) (name == "v" ? reference.value : reference.old) = words;
    all.push_back(std::move(reference));
  }
  return all;
}

std::vector<std::string> patterns_of_talk(Language language) {
  std::vector<std::string> all;
  for (const auto& row : kCues)
    if (language_of(row.words, Language::kEn) == language) all.emplace_back(row.words);
  for (const auto& row : kReferences) {
    if (row.language != language) continue;
    std::string with_places(row.pattern);  // what is corrected is mostly a place or a value
    for (const std::string_view hole : {"{v}", "{w}"})
      if (const size_t at = with_places.find(hole); at != std::string::npos) with_places.replace(at, hole.size(), "{area}");
    all.push_back(with_places);
    all.emplace_back(row.pattern);
  }
  return all;
}

std::vector<Joint> joints(std::string_view text, Language language) {
  std::vector<Joint> all;
  for (const auto& row : kJoiners) {
    if (row.language != language) continue;
    for (size_t at = text.find(row.words); at != std::string_view::npos; at = text.find(row.words, at + row.words.size())) {
      // "再把" and the like belong to the next part; what stands before the joiner must be some words.
      const bool is_kept = row.words == "再把";
      const Joint joint{at, at + (is_kept ? 0 : row.words.size())};
      const bool is_taken =
          std::any_of(all.begin(), all.end(), [&](const Joint& j) { return joint.end < j.begin && j.end < joint.begin; });
      if (joint.end > 0 && joint.begin < text.size() && !is_taken) all.push_back(joint);
    }
  }
  std::sort(all.begin(), all.end(), [](const Joint& a, const Joint& b) { return a.end < b.end; });
  return all;
}

}  // namespace sotto::assistant

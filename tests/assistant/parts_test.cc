// The parts by themselves.
#include <gtest/gtest.h>

#include <cmath>

#include "assistant/choice.h"
#include "assistant/home.h"
#include "assistant/json.h"
#include "assistant/lexicon.h"
#include "assistant/model_understanding.h"
#include "assistant/retrieval.h"
#include "assistant/speak.h"
#include "rig.h"

namespace sotto::assistant {
namespace {

using assistant_test::fixture_path;
using assistant_test::read_text;

TEST(Text, NormalFormsLeaveWhatIsMeant) {
  const std::pair<const char*, const char*> kCases[] = {{"打开，客厅的灯！", "打开客厅的灯"},
                                                        {"Turn  on the  TV.", "turn on the tv"},
                                                        {"７：３０", "7:30"},
                                                        {"30%，好吗", "30%好吗"},
                                                        {"it's 2.5, ok?", "it's 2.5 ok"},
                                                        {"", ""},
                                                        {"“26度”", "26度"},
                                                        {"a-b", "a b"}};
  for (const auto& [given, wanted] : kCases) EXPECT_EQ(normal_form(given), wanted) << given;
}

TEST(Text, LanguageIsWhatMostOfItIs) {
  EXPECT_EQ(language_of("打开 TV", Language::kEn), Language::kZh);
  EXPECT_EQ(language_of("play 周杰伦 in the living room please now", Language::kZh), Language::kEn);
  EXPECT_EQ(language_of("7:30", Language::kEn), Language::kEn);
  EXPECT_EQ(language_of("7:30", Language::kZh), Language::kZh);
}

TEST(Text, PatternsFillTheirHoles) {
  Holes holes;
  EXPECT_TRUE(match_pattern("不是{w}是{v}", "不是客厅是卧室", &holes));
  EXPECT_EQ(holes, (Holes{{"w", "客厅"}, {"v", "卧室"}}));
  EXPECT_TRUE(match_pattern("what about {v}", "what about the hall", &holes));
  EXPECT_EQ(holes, (Holes{{"v", "the hall"}}));
  EXPECT_FALSE(match_pattern("不是{w}是{v}", "不是客厅", &holes));
  EXPECT_TRUE(holes.empty());
  EXPECT_FALSE(match_pattern("{v}呢", "呢", &holes));
  EXPECT_FALSE(match_pattern("{v", "x", &holes));
}

TEST(Text, LikenessIsOneForEqualsAndNoneForStrangers) {
  const auto alike = [](const char* a, const char* b) { return likeness(grams_of(normal_form(a)), grams_of(normal_form(b))); };
  EXPECT_DOUBLE_EQ(alike("给花浇水", "给花浇水"), 1);
  EXPECT_EQ(alike("给花浇水", "turn it off"), 0);
  EXPECT_GT(alike("water the plants", "water my plants"), alike("water the plants", "feed the fish"));
  EXPECT_NEAR(edit_likeness("落地灯", "洛地灯"), 2.0 / 3, 1e-9);
}

TEST(Text, PlainTextHasNoControls) {
  EXPECT_EQ(plain_text("a\nb\x1B[31m\xE2\x80\xAE", 100), "a b [31m");
  EXPECT_EQ(plain_text("灯灯灯", 7), "灯灯");
}

// One slot over three words: begin scores 0, 2, 1, end scores 0, 0, 3, absence 0.
TEST(Spans, TheBestOneIsBeginTimesEndBesidesAbsence) {
  const float scores[] = {0, 0, 2, 0, 1, 3};
  const BestSpan best = best_span(scores, scores + 1, 3, 2);
  const double begins = 1 + std::exp(2.0) + std::exp(1.0) + 1, ends = 1 + 1 + std::exp(3.0) + 1;
  EXPECT_EQ(best.first, 1u);
  EXPECT_EQ(best.last, 2u);
  EXPECT_NEAR(best.probability, std::exp(2.0) / begins * std::exp(3.0) / ends, 1e-9);
}

TEST(Spans, OfTwoThatOverlapTheLikelierStays) {
  const std::vector<Span> kept = apart({{"a", 0, 4, 0.6}, {"b", 2, 6, 0.9}, {"c", 6, 8, 0.5}});
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].slot, "b");
  EXPECT_EQ(kept[1].slot, "c");
}

class InHome : public testing::Test {
 protected:
  InHome()
      : domain(Domain::read(read_text(fixture_path("assistant.json")))),
        home(Home::read(read_text(fixture_path("home.json")))) {}
  std::vector<std::string> ids(const Found& found) const {
    std::vector<std::string> all;
    for (const size_t i : found.devices) all.push_back(home.devices()[i].id);
    return all;
  }
  Domain domain;
  Home home;
};

TEST_F(InHome, WordsFindDevices) {
  using Ids = std::vector<std::string>;
  const struct {
    Wanted wanted;
    std::vector<std::string> kinds;
    Ids ids;
    Found::Problem problem;
  } kCases[] = {{{"灯", "厨房"}, {"any"}, {"light.kitchen"}, Found::Problem::kNone},
                {{"厨房的灯", ""}, {"light"}, {"light.kitchen"}, Found::Problem::kNone},
                {{"the lamp in the study", ""}, {"any"}, {"light.study"}, Found::Problem::kNone},
                {{"灯", "客厅"}, {"light"}, {"light.ceiling", "light.floor"}, Found::Problem::kNone},
                {{"窗帘", ""}, {"cover"}, {"cover.living", "cover.bedroom"}, Found::Problem::kSeveral},
                {{"窗帘", "", true}, {"cover"}, {"cover.living", "cover.bedroom"}, Found::Problem::kNone},
                {{"reading lamp", ""}, {"any"}, {"light.floor"}, Found::Problem::kNone},
                {{"Whitey", ""}, {"vacuum"}, {"vacuum"}, Found::Problem::kNone},
                {{"", "书房"}, {"light"}, {"light.study"}, Found::Problem::kNone},
                {{"灯", "车库"}, {"light"}, {}, Found::Problem::kUnknown},
                {{"壁炉", ""}, {"any"}, {}, Found::Problem::kUnknown}};
  for (const auto& c : kCases) {
    const Found found = home.find(c.wanted, c.kinds, domain, "");
    EXPECT_EQ(found.problem, c.problem) << c.wanted.name << " " << c.wanted.area;
    EXPECT_EQ(ids(found), c.ids) << c.wanted.name << " " << c.wanted.area;
  }
  EXPECT_EQ(ids(home.find({"空调", ""}, {"climate"}, domain, "bedroom")), (Ids{"ac.bedroom"}));  // where the assistant stands
}

TEST_F(InHome, TypedValuesBecomeArgumentsAndWords) {
  assistant_test::FakeHost host;
  host.now_ms = 1795897800000;  // 2026-11-28 20:30 UTC
  const Services services{plugin::Host(host.host())};
  const ValueReader reader(services, {host.now_ms, 0});
  const struct {
    const char* text;
    SlotType type;
    Language language;
    const char *json, *words;
  } kCases[] = {
      {"调到三成", SlotType::kPercent, Language::kZh, "30", "30%"},
      {"half", SlotType::kPercent, Language::kEn, "50", "50%"},
      {"一个半小时", SlotType::kDuration, Language::kZh, "5400", "1小时30分钟"},
      {"90 seconds", SlotType::kDuration, Language::kEn, "90", "1 minute 30 seconds"},
      {"明早七点一刻", SlotType::kTime, Language::kZh, "\"2026-11-29T07:15:00\"", "明天早上7点15分"},
      {"tomorrow at 3 pm", SlotType::kTime, Language::kEn, "\"2026-11-29T15:00:00\"", "tomorrow at 3 pm"},
      {"明天", SlotType::kTime, Language::kZh, "\"2026-11-29\"", "明天"},
      {"78 degrees fahrenheit", SlotType::kTemperature, Language::kEn, "25.6", "78 degrees Fahrenheit"},
      {"红色", SlotType::kColor, Language::kZh, "\"#ff0000\"", "红色"},
      {"亮一点", SlotType::kAmount, Language::kZh, "{\"number\":1,\"unit\":\"bit\"}", "一点"},
      {"每天早上七点", SlotType::kRepeat, Language::kZh, "{\"unit\":\"day\",\"interval\":1,\"weekdays\":[]}", "每天早上七点"}};
  for (const auto& c : kCases) {
    const std::vector<assistant::Reading> readings = reader.read(c.text, c.type, c.language, true);
    ASSERT_FALSE(readings.empty()) << c.text;
    EXPECT_EQ(readings[0].values.size(), 1u) << c.text;
    EXPECT_EQ(readings[0].values[0].json, c.json) << c.text;
    EXPECT_EQ(readings[0].values[0].words[index_of(c.language)], c.words) << c.text;
  }
  EXPECT_EQ(reader.read("七点", SlotType::kTime, Language::kZh, true)[0].values.size(), 2u);
}

TEST_F(InHome, TalkIsFoundByItsWords) {
  const LineIndex zh(domain.talk(Language::kZh)), en(domain.talk(Language::kEn));
  EXPECT_EQ(zh.find(normal_form("你好")).line->answer, "你好呀，有什么可以帮忙的？");
  EXPECT_GT(en.find(normal_form("Thank you!")).score, 0.9);
  EXPECT_LT(en.find(normal_form("defragment the carburettor")).score, 0.3);
  EXPECT_EQ(en.find("").line, nullptr);
}

TEST(Speak, TemplatesAreFilledOnceAndOnlyWhole) {
  std::string text;
  EXPECT_TRUE(fill("{name}开了。", {{"name", "{area} {{x}}"}}, &text));
  EXPECT_EQ(text, "{area} {{x}}开了。");
  EXPECT_FALSE(fill("{name} {area}", {{"name", "x"}}, &text));
  EXPECT_EQ(pick({"Done.", "The {name} is on.", "{percent} now."}, {{"name", "lamp"}, {"percent", "30%"}}, 0), "30% now.");
  EXPECT_EQ(pick({"{x}"}, {}, 0), "");
  EXPECT_EQ(pick({"a", "b"}, {}, 3), "b");
}

TEST(Lexicon, CuesStandWhole) {
  EXPECT_TRUE(is_cue("嗯好的", Cue::kYes));
  EXPECT_TRUE(is_cue("yes please", Cue::kYes));
  EXPECT_FALSE(is_cue("好热", Cue::kYes));
  EXPECT_FALSE(is_cue("yes turn it off", Cue::kYes));
  EXPECT_TRUE(has_cue("turn it off too", Cue::kAlso));
  EXPECT_FALSE(has_cue("the tools", Cue::kAlso));
}

}  // namespace
}  // namespace sotto::assistant

// Writings that are one for the rules, the matcher's syntax, and numbers by their form.
#include <gtest/gtest.h>

#include <chrono>

#include "cases.h"
#include "stream.h"

namespace sotto::care_test {
namespace {

class Parts : public testing::Test {
 protected:
  uint32_t found(const std::string& text) const { return found_in(*care, text); }
  // Whether rules of a maker find it. "category violence" stands before them.
  bool matches(const std::string& rules, const std::string& text) const {
    const std::string all = "category violence\nlanguage en\n" + rules;
    sotto_care_options options{};
    options.rules = {all.data(), all.size()};
    const auto made = make_care(services, options);
    return (found_in(*made, text) >> SOTTO_CARE_VIOLENCE & 1u) != 0;
  }
  std::vector<sotto_care_finding> personal(const std::string& text) const {
    std::vector<sotto_care_finding> all;
    const auto take = [](void* user, const sotto_care_finding* f) -> int32_t {
      if (f->category == SOTTO_CARE_PERSONAL) static_cast<std::vector<sotto_care_finding>*>(user)->push_back(*f);
      return 0;
    };
    care->check(text, SOTTO_CARE_FROM_USER, take, &all);
    return all;
  }

  const care::Services services = no_services();
  const std::unique_ptr<care::Care> care = make_care(services);
};

TEST_F(Parts, OneWordInManyWritings) {
  for (const char* text : {"suicide", "SUICIDE", "s u i c i d e", "s.u.i.c.i.d.e", "s-u-i-c-i-d-e", "su1c1de", "suiciiiide",
                           "sui\xE2\x80\x8B"
                           "cide",
                           "ｓｕｉｃｉｄｅ", "suіcіde", "su!cide", "I s u i c i d e", "自杀", "自 杀", "自.杀", "自*杀", "自殺",
                           "自  -  杀", "自\xE2\x80\x8B杀"})
    EXPECT_EQ(found(text), 1u << SOTTO_CARE_SELF_HARM) << text;
  for (const char* text : {"suicid al dente", "decide", "a b c d e f", "杀自", ""})
    EXPECT_EQ(found(text) & 1u, text[0] == 's' ? 1u : 0u) << text;
}

TEST_F(Parts, TheSyntaxOfPatterns) {
  EXPECT_TRUE(matches("2 zig [big] zag", "zig zag"));
  EXPECT_TRUE(matches("2 zig [big] zag", "a zig big zag b"));
  EXPECT_FALSE(matches("2 zig [big] zag", "zig small zag"));
  EXPECT_TRUE(matches("2 zig (red|blue sky) zag", "zig blue sky zag"));
  EXPECT_FALSE(matches("2 zig (red|blue sky) zag", "zig blue zag"));
  EXPECT_TRUE(matches("2 zig ~2 zag", "zig one two zag"));
  EXPECT_FALSE(matches("2 zig ~2 zag", "zig one two three zag"));
  EXPECT_FALSE(matches("2 zig ~2 zag", "zig one. two zag"));
  EXPECT_TRUE(matches("2 zig ~2 zag", "zig one, two zag"));
  EXPECT_TRUE(matches("= c : red|blue\n2 zig <c>", "zig red"));
  EXPECT_TRUE(matches("2 ^ zig", "ok. zig"));
  EXPECT_FALSE(matches("2 ^ zig", "ok zig"));
  EXPECT_TRUE(matches("2 zig $", "ok zig"));
  EXPECT_FALSE(matches("2 zig $", "zig ok"));
  EXPECT_TRUE(matches("2 zig # zag", "zig 42 zag"));
  EXPECT_TRUE(matches("2 * zag", "zig zag"));
  EXPECT_FALSE(matches("2 zig zag\n! zig zag club", "the zig zag club"));
  EXPECT_TRUE(matches("2 zig zag\n! zig zag club", "the zig zag, club"));
  EXPECT_TRUE(matches("2 zig zag\n!1 zig zag club", "the zig zag club"));
  EXPECT_FALSE(matches("1 zig zag\n!1 zig zag club", "the zig zag club"));
  EXPECT_TRUE(matches("2 zig 💊", "zig💊"));
  EXPECT_FALSE(matches("2 zig 💊", "zig 🎈"));
}

TEST_F(Parts, BrokenRulesAreNamedWithTheirLine) {
  for (const char* rules : {"2 (a", "2 a)", "2 ~9 a", "2 [a]", "2 <none> a", "2 a Big", "4 a", "nonsense", "= x y",
                            "2 ((((((((((((((((((a))))))))))))))))))", "2 (a|b) (a|b|c d) |"}) {
    try {
      matches(rules, "x");
      ADD_FAILURE() << rules;
    } catch (const plugin::Failure& e) {
      EXPECT_EQ(e.status(), SOTTO_BAD_FILE);
      EXPECT_NE(std::string(e.what()).find("the maker's rules:3"), std::string::npos) << e.what();
    }
  }
  std::string many = "2 a";
  for (int i = 0; i < 70000; ++i) many += (i % 1000 == 0 ? "\n2 b" : "") + std::string(" a");
  EXPECT_THROW(matches(many, "x"), plugin::Failure);
}

TEST_F(Parts, WeightsAddUpOverRowsOfWords) {
  const std::vector<care::RuleFile> files = {{"weights/en.txt", "150\n100 zig\n100 zag\n-100 zig zag\n"},
                                             {"weights/zh.txt", "50\n100 天 地"}};
  const care::Weights weights(files);
  const auto found = [&](const std::string& text) {
    std::vector<std::pair<size_t, size_t>> all;
    weights.read(text, [&](const sotto_care_finding& f) { all.emplace_back(f.begin, f.end); });
    return all;
  };
  using Stretches = std::vector<std::pair<size_t, size_t>>;
  EXPECT_EQ(found("a ZIG, then zag!"), (Stretches{{0, 15}}));
  EXPECT_EQ(found("zig zig zig"), Stretches{});
  EXPECT_EQ(found("the zig zag"), Stretches{});
  EXPECT_EQ(found("zigs and zags"), Stretches{});
  EXPECT_EQ(found("天地"), Stretches{});
  EXPECT_EQ(found("好天地"), (Stretches{{0, 9}}));
  EXPECT_EQ(found("天好地"), Stretches{});
  std::string apart = "zig";
  for (int i = 0; i < 100; ++i) apart += " x";
  EXPECT_EQ(found(apart + " zag"), Stretches{});
  EXPECT_EQ(found(""), Stretches{});
  const std::vector<care::RuleFile> broken = {{"weights/en.txt", "100\nzig"}};
  EXPECT_THROW(care::Weights{broken}, plugin::Failure);
}

TEST_F(Parts, HostileRulesAreRefusedInTime) {
  std::string doubling = "= n0 : ()\n";  // nothing, two to the power of 64 times
  for (int i = 0; i < 8; ++i) {
    doubling += "= n" + std::to_string(i + 1) + " :";
    for (int k = 0; k < 256; ++k) doubling += " <n" + std::to_string(i) + ">";
    doubling += "\n";
  }
  const std::string own = "= n : <n>\n2 <n> a", head = "category violence\n";
  for (const std::string& rules : {doubling + "2 <n8> a", own, std::string(10 << 20, 'a'), std::string(100000, '('),
                                   "2 " + std::string(4000, '('), std::string("2 a\0b", 5), std::string("2 \xE5\x8E")}) {
    try {
      const care::Rules read(head + rules);
      ADD_FAILURE() << rules.substr(0, 40);
    } catch (const plugin::Failure& e) {
      EXPECT_EQ(e.status(), SOTTO_BAD_FILE);
      EXPECT_GT(std::string(e.what()).size(), 20u);
    }
  }
}

TEST_F(Parts, NumbersByFormAndCheckDigit) {
  struct Row {
    const char* text;
    uint32_t kind;  // 0: nothing
    const char* span;
  };
  const Row rows[] = {
      {"打13812345678吧", SOTTO_CARE_PHONE, "13812345678"},
      {"+86 138-1234-5678", SOTTO_CARE_PHONE, "+86 138-1234-5678"},
      {"１３８１２３４５６７８", SOTTO_CARE_PHONE, "１３８１２３４５６７８"},
      {"2026-11-28 13812345678", SOTTO_CARE_PHONE, "13812345678"},
      {"(010) 62345678", SOTTO_CARE_PHONE, "(010) 62345678"},
      {"call (415) 555-2671.", SOTTO_CARE_PHONE, "(415) 555-2671"},
      {"11010519491231002x", SOTTO_CARE_ID_NUMBER, "11010519491231002x"},
      {"110105194912310021", 0, ""},
      {"123-45-6789", SOTTO_CARE_ID_NUMBER, "123-45-6789"},
      {"000-45-6789", 0, ""},
      {"4111-1111-1111-1111", SOTTO_CARE_CARD, "4111-1111-1111-1111"},
      {"4111111111111112", 0, ""},
      {"a.b+c@mail.example.org!", SOTTO_CARE_MAIL, "a.b+c@mail.example.org"},
      {"a@b", 0, ""},
      {"x13812345678", 0, ""},
      {"13812345678x", 0, ""},
      {"3.14159265358979", 0, ""},
      {"192.168.100.100", 0, ""},
      {"幺三八一二三四五六七八", SOTTO_CARE_PHONE, "幺三八一二三四五六七八"},
      {"一二三四五六七八九", 0, ""},
      {"我住在海淀区中关村大街27号", SOTTO_CARE_ADDRESS, "海淀区中关村大街27号"},
  };
  for (const Row& row : rows) {
    const auto all = personal(row.text);
    ASSERT_EQ(all.size(), row.kind == 0 ? 0u : 1u) << row.text;
    if (row.kind == 0) continue;
    EXPECT_EQ(all[0].kind, row.kind) << row.text;
    EXPECT_EQ(std::string(row.text).substr(all[0].begin, all[0].end - all[0].begin), row.span);
  }
  EXPECT_TRUE(care::passes_luhn("79927398713"));
  EXPECT_FALSE(care::passes_luhn("79927398710"));
}

TEST_F(Parts, AnyCutOfATextIsReadAlike) {
  const std::string text =
      "It is fine. call 415-555-2671, s u i c i d e is 自 杀, not the suicide squad! I want to die laughing. mail a@b.org";
  care::Verdict whole_verdict;
  std::vector<sotto_care_finding> whole;
  care::Reader whole_reader(care->rules(), 0, [&](const sotto_care_finding& f) { whole.push_back(f); });
  whole_reader.push(text, 0, true);
  ASSERT_GE(whole.size(), 4u);
  for (size_t piece = 1; piece < text.size(); ++piece) {
    std::vector<sotto_care_finding> cut;
    care::Reader reader(care->rules(), 0, [&](const sotto_care_finding& f) { cut.push_back(f); });
    for (size_t end = 0; end < text.size();) {
      end = std::min(text.size(), end + piece);
      const size_t begin = reader.read_to();
      reader.push(std::string_view(text).substr(begin, end - begin), begin, end == text.size());
    }
    ASSERT_EQ(cut.size(), whole.size()) << piece;
    for (size_t i = 0; i < cut.size(); ++i) {
      EXPECT_EQ(cut[i].begin, whole[i].begin) << piece;
      EXPECT_EQ(cut[i].end, whole[i].end) << piece;
      EXPECT_EQ(cut[i].category, whole[i].category) << piece;
    }
  }
}

// Four times the text, about four times the time; what grows with the square would take sixteen times as long.
TEST_F(Parts, HostileTextsTakeLinearTime) {
  for (const char* unit :
       {"我", "想", "死", "a ", "i ", "1", "1 ", "(", "a.", "a@", "自 ", "i want to ", "\xE6", "零", "kill kill "}) {
    const auto seconds = [&](size_t bytes) {
      std::string text;
      while (text.size() < bytes) text += unit;
      const auto start = std::chrono::steady_clock::now();
      care->check(text, SOTTO_CARE_FROM_USER, nullptr, nullptr);
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const double quarter = seconds(16 << 10), whole = seconds(64 << 10);
    EXPECT_LT(whole, 12 * quarter + 0.5) << unit << " " << quarter << " s, " << whole << " s";
  }
}

}  // namespace
}  // namespace sotto::care_test

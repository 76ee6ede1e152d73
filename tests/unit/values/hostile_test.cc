// Texts that nobody says: any bytes, and megabytes of what is expensive to read.
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "cases.h"
#include "text/values/parser.h"

namespace sotto::values {
namespace {

// What must hold of every text: spans lie inside it, in order, apart; readings of a span belong together.
size_t check_spans(std::string_view text, const sotto_values_options& options) {
  size_t last = 0, groups = 0;
  parse(text, options, [&](const sotto_value* readings, uint32_t count) {
    ASSERT_GT(count, 0u);
    ASSERT_LE(count, Readings::kMost);
    for (uint32_t i = 0; i < count; ++i) {
      ASSERT_EQ(readings[i].begin, readings[0].begin);
      ASSERT_EQ(readings[i].end, readings[0].end);
      ASSERT_EQ(readings[i].group, groups);
      ASSERT_EQ((readings[i].flags & SOTTO_VALUE_AMBIGUOUS) != 0, count > 1);
      ASSERT_LE(readings[i].number, readings[i].number_to);
      ASSERT_LE(readings[i].from.unix_seconds, readings[i].to.unix_seconds);
    }
    ASSERT_GE(readings[0].begin, last);
    ASSERT_GT(readings[0].end, readings[0].begin);
    ASSERT_LE(readings[0].end, text.size());
    last = readings[0].end;
    ++groups;
  });
  return groups;
}

TEST(Hostile, AnyBytesAreRead) {
  std::mt19937 random(20261128);
  const auto zh = read_cases(SOTTO_SOURCE_DIR "/tests/unit/values/zh.tsv", SOTTO_VALUES_ANY);
  const auto en = read_cases(SOTTO_SOURCE_DIR "/tests/unit/values/en.tsv", SOTTO_VALUES_ANY);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
      const auto& from = random() % 2 != 0 ? zh : en;
      text += from[random() % from.size()].text;
      if (random() % 2 != 0) text += ' ';
    }
    for (unsigned i = 0; i < random() % 6; ++i) {
      const size_t at = random() % text.size();
      if (random() % 2 != 0)
        text[at] = static_cast<char>(random());
      else
        text.erase(at, random() % 4);
      if (text.empty()) text = "x";
    }
    sotto_values_options options = default_options();
    options.language = static_cast<uint32_t>(random() % 3);
    options.expect = static_cast<uint32_t>(random() % 12);
    check_spans(text, options);
    if (HasFatalFailure()) FAIL() << "round " << round << ": " << testing::PrintToString(text);
  }
}

TEST(Hostile, ATextThatEndsAnywhereIsRead) {
  for (const char* whole : {"明早七点一刻把客厅的灯调到百分之三十，每周一到周五",
                            "every other monday at half past six p.m. for two and a half hours",
                            "+86 138-0013-8000 26.5\xC2\xB0"
                            "C 2026-12-01T18:30:15 1,234,567.8"}) {
    const std::string text = whole;
    for (size_t size = 0; size <= text.size(); ++size) check_spans(text.substr(0, size), default_options());
    for (size_t begin = 0; begin < text.size(); ++begin) check_spans(text.substr(begin), default_options());
  }
}

std::string repeat(const std::string& part, size_t size) {
  std::string out;
  out.reserve(size + part.size());
  while (out.size() < size) out += part;
  return out;
}

double seconds_for(const std::string& text) {
  const std::clock_t begin = std::clock();  // of this process alone: the machine may be busy
  check_spans(text, default_options());
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Eight times the text takes eight times as long; in quadratic time it would take sixty-four times.
TEST(Hostile, TimeGrowsWithTheText) {
  for (const char* part : {"一",  "十",   "1",      "one ",      "a ",     "twenty ", "三点",   "每", "1,000,",
                           "(",   "-",    "每周一", "first of ", "\xE4",   "\xFF",    "万一十", "0 ", "double ",
                           "in ", "the ", "1:",     "半",        "一个半", "every ",  "next "}) {
    const double small = std::max(seconds_for(repeat(part, 10000)), 0.002);
    const double large = seconds_for(repeat(part, 80000));
    EXPECT_LT(large, 20 * small) << part;
  }
}

TEST(Hostile, RunsOfDigitsAreNoNumbers) {
  for (const char* digit : {"7", "一", "seven "}) EXPECT_EQ(find(repeat(digit, 4000), default_options()).forms, "-") << digit;
}

TEST(Hostile, ClocksAtTheEndsOfTimeAreNoTrouble) {
  for (const int64_t ms : {int64_t{1}, int64_t{250000000000000}}) {
    for (const int offset : {-1080, 1080}) {
      sotto_values_options options = default_options();
      options.now_unix_ms = ms;
      options.utc_offset_minutes = offset;
      for (const char* text : {"三千年后", "3000 years ago", "明年二月二十九号", "农历八月十五", "last year", "七点",
                               "每年五月三号", "月底", "9999年"})
        check_spans(text, options);
    }
  }
}

TEST(Hostile, WithoutAClockThereAreNoTimes) {
  sotto_values_options options = default_options();
  options.now_unix_ms = 0;
  EXPECT_EQ(find("明天早上七点一刻", options).forms, "-");
  EXPECT_EQ(find("in ten minutes, 30%", options).forms, "duration PT10M ; percent 30");
}

}  // namespace
}  // namespace sotto::values

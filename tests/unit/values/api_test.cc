// The C functions of values.h: arrays, sizes, statuses.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "api/values_service.h"
#include "cases.h"

namespace sotto::values {
namespace {

struct Failure {
  sotto_error err{sizeof(sotto_error), SOTTO_OK, ""};
  std::string text() const { return err.text; }
};

sotto_values_options options() { return default_options(); }

TEST(ValuesApi, FillsTheArrayAndCountsTheRest) {
  const auto o = options();
  sotto_value values[4] = {};
  uint64_t count = 0;
  ASSERT_EQ(sotto_values_parse(sotto_cstr("七点把灯调到30%"), &o, values, sizeof *values, 4, &count, nullptr), SOTTO_OK);
  ASSERT_EQ(count, 3u);
  EXPECT_EQ(values[0].kind, SOTTO_VALUE_TIME);
  EXPECT_EQ(values[0].struct_size, sizeof(sotto_value));
  EXPECT_EQ(values[0].group, values[1].group);
  EXPECT_EQ(values[0].flags, SOTTO_VALUE_AMBIGUOUS);
  EXPECT_EQ(values[0].from.hour, 19);
  EXPECT_EQ(values[1].from.hour, 7);
  EXPECT_EQ(values[1].from.unix_seconds - values[0].from.unix_seconds, 12 * 3600);
  EXPECT_EQ(values[2].kind, SOTTO_VALUE_PERCENT);
  EXPECT_EQ(values[2].number, 30);
  EXPECT_EQ(values[2].group, 1u);
  EXPECT_EQ(values[3].struct_size, 0u);
}

TEST(ValuesApi, WritesOnlyWholeGroups) {
  const auto o = options();
  sotto_value values[3];
  std::memset(values, 0x5A, sizeof values);
  uint64_t count = 0;
  ASSERT_EQ(sotto_values_parse(sotto_cstr("30%，七点，40%"), &o, values, sizeof *values, 2, &count, nullptr), SOTTO_OK);
  EXPECT_EQ(count, 4u);
  EXPECT_EQ(values[0].kind, SOTTO_VALUE_PERCENT);
  EXPECT_EQ(values[1].kind, 0x5A5A5A5Au) << "half of a group, or what comes behind it, was written";
  ASSERT_EQ(sotto_values_parse(sotto_cstr("七点"), &o, nullptr, 0, 0, &count, nullptr), SOTTO_OK);
  EXPECT_EQ(count, 2u);
}

TEST(ValuesApi, KeepsToTheCallersStride) {
  const auto o = options();
  struct Larger {
    sotto_value value;
    uint64_t later;
  } values[2];
  std::memset(values, 0x5A, sizeof values);
  uint64_t count = 0;
  ASSERT_EQ(sotto_values_parse(sotto_cstr("30% 40%"), &o, &values[0].value, sizeof *values, 2, &count, nullptr), SOTTO_OK);
  EXPECT_EQ(values[1].value.number, 40);
  EXPECT_EQ(values[0].later, 0x5A5A5A5A5A5A5A5Au);
}

TEST(ValuesApi, ReturnsOnlyTheKindsAskedFor) {
  auto o = options();
  o.kinds = 1u << SOTTO_VALUE_COLOR;
  sotto_value value{};
  uint64_t count = 0;
  ASSERT_EQ(sotto_values_parse(sotto_cstr("七点把灯调成红色，亮度30%"), &o, &value, sizeof value, 1, &count, nullptr),
            SOTTO_OK);
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(value.color, 0xFF0000u);
  EXPECT_EQ(value.group, 0u);
}

TEST(ValuesApi, NullOptionsHaveNoClock) {
  uint64_t count = 9;
  EXPECT_EQ(sotto_values_parse(sotto_cstr("tomorrow"), nullptr, nullptr, 0, 0, &count, nullptr), SOTTO_OK);
  EXPECT_EQ(count, 0u);
}

TEST(ValuesApi, RefusesWrongCallsInASentence) {
  struct Case {
    const char* word;  // of the sentence
    sotto_status status;
    void (*change)(sotto_values_options*);
  };
  for (const auto& c :
       {Case{"language", SOTTO_UNSUPPORTED, [](sotto_values_options* o) { o->language = 3; }},
        Case{"now_unix_ms", SOTTO_INVALID_ARGUMENT, [](sotto_values_options* o) { o->now_unix_ms = -1; }},
        Case{"now_unix_ms", SOTTO_INVALID_ARGUMENT, [](sotto_values_options* o) { o->now_unix_ms = INT64_MAX; }},
        Case{"utc_offset", SOTTO_INVALID_ARGUMENT, [](sotto_values_options* o) { o->utc_offset_minutes = 1081; }},
        Case{"utc_offset", SOTTO_INVALID_ARGUMENT, [](sotto_values_options* o) { o->utc_offset_minutes = INT32_MIN; }},
        Case{"expect", SOTTO_UNSUPPORTED, [](sotto_values_options* o) { o->expect = 12; }},
        Case{"kinds", SOTTO_UNSUPPORTED, [](sotto_values_options* o) { o->kinds = 1u << 12; }},
        Case{"reserved", SOTTO_UNSUPPORTED, [](sotto_values_options* o) { o->reserved = 1; }},
        Case{"struct_size", SOTTO_INVALID_ARGUMENT, [](sotto_values_options* o) { o->struct_size = 0; }}}) {
    auto o = options();
    c.change(&o);
    Failure f;
    uint64_t count = 77;
    EXPECT_EQ(sotto_values_parse(sotto_cstr("30%"), &o, nullptr, 0, 0, &count, &f.err), c.status) << c.word;
    EXPECT_NE(f.text().find(c.word), std::string::npos) << f.text();
    EXPECT_EQ(count, 77u);
  }
}

TEST(ValuesApi, RefusesWrongArraysAndTexts) {
  const auto o = options();
  sotto_value value{};
  uint64_t count = 0;
  EXPECT_EQ(sotto_values_parse(sotto_cstr("1"), &o, nullptr, sizeof value, 1, &count, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_values_parse(sotto_cstr("1"), &o, &value, sizeof value - 8, 1, &count, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_values_parse(sotto_cstr("1"), &o, &value, sizeof value + 1, 1, &count, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_values_parse(sotto_cstr("1"), &o, &value, sizeof value, UINT64_MAX, &count, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_values_parse(sotto_cstr("1"), &o, &value, sizeof value, 1, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_values_parse(sotto_str{nullptr, 5}, &o, &value, sizeof value, 1, &count, nullptr), SOTTO_INVALID_ARGUMENT);
}

TEST(ValuesApi, PrintsIntoTheCallersBuffer) {
  const auto o = options();
  sotto_value value{};
  uint64_t count = 0, size = 0;
  ASSERT_EQ(sotto_values_parse(sotto_cstr("半小时"), &o, &value, sizeof value, 1, &count, nullptr), SOTTO_OK);
  ASSERT_EQ(sotto_value_print(&value, nullptr, 0, &size, nullptr), SOTTO_OK);
  std::string text(size, '?');
  ASSERT_EQ(sotto_value_print(&value, text.data(), size, &size, nullptr), SOTTO_OK);
  EXPECT_EQ(text, "duration PT30M");
  char small[3] = {'x', 'x', 'x'};
  ASSERT_EQ(sotto_value_print(&value, small, 3, &size, nullptr), SOTTO_OK);
  EXPECT_EQ(small[0], 'x');
  value.struct_size = 8;
  EXPECT_EQ(sotto_value_print(&value, nullptr, 0, &size, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_value_print(nullptr, nullptr, 0, &size, nullptr), SOTTO_INVALID_ARGUMENT);
}

sotto_hypothesis heard(const char* text, float score) { return {sizeof(sotto_hypothesis), score, sotto_cstr(text)}; }

TEST(ValuesApi, ReadsAnNBestList) {
  const auto o = options();
  const std::vector<sotto_hypothesis> list = {heard("开灯四十分", -0.9f), heard("开灯十四分钟", -1.2f),
                                              heard("开灯14分钟", -1.3f)};
  sotto_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  sotto_value value{};
  uint64_t count = 0;
  ASSERT_EQ(sotto_values_agree(list.data(), sizeof list[0], 3, &o, &agreement, &value, sizeof value, 1, &count, nullptr),
            SOTTO_OK);
  EXPECT_EQ(agreement.hypothesis, 1u);
  EXPECT_GT(agreement.share, 0.5f);
  EXPECT_EQ(value.number, 14 * 60);
  EXPECT_EQ(value.begin, std::strlen("开灯"));
}

TEST(ValuesApi, RefusesWrongNBestLists) {
  const auto o = options();
  sotto_agreement agreement{};
  agreement.struct_size = sizeof agreement;
  uint64_t count = 0;
  std::vector<sotto_hypothesis> list(65, heard("30%", 0));
  const auto call = [&](const sotto_hypothesis* h, uint32_t stride, uint32_t n, sotto_agreement* a) {
    return sotto_values_agree(h, stride, n, &o, a, nullptr, 0, 0, &count, nullptr);
  };
  const auto stride = static_cast<uint32_t>(sizeof(sotto_hypothesis));
  EXPECT_EQ(call(list.data(), stride, 64, &agreement), SOTTO_OK);
  EXPECT_EQ(call(list.data(), stride, 65, &agreement), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(call(list.data(), stride, 0, &agreement), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(call(nullptr, stride, 1, &agreement), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(call(list.data(), 8, 1, &agreement), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(call(list.data(), stride, 1, nullptr), SOTTO_INVALID_ARGUMENT);
  list[0].score = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(call(list.data(), stride, 1, &agreement), SOTTO_INVALID_ARGUMENT);
  list[0] = heard("30%", 0);
  list[0].struct_size = 4000;
  EXPECT_EQ(call(list.data(), stride, 1, &agreement), SOTTO_INVALID_ARGUMENT);
}

TEST(ValuesApi, PluginsReachTheSameFunctions) {
  const sotto_interface found = values_service();
  ASSERT_TRUE(sotto_table_is_whole(found.table, sizeof(sotto_values_service)));
  const auto* table = static_cast<const sotto_values_service*>(found.table);
  const auto o = options();
  uint64_t count = 0;
  EXPECT_EQ(table->parse(sotto_cstr("红色"), &o, nullptr, 0, 0, &count, nullptr), SOTTO_OK);
  EXPECT_EQ(count, 1u);
}

}  // namespace
}  // namespace sotto::values

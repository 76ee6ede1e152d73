#include "json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sotto::dialogue {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json(text, &out);
  return out;
}

TEST(JsonText, ReadsBackAsTheSameText) {
  std::string all;
  for (int c = 0; c < 128; ++c) all.push_back(static_cast<char>(c));
  all += "打开灯 💡 é \xED\x9F\xBF \xEE\x80\x80 \xF4\x8F\xBF\xBF";
  EXPECT_EQ(nlohmann::json::parse(json(all)).get<std::string>(), all);
}

TEST(JsonText, ReplacesEachBadSequenceOnce) {
  const struct {
    const char* text;
    const char* wanted;
  } cases[] = {{"a\xFFz", "\"a\uFFFDz\""},
               {"\xE6\x89", "\"\uFFFD\""},
               {"\xE6\x89z", "\"\uFFFDz\""},
               {"\xC0\x80", "\"\uFFFD\uFFFD\""},
               {"\xED\xA0\x80", "\"\uFFFD\uFFFD\uFFFD\""},
               {"\xF4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},
               {"\xF0\x9F\x92", "\"\uFFFD\""}};
  for (const auto& c : cases) EXPECT_EQ(json(c.text), c.wanted);
}

}  // namespace
}  // namespace sotto::dialogue

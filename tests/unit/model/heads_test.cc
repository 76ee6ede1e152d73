#include "model/heads.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "model/gguf.h"
#include "sotto/hidden.h"
#include "unit/model/raw_gguf.h"

namespace sotto {
namespace {

constexpr uint32_t kText = 8, kArray = 9, kFloat = 6;

std::string text_array(const std::vector<std::string>& texts) {
  std::string elements;
  for (const auto& t : texts) elements += raw_text(t);
  return raw_array(kText, texts.size(), elements);
}

std::string float_bytes(const std::vector<float>& numbers) {
  std::string bytes;
  for (const float x : numbers) bytes += raw(x);
  return bytes;
}

// A file with nothing but a head "mood" of two labels over four hidden numbers.
RawGguf file_with_head() {
  RawGguf file;
  file.keys = {{"general.architecture", kText, raw_text("llama"), {}},
               {"sotto.head.mood.labels", kArray, text_array({"bad", "好"}), {}},
               {"sotto.head.mood.thresholds", kArray, raw_array(kFloat, 2, float_bytes({0.25f, 0.75f})), {}},
               {"sotto.head.mood.temperature", kFloat, raw(2.0f), {}}};
  file.tensors = {{"sotto.head.mood.weight", {4, 2}, SOTTO_F32, 0, {}, {}},
                  {"sotto.head.mood.bias", {2}, SOTTO_F32, 32, {}, {}}};
  file.data = float_bytes({1, 2, 3, 4, -1, 0, 0.5f, 0}) + float_bytes({10, -2});
  file.lay_out();
  return file;
}

Result<std::vector<Head>> heads_in(const std::string& bytes) {
  static std::string kept;  // views point into it
  kept = bytes;
  auto file = Gguf::read(Span<const uint8_t>(reinterpret_cast<const uint8_t*>(kept.data()), kept.size()));
  if (!file.ok()) return file.status();
  return read_heads(file.value(), 4);
}

TEST(Heads, AreReadAndApplied) {
  const auto heads = heads_in(file_with_head().write());
  ASSERT_TRUE(heads.ok()) << heads.status().text();
  ASSERT_EQ(heads->size(), 1u);
  const Head& head = heads->front();
  EXPECT_EQ(head.name, "mood");
  EXPECT_EQ(head.kind, SOTTO_HEAD_SEQUENCE);
  EXPECT_EQ(head.labels, (std::vector<std::string>{"bad", "好"}));
  EXPECT_EQ(head.thresholds, (std::vector<float>{0.25f, 0.75f}));
  const std::vector<float> hidden = {1, 1, 2, -1};
  float logits[2];
  head.apply(Span<const float>(hidden), logits);
  EXPECT_FLOAT_EQ(logits[0], (1 + 2 + 6 - 4 + 10) / 2.0f);
  EXPECT_FLOAT_EQ(logits[1], (-1 + 1 - 2) / 2.0f);
}

TEST(Heads, ASpanHeadHasABeginningAndAnEndForEachLabel) {
  auto file = file_with_head();
  file.keys.push_back({"sotto.head.mood.kind", kText, raw_text("span"), {}});
  EXPECT_EQ(heads_in(file.write()).status().code(), SOTTO_BAD_FILE) << "half of the rows are missing";
  file.tensor("sotto.head.mood.weight").dims = {4, 4};
  file.remove_key("sotto.head.mood.thresholds");
  file.tensors.pop_back();
  file.lay_out();
  const auto heads = heads_in(file.write());
  ASSERT_TRUE(heads.ok()) << heads.status().text();
  EXPECT_EQ(heads->front().outputs, 4u);
  EXPECT_EQ(heads->front().bias, std::vector<float>(4));
}

TEST(Heads, WhatIsWrongIsNamed) {
  struct Case {
    const char* says;
    void (*change)(RawGguf&);
  };
  const Case cases[] = {
      {"sotto.head.mood.labls", [](auto& f) { f.key("sotto.head.mood.labels").name = "sotto.head.mood.labls"; }},
      {"sotto.head.mood.weigth", [](auto& f) { f.tensor("sotto.head.mood.weight").name = "sotto.head.mood.weigth"; }},
      {"sotto.head..kind",
       [](auto& f) {
         f.keys.push_back({"sotto.head..kind", kText, raw_text("token"), {}});
       }},
      {"mood.kind' is 'oracle'",
       [](auto& f) {
         f.keys.push_back({"sotto.head.mood.kind", kText, raw_text("oracle"), {}});
       }},
      {"mood.labels", [](auto& f) { f.key("sotto.head.mood.labels").value = text_array({}); }},
      {"mood.labels",
       [](auto& f) {
         f.key("sotto.head.mood.labels").value = text_array({"a", ""});
       }},
      {"mood.weight' is 2 x 4, expected 3 x 4",
       [](auto& f) {
         f.key("sotto.head.mood.labels").value = text_array({"a", "b", "c"});
         f.remove_key("sotto.head.mood.thresholds");
       }},
      {"mood.thresholds", [](auto& f) { f.key("sotto.head.mood.thresholds").value = raw_array(kFloat, 1, raw(0.5f)); }},
      {"mood.thresholds",
       [](auto& f) { f.key("sotto.head.mood.thresholds").value = raw_array(kFloat, 2, raw(0.5f) + raw(NAN)); }},
      {"mood.temperature", [](auto& f) { f.key("sotto.head.mood.temperature").value = raw(0.0f); }},
      {"mood.temperature", [](auto& f) { f.key("sotto.head.mood.temperature").value = raw(NAN); }},
      {"mood.weight' holds", [](auto& f) { std::memcpy(f.data.data(), raw(INFINITY).data(), 4); }},
      {"mood.bias", [](auto& f) { f.tensor("sotto.head.mood.bias").dims = {1}; }},
      {"mood.weight' is missing", [](auto& f) { f.tensors.erase(f.tensors.begin()), f.lay_out(); }},
  };
  for (const Case& c : cases) {
    auto file = file_with_head();
    c.change(file);
    const auto heads = heads_in(file.write());
    ASSERT_FALSE(heads.ok()) << c.says;
    EXPECT_NE(heads.status().text().find(c.says), std::string::npos) << heads.status().text();
  }
}

}  // namespace
}  // namespace sotto

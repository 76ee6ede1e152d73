#include "text/pre_tokenizer.h"

#include <gtest/gtest.h>

namespace sotto {
namespace {

std::vector<std::string> cut(std::string_view pre, std::string_view text) {
  const PreTokenizer* rules = find_pre_tokenizer(pre);
  if (!rules) return {"no such pre-tokenizer"};
  const Characters characters(text);
  std::vector<std::string> words;
  size_t from = 0;
  for (const size_t end : cut_words(*rules, characters)) {
    words.emplace_back(text.substr(characters.offsets[from], characters.offsets[end] - characters.offsets[from]));
    from = end;
  }
  return words;
}

using Words = std::vector<std::string>;

TEST(PreTokenizer, CutsAsItsExpressionsSay) {
  struct Case {
    const char *pre, *text;
    Words words;
  };
  const Case cases[] = {
      {"gpt-2", "it's  12345\n", {"it", "'s", " ", " 12345", "\n"}},
      {"gpt-2", "IT'S", {"IT", "'", "S"}},
      {"llama-bpe", "IT'S 12345", {"IT", "'S", " ", "123", "45"}},
      {"llama-bpe", "a!\n\n b", {"a", "!\n\n", " b"}},
      {"qwen2", " 12\tx", {" ", "1", "2", "\tx"}},
      {"default", "it's 12345+67", {"it", "'", "s", " ", "123", "45", "+", "67"}},
      {"default", "a  ٣٤٥٦!=\n", {"a", " ", " ", "٣٤٥٦", "!=", "\n"}},
      {"smollm", "a 12", {"a", " ", "1", "2"}},
      {"deepseek-llm", "a \u10D0\nb", {"a", " ", "\u10D0", "\n", "b"}},
      {"deepseek-coder", "x 42.", {"x", " ", "4", "2", "."}},
      {"deepseek-v3", ".NET 1234 中文", {".NET", " ", "123", "4", " ", "中文"}},
  };
  for (const Case& c : cases) EXPECT_EQ(cut(c.pre, c.text), c.words) << c.pre << ": " << c.text;
}

TEST(PreTokenizer, EveryByteFallsIntoOneWord) {
  const std::string_view text = " \r\n\t a'll 12½٣ 中文가\u0301😀\u3000\u3000x!!\n\n ";
  for (const char* pre :
       {"gpt-2", "default", "llama-bpe", "qwen2", "smollm", "deepseek-llm", "deepseek-coder", "deepseek-v3"}) {
    std::string joined;
    for (const std::string& word : cut(pre, text)) {
      EXPECT_FALSE(word.empty()) << pre;
      joined += word;
    }
    EXPECT_EQ(joined, text) << pre;
    EXPECT_TRUE(cut(pre, "").empty()) << pre;
  }
}

TEST(PreTokenizer, OtherNamesAreUnknown) {
  for (const char* name : {"", " ", "gpt", "gpt-2 gpt2", "tekken", "GPT-2"})
    EXPECT_EQ(find_pre_tokenizer(name), nullptr) << name;
  EXPECT_EQ(find_pre_tokenizer("llama3"), find_pre_tokenizer("llama-bpe"));
  EXPECT_EQ(find_pre_tokenizer("deepseek-r1-qwen"), find_pre_tokenizer("qwen2"));
}

}  // namespace
}  // namespace sotto

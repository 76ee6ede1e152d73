#include "support.h"

#include <gtest/gtest.h>

#include <random>

#include "text/grammar/gbnf.h"
#include "text/grammar/matcher.h"

namespace sotto::grammar {
namespace {

Result<CompiledRef> compiled(Result<Syntax> syntax) {
  if (!syntax.ok()) return syntax.status();
  return compile(syntax.value());
}

CompiledRef taken(Result<CompiledRef> made, std::string_view source) {
  EXPECT_TRUE(made.ok()) << made.status().text() << "\n" << source;
  return made.ok() ? made.value() : nullptr;
}

}  // namespace

CompiledRef gbnf(std::string_view source) { return taken(compiled(read_gbnf(source)), source); }
CompiledRef schema(std::string_view source, const SchemaOptions& options) {
  return taken(compiled(read_schema(source, options)), source);
}
std::string gbnf_fault(std::string_view source) { return compiled(read_gbnf(source)).status().text(); }
std::string schema_fault(std::string_view source, const SchemaOptions& options) {
  return compiled(read_schema(source, options)).status().text();
}

bool begins(const Compiled& grammar, std::string_view text) {
  Matcher m(grammar);
  for (const char c : text)
    if (!m.push(static_cast<uint8_t>(c))) return false;
  return true;
}

bool accepts(const Compiled& grammar, std::string_view text) {
  Matcher m(grammar);
  for (const char c : text)
    if (!m.push(static_cast<uint8_t>(c))) return false;
  return m.is_complete();
}

ListTokenizer::ListTokenizer(std::vector<std::string> tokens) : kept_(std::move(tokens)) {
  for (const std::string& t : kept_) texts_.push_back(t);
  kinds_.assign(kept_.size(), TokenKind::kNormal);
  kinds_.back() = TokenKind::kControl;
  eos_ = static_cast<uint32_t>(kept_.size() - 1);
  index_tokens();
}

std::vector<std::string> test_vocabulary() {
  std::vector<std::string> tokens;
  for (int b = 0; b < 256; ++b) tokens.emplace_back(1, static_cast<char>(b));
  for (const char* piece : {"{\"",
                            "\":",
                            "\": ",
                            "\": \"",
                            "\":\"",
                            "\",",
                            "\", ",
                            "\", \"",
                            "\",\"",
                            "\"}",
                            "\"]",
                            "}]",
                            "]}",
                            "},",
                            "}, ",
                            "},{",
                            "[{",
                            "[[",
                            "]]",
                            "[\"",
                            "[]",
                            "{}",
                            ",\"",
                            ", \"",
                            "true",
                            "false",
                            "null",
                            "rue",
                            "e,",
                            "e}",
                            "12",
                            "123",
                            "0.",
                            ".5",
                            "-1",
                            "e+",
                            "1,",
                            "1}",
                            "2]",
                            "a\",\"b",
                            "\\n",
                            "\\u00",
                            "\\\"",
                            "\"\"",
                            "room",
                            "light",
                            "kitchen",
                            "the ",
                            " on",
                            "name",
                            "on\": ",
                            "  ",
                            "\n  ",
                            "abc",
                            "ab",
                            "a",
                            "\xE5\x8E\xA8",
                            "\xE6\x88\xBF",
                            "\xE5\x8E\xA8\xE6\x88\xBF",
                            "\x8E\xA8",
                            "\xE5\x8E",
                            "\xF0\x9F\x98\x80",
                            "\xF0\x9F"})
    tokens.emplace_back(piece);
  std::mt19937 random(7);
  constexpr std::string_view kLetters = "{}[]\",: 019-.eabtrulnfs\\";
  for (int i = 0; i < 1200; ++i) {
    std::string t;
    for (size_t n = 2 + random() % 5; n > 0; --n) t += kLetters[random() % kLetters.size()];
    tokens.push_back(t);
  }
  tokens.emplace_back("<end>");
  return tokens;
}

std::shared_ptr<const TokenOrder> test_order() {
  const ListTokenizer tokenizer(test_vocabulary());
  return std::make_shared<const TokenOrder>(tokenizer, tokenizer.size());
}

}  // namespace sotto::grammar

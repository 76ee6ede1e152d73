// support.h: grammars and a small vocabulary for the tests of this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/grammar/compile.h"
#include "text/grammar/schema.h"
#include "text/grammar/token_order.h"

namespace sotto::grammar {

using CompiledRef = std::shared_ptr<const Compiled>;

// Fail the test, and return nullptr, when it cannot be compiled.
CompiledRef gbnf(std::string_view source);
CompiledRef schema(std::string_view source, const SchemaOptions& options = {});
// The sentence with which it is refused; empty: it is taken.
std::string gbnf_fault(std::string_view source);
std::string schema_fault(std::string_view source, const SchemaOptions& options = {});

bool accepts(const Compiled& grammar, std::string_view text);
// Whether the text is the beginning of one that the grammar takes.
bool begins(const Compiled& grammar, std::string_view text);

// All bytes, pieces of JSON that lie across its parts, words, parts of characters, and random tokens; the last one ends a text.
class ListTokenizer final : public Tokenizer {
 public:
  explicit ListTokenizer(std::vector<std::string> tokens);
  std::string piece(uint32_t id) const override { return kept_[id]; }
  std::string_view type() const override { return "list"; }

 protected:
  Status encode_text(std::string_view, std::vector<uint32_t>*) const override { return {}; }
  std::string decode_text(Span<const uint32_t>) const override { return {}; }

 private:
  std::vector<std::string> kept_;
};
std::vector<std::string> test_vocabulary();
std::shared_ptr<const TokenOrder> test_order();

}  // namespace sotto::grammar

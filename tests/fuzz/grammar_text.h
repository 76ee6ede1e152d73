// grammar_text.h: what the grammar targets do with a grammar that was taken: match a text, compare masks, take it all back.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "target.h"
#include "text/grammar/compile.h"
#include "text/grammar/token_matcher.h"

namespace sotto::fuzz {

// Bytes, and a few tokens that lie across the parts of JSON.
class FewTokens final : public Tokenizer {
 public:
  FewTokens() {
    for (int b = 0; b < 256; ++b) kept_.emplace_back(1, static_cast<char>(b));
    for (const char* piece : {"{\"", "\":", "\",\"", "\"}", "]}", "true", "12", "ab", "a\",\"b", "\xE4\xB8\xAD", "<end>"})
      kept_.emplace_back(piece);
    for (const std::string& t : kept_) texts_.push_back(t);
    kinds_.assign(kept_.size(), TokenKind::kNormal);
    kinds_.back() = TokenKind::kControl;
    eos_ = static_cast<uint32_t>(kept_.size() - 1);
    index_tokens();
  }
  std::string piece(uint32_t id) const override { return kept_[id]; }
  std::string_view type() const override { return "few"; }
  static const std::shared_ptr<const grammar::TokenOrder>& order() {
    static const auto made = std::make_shared<const grammar::TokenOrder>(FewTokens(), 267);
    return made;
  }

 protected:
  Status encode_text(std::string_view, std::vector<uint32_t>*) const override { return {}; }
  std::string decode_text(Span<const uint32_t>) const override { return {}; }

 private:
  std::vector<std::string> kept_;
};

// Follows the text as far as the grammar goes, choosing by its bytes among what may come where it goes no further.
inline void follow_text(const Result<grammar::Syntax>& syntax, std::string_view text) {
  if (!syntax.ok()) return;
  const auto compiled = grammar::compile(syntax.value());
  if (!compiled.ok()) return;
  const auto masks = std::make_shared<const grammar::MaskCache>(compiled.value(), FewTokens::order());
  const grammar::TokenOrder& order = *FewTokens::order();
  grammar::TokenMatcher m(compiled.value(), masks);
  for (const char c : text.substr(0, 40)) {
    if (!m.fill(false).ok()) return;  // too ambiguous
    std::vector<uint32_t> choices;
    for (uint32_t id = 0; id < order.logits(); ++id)
      if (m.bits()[id / 64] >> id % 64 & 1) choices.push_back(id);
    for (uint32_t byte = 0; byte < 256; byte += 7) {  // the mask says what the matcher does
      grammar::TokenMatcher copy = m;
      const bool taken = copy.accept(byte).ok();
      FUZZ_CHECK(taken == std::binary_search(choices.begin(), choices.end(), byte));
    }
    FUZZ_CHECK(choices.empty() == !(m.can_go_on() || m.is_complete()));
    if (choices.empty()) return;
    const auto byte = static_cast<uint8_t>(c);
    const uint32_t token = std::binary_search(choices.begin(), choices.end(), byte) ? byte : choices[byte % choices.size()];
    FUZZ_CHECK(m.accept(token).ok());
    if (order.is_end(token)) break;
  }
  m.rewind(0);
  FUZZ_CHECK(m.steps() == 0);
}

}  // namespace sotto::fuzz

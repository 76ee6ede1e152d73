// tokenizer_json.cc: text as a tokenizer.json; what is taken is what the engine can run.
#include "convert/tokenizer/tokenizer_json.h"

#include "target.h"
#include "text/tokenizer.h"

namespace sotto::fuzz {

FUZZ_TARGET(tokenizer_json) {
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size), "tokenizer.json");
  if (!json.ok()) return;
  const auto read = read_tokenizer_json(json.value(), "tokenizer.json");
  if (!read.ok()) {
    FUZZ_CHECK(!read.status().text().empty());
    return;
  }
  const TokenizerData& d = read.value();
  FUZZ_CHECK(d.tokens.size() == d.kinds.size() && (d.scores.empty() || d.scores.size() == d.tokens.size()));
  Vocabulary v;
  v.model = d.model;
  v.pre = d.pre;
  v.tokens.assign(d.tokens.begin(), d.tokens.end());
  v.scores = d.scores;
  v.kinds.assign(d.kinds.begin(), d.kinds.end());
  v.merges.assign(d.merges.begin(), d.merges.end());
  v.bos = d.bos;
  v.eos = d.eos;
  v.unknown = d.unknown;
  v.normalize_nfc = d.normalize_nfc;
  const auto made = make_tokenizer(v);
  if (!made.ok()) return;  // SentencePiece has limits of its own
  const auto ids = made.value()->encode("it's  two\n\xE6\x8A\x8A 42", {});
  FUZZ_CHECK(!ids.ok() || ids.value().size() < 100);
}

}  // namespace sotto::fuzz

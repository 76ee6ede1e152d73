// bpe.cc: text through byte-level BPE and back. Input: which pre-tokenizer, options, text. Every byte must come back.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "gguf_file.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sotto::fuzz {
namespace {

constexpr const char* kPreTokenizers[] = {"gpt-2",        "llama-bpe",      "qwen2",      "smollm",
                                          "deepseek-llm", "deepseek-coder", "deepseek-v3"};
constexpr size_t kCount = std::size(kPreTokenizers);

// The vocabulary of tests/fixtures/tokenizers: all 256 bytes, merges of several languages.
struct Tokenizers {
  std::vector<std::string> tokens, merges;
  std::unique_ptr<Tokenizer> by_rule[kCount][2];  // [pre-tokenizer][NFC]

  Tokenizers() {
    const auto json = nlohmann::json::parse(fixture("tokenizers/byte_level_bpe.json"));
    tokens = json["tokens"].get<std::vector<std::string>>();
    merges = json["merges"].get<std::vector<std::string>>();
    Vocabulary v;
    v.model = "gpt2";
    v.kinds.assign(tokens.size(), 1);
    const auto mark = [&](const char* list, int64_t kind) {
      for (const auto& name : json[list]) {
        const auto found = std::find(tokens.begin(), tokens.end(), name.get<std::string>());
        if (found != tokens.end()) v.kinds[static_cast<size_t>(found - tokens.begin())] = kind;
      }
    };
    mark("control", 3);
    mark("user_defined", 4);
    v.tokens.assign(tokens.begin(), tokens.end());
    v.merges.assign(merges.begin(), merges.end());
    for (size_t i = 0; i < kCount; ++i) {
      v.pre = kPreTokenizers[i];
      for (const bool nfc : {false, true}) {
        v.normalize_nfc = nfc;
        auto made = make_tokenizer(v);
        FUZZ_CHECK(made.ok());
        by_rule[i][nfc] = made.take();
      }
    }
  }
};

}  // namespace

FUZZ_TARGET(bpe) {
  static const Tokenizers tokenizers;
  Input in(data, size);
  const uint8_t which = in.byte(), flags = in.byte();
  const bool nfc = (flags & 1) != 0;
  const Tokenizer& tokenizer = *tokenizers.by_rule[which % kCount][nfc];
  EncodeOptions options;
  options.parse_special = (flags & 2) != 0;
  options.add_bos = options.add_eos = false;
  const std::vector<ByteRange> trusted = {{in.byte(), static_cast<size_t>(flags >> 2)}};
  if (options.parse_special && (flags & 4) != 0) options.trusted = &trusted;
  const std::string_view text = in.rest();
  const auto ids = tokenizer.encode(text, options);
  FUZZ_CHECK(ids.ok());
  for (const uint32_t id : ids.value()) FUZZ_CHECK(id < tokenizer.size());
  const std::string back = tokenizer.decode(Span<const uint32_t>(ids.value()), true);
  if (nfc) return;
  FUZZ_CHECK(back == (is_valid_utf8(text) ? std::string(text) : replace_invalid_utf8(text)));
}

}  // namespace sotto::fuzz

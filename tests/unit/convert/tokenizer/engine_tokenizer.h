// engine_tokenizer.h: what the importer read of a tokenizer, as the engine would run it: through the same fields as the GGUF
// keys.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "convert/tokenizer_data.h"
#include "text/tokenizer.h"

namespace sotto {

struct EngineTokenizer {
  TokenizerData data;  // the tokenizer views it
  std::unique_ptr<Tokenizer> tokenizer;

  // nullptr when it was refused; the sentence goes to `refusal`, or fails the test where that is nullptr.
  static std::unique_ptr<EngineTokenizer> read(const std::string& path, std::string* refusal = nullptr) {
    auto data = read_tokenizer(path);
    if (!data.ok()) {
      if (refusal) *refusal = data.status().text();
      EXPECT_TRUE(refusal) << data.status().text();
      return nullptr;
    }
    auto out = std::make_unique<EngineTokenizer>();
    out->data = data.take();
    const TokenizerData& d = out->data;
    Vocabulary v;
    v.model = d.model;
    v.pre = d.pre;
    v.tokens.assign(d.tokens.begin(), d.tokens.end());
    v.scores = d.scores;
    v.kinds.assign(d.kinds.begin(), d.kinds.end());
    v.merges.assign(d.merges.begin(), d.merges.end());
    v.bos = d.bos;
    v.eos = d.eos;
    v.eot = d.eot;
    v.unknown = d.unknown;
    v.padding = d.padding;
    v.add_bos = d.add_bos;
    v.add_eos = d.add_eos;
    v.add_space_prefix = d.add_space_prefix;
    v.normalize_nfc = d.normalize_nfc;
    v.sentencepiece_model =
        Span<const uint8_t>(reinterpret_cast<const uint8_t*>(d.sentencepiece.data()), d.sentencepiece.size());
    auto made = make_tokenizer(v);
    EXPECT_TRUE(made.ok()) << made.status().text();
    if (!made.ok()) return nullptr;
    out->tokenizer = made.take();
    return out;
  }

  std::vector<uint32_t> ids(const std::string& text, bool with_special) const {
    EncodeOptions options;
    options.parse_special = true;
    options.add_bos = options.add_eos = with_special;
    const auto ids = tokenizer->encode(text, options);
    EXPECT_TRUE(ids.ok());
    return ids.ok() ? ids.value() : std::vector<uint32_t>();
  }
};

}  // namespace sotto

// vocabulary.cc: a vocabulary of the fuzzer's making, as lists of texts: byte-level BPE or SentencePiece pieces, without the
// container around them, so that the mutations go into tokens and merges. Input: options, then texts up to a zero byte each.
#include "target.h"
#include "text/stream_decoder.h"
#include "text/tokenizer.h"

namespace sotto::fuzz {
namespace {

constexpr const char* kPreTokenizers[] = {"gpt-2",        "llama-bpe",      "qwen2",       "smollm",
                                          "deepseek-llm", "deepseek-coder", "deepseek-v3", "default"};

// A token: its kind and its score in two letters, then its text.
void add_token(std::string_view line, Vocabulary* v) {
  v->kinds.push_back(line.empty() ? 1 : line[0] - '0');
  v->scores.push_back(line.size() < 2 ? 0.0f : static_cast<float>(line[1]));
  v->tokens.push_back(line.substr(line.size() < 2 ? line.size() : 2));
}

}  // namespace

FUZZ_TARGET(vocabulary) {
  Input in(data, size);
  const uint8_t flags = in.byte(), pre = in.byte(), tokens = in.byte(), merges = in.byte(), ids = in.byte();
  Vocabulary v;
  v.model = (flags & 1) != 0 ? "llama" : "gpt2";
  v.pre = kPreTokenizers[pre % std::size(kPreTokenizers)];
  v.normalize_nfc = (flags & 2) != 0;
  v.remove_extra_whitespaces = (flags & 4) != 0;
  if ((flags & 8) != 0) v.add_space_prefix = (flags & 16) != 0;
  if ((flags & 32) != 0) v.add_bos = v.add_eos = true;
  if ((flags & 64) != 0) {
    v.unknown = ids & 15;
    v.bos = ids >> 4;
    v.eos = (ids >> 2) & 15;
  }
  const std::string_view text = in.text();
  for (size_t i = 0; i < tokens; ++i) add_token(in.text(), &v);
  for (size_t i = 0; i < merges; ++i) v.merges.push_back(in.text());
  const std::string_view map = in.rest();
  if ((flags & 128) != 0) v.normalization = Span<const uint8_t>(reinterpret_cast<const uint8_t*>(map.data()), map.size());
  const auto made = make_tokenizer(v);
  if (!made.ok()) return;
  const Tokenizer& tokenizer = *made.value();
  EncodeOptions options;
  options.parse_special = true;
  const auto found = tokenizer.encode(text, options);
  if (!found.ok()) return;
  StreamDecoder decoder(tokenizer, true);
  for (const uint32_t id : found.value()) {
    FUZZ_CHECK(id < tokenizer.size());
    (void)decoder.add(id);
  }
  (void)decoder.finish();
  (void)tokenizer.decode(Span<const uint32_t>(found.value()), true);
}

}  // namespace sotto::fuzz

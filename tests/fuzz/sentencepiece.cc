// sentencepiece.cc: bytes as a SentencePiece model. Input: a short text, then the model. Whatever our check lets through must
// neither crash nor hang the library.
#include "target.h"
#include "text/sentencepiece_model.h"
#include "text/stream_decoder.h"
#include "text/tokenizer.h"

namespace sotto::fuzz {
namespace {

void use(const Tokenizer& tokenizer, std::string_view text) {
  EncodeOptions options;
  options.parse_special = true;
  const auto ids = tokenizer.encode(text, options);
  if (!ids.ok()) return;
  StreamDecoder decoder(tokenizer, true);
  for (const uint32_t id : ids.value()) {
    FUZZ_CHECK(id < tokenizer.size());
    (void)decoder.add(id);
  }
  (void)decoder.finish();
  (void)tokenizer.decode(Span<const uint32_t>(ids.value()), false);
}

}  // namespace

FUZZ_TARGET(sentencepiece) {
  Input in(data, size);
  const std::string_view text = in.short_text(), model = in.rest();
  Vocabulary vocabulary;
  vocabulary.sentencepiece_model = Span<const uint8_t>(reinterpret_cast<const uint8_t*>(model.data()), model.size());
  const auto made = make_tokenizer(vocabulary);
  if (!made.ok()) return;
  const Tokenizer& tokenizer = *made.value();
  use(tokenizer, text);
  use(tokenizer, "Turn on the lamp, \xE4\xBD\xA0\xE5\xA5\xBD 12 \xFF\xC3");
  std::string all;
  for (uint32_t id = 0; id < tokenizer.size(); ++id) all += tokenizer.piece(id);
  use(tokenizer, std::string_view(all).substr(0, 2000));
}

}  // namespace sotto::fuzz

// sentencepiece_model.h: the bytes of a SentencePiece model (sentencepiece_model.proto): checked before the library sees them,
// or written from the piece list of a GGUF file.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "text/tokenizer.h"

namespace sotto {

struct SentencePieceFacts {
  size_t pieces = 0;
  bool adds_space_prefix = true;
};

// Walks the message: field lengths, piece kinds, exactly one unknown piece, no empty or duplicate one, finite scores, a
// character map whose parts lie inside it. The library trusts some of these.
Result<SentencePieceFacts> check_sentencepiece_model(std::string_view bytes);

// A BPE model of the vocabulary's tokens, scores and kinds, with the identity normalisation or the map that it brings.
Result<std::string> sentencepiece_model_of(const Vocabulary& vocabulary);

}  // namespace sotto

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
  bool removes_extra_spaces = true;
};

// Walks the message and refuses what the library would trust, abort on or throw at: damaged fields; no, empty, overlong or
// doubled pieces; pieces with zero bytes; scores that are no numbers; not one unknown piece; more user-defined pieces within
// one another than it has room for; character maps (character_map.h) of both directions.
Result<SentencePieceFacts> check_sentencepiece_model(std::string_view bytes);

// A BPE model of the vocabulary's tokens, scores and kinds, with the identity normalisation or the map that it brings. Ids are
// kept; tokens that the library would refuse get stand-ins that no text becomes.
Result<std::string> sentencepiece_model_of(const Vocabulary& vocabulary);

}  // namespace sotto

// sentencepiece_model.h: the bytes of a SentencePiece model (sentencepiece_model.proto): checked before the library sees them,
// or written from the piece list of a GGUF file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// A .model taken apart, for who edits its pieces. `rest`: all other fields as they were.
struct SentencePieceList {
  std::vector<std::string> texts;
  std::vector<float> scores;
  std::vector<int32_t> kinds;                 // TokenKind
  std::optional<uint32_t> bos, eos, padding;  // control pieces of the names that the trainer was given
  std::optional<uint32_t> unknown;
  bool is_bpe = false;  // else unigram or another
  bool adds_space_prefix = true;
  std::string rest;
};
// Checks the model as above.
Result<SentencePieceList> read_sentencepiece_model(std::string_view bytes);
// A .model of the pieces and `rest`; `adds_space_prefix` wins over what the rest says.
std::string write_sentencepiece_model(const SentencePieceList& list);

}  // namespace sotto

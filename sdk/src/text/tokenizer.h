// tokenizer.h: text to token ids and back, for the engine. Byte-level BPE and SentencePiece behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "text/byte_range.h"
#include "text/token_index.h"

namespace sotto {

enum class TokenKind : uint8_t {
  kNormal = 1,
  kUnknown,
  kControl,
  kUserDefined,
  kUnused,
  kByte
};  // as in GGUF and SentencePiece

// What a model file says of its tokenizer. The views must outlive the tokenizer that is made of it.
struct Vocabulary {
  std::string_view model;  // "gpt2": byte-level BPE; "llama": SentencePiece pieces
  std::string_view pre;
  std::vector<std::string_view> tokens;
  std::vector<float> scores;
  std::vector<int64_t> kinds;  // TokenKind; empty: all normal
  std::vector<std::string_view> merges;
  std::optional<uint32_t> bos, eos, eot, unknown, padding;
  std::optional<bool> add_bos, add_eos, add_space_prefix;
  bool remove_extra_whitespaces = false;
  bool normalize_nfc = false;
  Span<const uint8_t> normalization;        // SentencePiece's precompiled character map
  Span<const uint8_t> sentencepiece_model;  // a whole .model; takes precedence over the lists
};

struct EncodeOptions {
  bool parse_special = false;  // markers such as <|im_end|> become control tokens ...
  // ... where they lie wholly inside one of these ranges, ascending and apart; nullptr: anywhere.
  const std::vector<ByteRange>* trusted = nullptr;
  bool add_bos = true;  // where the model wants it; likewise eos
  bool add_eos = true;
};

// SentencePiece marks the beginning of a word by a space, that of a text too; decoding takes that one away.
enum class FirstSpaces : uint8_t { kKept, kOneDropped, kDroppedUntilText };

// Const after construction, any thread.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Invalid UTF-8 reads as U+FFFD: one for each maximal subpart (byte-level BPE), for each byte (SentencePiece, as its
  // library). Of the markers that may be parsed at a place the longest is; user-defined tokens are markers everywhere.
  Result<std::vector<uint32_t>> encode(std::string_view text, const EncodeOptions& options) const;
  // Control tokens are left out, or written as their names.
  std::string decode(Span<const uint32_t> ids, bool show_control) const;

  // A token's bytes within a text, a part of a character perhaps; control tokens as their names.
  virtual std::string piece(uint32_t id) const = 0;
  // The space with which this token begins is none of the text's when the token is the first, see FirstSpaces.
  virtual bool begins_with_space_mark(uint32_t) const { return false; }
  virtual FirstSpaces first_spaces() const { return FirstSpaces::kKept; }
  virtual std::string_view type() const = 0;  // "bpe smollm", "sentencepiece"

  uint32_t size() const { return static_cast<uint32_t>(kinds_.size()); }
  bool is_control(uint32_t id) const;
  bool ends_generation(uint32_t id) const;
  std::optional<uint32_t> bos() const { return bos_; }
  std::optional<uint32_t> eos() const { return eos_; }
  std::optional<uint32_t> eot() const { return eot_; }
  std::optional<uint32_t> unknown() const { return unknown_; }
  std::optional<uint32_t> padding() const { return padding_; }
  // A token as the vocabulary writes it, and back (SOTTO_NONE: there is none).
  std::string_view text_of(uint32_t id) const { return id < texts_.size() ? texts_[id] : std::string_view(); }
  uint32_t find(std::string_view token) const { return index_.find(token); }
  bool adds_bos() const { return add_bos_; }

 protected:
  // Adds the ids of a text without markers.
  virtual Status encode_text(std::string_view text, std::vector<uint32_t>* ids) const = 0;
  virtual std::string decode_text(Span<const uint32_t> ids) const = 0;

  // For the factories, once texts_ and kinds_ are in place: the special ids, those outside the vocabulary refused; the indices.
  Status take_ids(const Vocabulary& vocabulary);
  void index_tokens();

  std::vector<std::string_view> texts_;
  std::vector<TokenKind> kinds_;
  std::optional<uint32_t> bos_, eos_, eot_, unknown_, padding_;
  bool add_bos_ = false, add_eos_ = false;
  bool matches_user_defined_ = true;  // user-defined tokens are found in plain text by this class, not by the library
  TokenIndex index_;

 private:
  struct Found {
    size_t at, bytes;
    uint32_t id;
  };
  std::optional<Found> next_marker(std::string_view text, size_t from, const EncodeOptions& options) const;
  std::optional<Found> marker_at(std::string_view text, size_t at, const EncodeOptions& options) const;
  bool may_be_parsed(uint32_t id, size_t at, const EncodeOptions& options) const;

  std::vector<uint32_t> markers_;  // control, unknown and user-defined tokens, by text
  uint32_t markers_from_[257];     // where in markers_ those of a first byte begin
  std::vector<bool> ends_;
};

Result<std::unique_ptr<Tokenizer>> make_tokenizer(const Vocabulary& vocabulary);
// A .model file. The bytes need not outlive the call.
Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const Vocabulary& vocabulary);
Result<std::unique_ptr<Tokenizer>> make_bpe_tokenizer(const Vocabulary& vocabulary);

}  // namespace sotto

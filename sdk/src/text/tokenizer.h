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

// Const after construction, any thread.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Invalid UTF-8 reads as U+FFFD.
  Result<std::vector<uint32_t>> encode(std::string_view text, const EncodeOptions& options) const;
  // Control tokens are left out, or written as their names.
  std::string decode(Span<const uint32_t> ids, bool show_control) const;

  // A token's bytes within a text, a part of a character perhaps; control tokens as their names.
  virtual std::string piece(uint32_t id) const = 0;
  // A space that the first piece of a text brings is none of the text's.
  virtual bool drops_first_space() const { return false; }
  virtual std::string_view type() const = 0;  // "bpe smollm", "sentencepiece"

  uint32_t size() const { return static_cast<uint32_t>(kinds_.size()); }
  bool is_control(uint32_t id) const;
  bool ends_generation(uint32_t id) const;
  std::optional<uint32_t> bos() const { return bos_; }
  std::optional<uint32_t> eos() const { return eos_; }
  std::string_view text_of(uint32_t id) const { return id < texts_.size() ? texts_[id] : std::string_view(); }
  bool adds_bos() const { return add_bos_; }

 protected:
  // Adds the ids of a text without markers. `first`: nothing stands before it.
  virtual Status encode_text(std::string_view text, std::vector<uint32_t>* ids) const = 0;
  virtual std::string decode_text(Span<const uint32_t> ids) const = 0;

  // To be called by every factory: texts, kinds and special ids in place.
  void index_specials();

  std::vector<std::string_view> texts_;
  std::vector<TokenKind> kinds_;
  std::optional<uint32_t> bos_, eos_, eot_;
  bool add_bos_ = false, add_eos_ = false;
  bool matches_user_defined_ = true;  // user-defined tokens are found in plain text by this class, not by the library

 private:
  struct Found {
    size_t at, bytes;
    uint32_t id;
  };
  std::optional<Found> next_special(std::string_view text, size_t from, const EncodeOptions& options) const;

  std::vector<std::vector<uint32_t>> by_first_byte_;  // control and user-defined tokens, longest first
  std::vector<bool> ends_;
};

Result<std::unique_ptr<Tokenizer>> make_tokenizer(const Vocabulary& vocabulary);
// A .model file. The bytes need not outlive the call.
Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const Vocabulary& vocabulary);
Result<std::unique_ptr<Tokenizer>> make_bpe_tokenizer(const Vocabulary& vocabulary);

}  // namespace sotto

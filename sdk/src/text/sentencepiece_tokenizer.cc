// sentencepiece_tokenizer.cc: SentencePiece (Kudo and Richardson 2018, arXiv:1808.06226). The only file that includes its
// library.
#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>

#include "text/sentencepiece_model.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sotto {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581 stands for a space

class SentencePieceTokenizer final : public Tokenizer {
 public:
  static Result<std::unique_ptr<Tokenizer>> make(const Vocabulary& v);

  std::string piece(uint32_t id) const override {
    if (id >= size()) return {};
    if (kinds_[id] == TokenKind::kByte)
      return std::string(1, static_cast<char>(std::stoi(std::string(texts_[id].substr(3, 2)), nullptr, 16)));
    if (kinds_[id] == TokenKind::kUnknown) return " \xE2\x81\x87 ";  // what the library shows for an unknown piece
    std::string text;
    for (size_t at = 0; at < texts_[id].size();) {
      const bool space = texts_[id].compare(at, kSpaceMark.size(), kSpaceMark) == 0;
      text += space ? ' ' : texts_[id][at];
      at += space ? kSpaceMark.size() : 1;
    }
    return text;
  }
  bool drops_first_space() const override { return drops_first_space_; }
  std::string_view type() const override { return "sentencepiece"; }

 protected:
  Status encode_text(std::string_view text, std::vector<uint32_t>* ids) const override {
    std::vector<int> out;
    const auto status = processor_.Encode(absl::string_view(text.data(), text.size()), &out);
    if (!status.ok()) return Status(SOTTO_INTERNAL, fmt::format("tokenizing {} bytes: {}", text.size(), status.ToString()));
    for (const int id : out) ids->push_back(static_cast<uint32_t>(id));
    return {};
  }
  std::string decode_text(Span<const uint32_t> ids) const override {
    std::string text;
    const std::vector<int> list(ids.begin(), ids.end());
    // The ids are all below size(): decoding cannot fail.
    return processor_.Decode(list, &text).ok() ? text : std::string();
  }

 private:
  Status read_kinds();

  sentencepiece::SentencePieceProcessor processor_;
  std::vector<std::string> kept_;  // what texts_ views
  bool drops_first_space_ = true;
};

std::optional<uint32_t> optional_id(int id) {
  return id >= 0 ? std::optional<uint32_t>(static_cast<uint32_t>(id)) : std::nullopt;
}

Result<std::unique_ptr<Tokenizer>> SentencePieceTokenizer::make(const Vocabulary& v) {
  auto t = std::make_unique<SentencePieceTokenizer>();
  std::string made;
  std::string_view bytes(reinterpret_cast<const char*>(v.sentencepiece_model.data()), v.sentencepiece_model.size());
  if (bytes.empty()) {
    SOTTO_ASSIGN(made, sentencepiece_model_of(v));
    bytes = made;
  }
  SOTTO_ASSIGN(const SentencePieceFacts facts, check_sentencepiece_model(bytes));
  const auto status = t->processor_.LoadFromSerializedProto(absl::string_view(bytes.data(), bytes.size()));
  if (!status.ok()) return Status(SOTTO_BAD_FILE, fmt::format("the SentencePiece model cannot be used: {}", status.ToString()));
  t->drops_first_space_ = facts.adds_space_prefix;
  SOTTO_TRY(t->read_kinds());
  t->bos_ = v.bos ? v.bos : optional_id(t->processor_.bos_id());
  t->eos_ = v.eos ? v.eos : optional_id(t->processor_.eos_id());
  t->eot_ = v.eot;
  // A model file says what it wants; a bare .model says nothing, and its library adds nothing by itself.
  t->add_bos_ = v.add_bos.value_or(v.sentencepiece_model.empty());
  t->add_eos_ = v.add_eos.value_or(false);
  t->matches_user_defined_ = false;  // the library finds them
  t->index_specials();
  return std::unique_ptr<Tokenizer>(std::move(t));
}

Status SentencePieceTokenizer::read_kinds() {
  const int count = processor_.GetPieceSize();
  kept_.reserve(static_cast<size_t>(count));
  for (int id = 0; id < count; ++id) {
    kept_.push_back(processor_.IdToPiece(id));
    const std::string& text = kept_.back();
    TokenKind kind = TokenKind::kNormal;
    if (processor_.IsUnknown(id))
      kind = TokenKind::kUnknown;
    else if (processor_.IsControl(id))
      kind = TokenKind::kControl;
    else if (processor_.IsUnused(id))
      kind = TokenKind::kUnused;
    else if (processor_.IsByte(id))
      kind = TokenKind::kByte;
    const auto is_hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
    if (kind == TokenKind::kByte && (text.size() != 6 || !is_hexadecimal(text[3]) || !is_hexadecimal(text[4])))
      return Status(SOTTO_BAD_FILE,
                    fmt::format("SentencePiece byte piece {} is '{}', expected the form <0x0A>", id, text.substr(0, 40)));
    texts_.push_back(text);
    kinds_.push_back(kind);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const Vocabulary& vocabulary) {
  return SentencePieceTokenizer::make(vocabulary);
}

}  // namespace sotto

// sentencepiece_tokenizer.cc: SentencePiece (Kudo and Richardson 2018, arXiv:1808.06226). The only file that includes its
// library.
#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <exception>
#include <new>

#include "text/sentencepiece_model.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sentencepiece::logging {
void SetMinLogLevel(int level);  // of the library's common.h, which is not among its public headers
}

namespace sotto {
namespace {

constexpr int kNoLog = 4;                          // above LOG_FATAL: nothing is printed
constexpr size_t kLongestText = size_t{16} << 20;  // the library counts in int, and a character may become 96 bytes

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581 stands for a space

class SentencePieceTokenizer final : public Tokenizer {
 public:
  static Result<std::unique_ptr<Tokenizer>> make(const Vocabulary& v);

  std::string piece(uint32_t id) const override {
    if (id >= size()) return {};
    if (kinds_[id] == TokenKind::kByte)
      return std::string(1, static_cast<char>(std::stoi(std::string(texts_[id].substr(3, 2)), nullptr, 16)));
    if (kinds_[id] == TokenKind::kUnknown) return unknown_surface_;
    std::string text;
    for (size_t at = 0; at < texts_[id].size();) {
      const bool space = texts_[id].compare(at, kSpaceMark.size(), kSpaceMark) == 0;
      text += space ? ' ' : texts_[id][at];
      at += space ? kSpaceMark.size() : 1;
    }
    return text;
  }
  bool begins_with_space_mark(uint32_t id) const override {
    return id < size() && kinds_[id] != TokenKind::kUnknown && texts_[id].substr(0, kSpaceMark.size()) == kSpaceMark;
  }
  FirstSpaces first_spaces() const override { return first_spaces_; }
  std::string_view type() const override { return "sentencepiece"; }

 protected:
  Status encode_text(std::string_view text, std::vector<uint32_t>* ids) const override {
    if (text.size() > kLongestText)
      return Status(
          SOTTO_INVALID_ARGUMENT,
          fmt::format("tokenizing: a text of {} bytes, SentencePiece takes {} at most: cut it", text.size(), kLongestText));
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
  Status load(std::string_view model);
  void read_kinds(const Vocabulary& v);

  sentencepiece::SentencePieceProcessor processor_;
  std::vector<std::string> kept_;  // what texts_ views, where the file has no list
  std::string unknown_surface_;
  FirstSpaces first_spaces_ = FirstSpaces::kKept;
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
  SOTTO_TRY(t->load(bytes));
  t->first_spaces_ = facts.removes_extra_spaces ? FirstSpaces::kDroppedUntilText
                     : facts.adds_space_prefix  ? FirstSpaces::kOneDropped
                                                : FirstSpaces::kKept;
  t->read_kinds(v);
  t->bos_ = optional_id(t->processor_.bos_id());
  t->eos_ = optional_id(t->processor_.eos_id());
  t->padding_ = optional_id(t->processor_.pad_id());
  t->unknown_ = optional_id(t->processor_.unk_id());
  SOTTO_TRY(t->take_ids(v));
  // A model file says what it wants; a bare .model says nothing, and its library adds nothing by itself.
  t->add_bos_ = v.add_bos.value_or(v.sentencepiece_model.empty());
  t->add_eos_ = v.add_eos.value_or(false);
  t->matches_user_defined_ = false;  // the library finds them
  t->index_tokens();
  return std::unique_ptr<Tokenizer>(std::move(t));
}

Status SentencePieceTokenizer::load(std::string_view model) {
  sentencepiece::logging::SetMinLogLevel(kNoLog);
  std::string failure;
  try {  // its tries throw
    const auto status = processor_.LoadFromSerializedProto(absl::string_view(model.data(), model.size()));
    if (!status.ok()) failure = status.ToString();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& e) {
    failure = e.what();
  }
  if (!failure.empty()) return Status(SOTTO_BAD_FILE, fmt::format("the SentencePiece model cannot be used: {}", failure));
  const std::vector<int> unknown{processor_.unk_id()};
  if (!processor_.Decode(unknown, &unknown_surface_).ok()) unknown_surface_.clear();
  return {};
}

void SentencePieceTokenizer::read_kinds(const Vocabulary& v) {
  const int count = processor_.GetPieceSize();
  const bool listed = v.sentencepiece_model.empty();
  kept_.reserve(listed ? 0 : static_cast<size_t>(count));
  for (int id = 0; id < count; ++id) {
    if (!listed) kept_.push_back(processor_.IdToPiece(id));
    texts_.push_back(listed ? v.tokens[static_cast<size_t>(id)] : std::string_view(kept_.back()));
    kinds_.push_back(processor_.IsUnknown(id)   ? TokenKind::kUnknown
                     : processor_.IsControl(id) ? TokenKind::kControl
                     : processor_.IsUnused(id)  ? TokenKind::kUnused
                     : processor_.IsByte(id)    ? TokenKind::kByte  // the library has checked that it reads <0x0A>
                                                : TokenKind::kNormal);
  }
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_sentencepiece_tokenizer(const Vocabulary& vocabulary) {
  return SentencePieceTokenizer::make(vocabulary);
}

}  // namespace sotto

#include "text/sentencepiece_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_set>
#include <vector>

#include "text/character_map.h"

namespace sotto {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr uint32_t kPieces = 1, kTrainer = 2, kNormalizer = 3, kDenormalizer = 5;
constexpr uint32_t kPieceText = 1, kPieceScore = 2, kPieceKind = 3;
constexpr uint32_t kModelType = 3, kVocabularySize = 4, kByteFallback = 35, kUnknownId = 40, kBosId = 41, kEosId = 42,
                   kPadId = 43, kBosPiece = 46, kEosPiece = 47, kPadPiece = 48;
constexpr uint32_t kRuleName = 1, kCharacterMap = 2, kDummyPrefix = 3, kRemoveSpaces = 4, kEscapeSpaces = 5;
constexpr uint64_t kBpeModel = 2;

constexpr size_t kLargestModel = size_t{512} << 20;  // the library counts in int
constexpr size_t kLongestPiece = 1024;  // it compares text with whole pieces at every place and recurses into unused ones
constexpr size_t kMostNested = 64;      // user-defined pieces that begin one another; it reads back no more

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, "SentencePiece model: " + std::move(text)); }

// One field of a protobuf message at a time.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  uint32_t number = 0;
  uint32_t wire = 0;         // 0: varint, 1: 8 bytes, 2: delimited, 5: 4 bytes
  uint64_t integer = 0;      // varint and fixed-width fields
  std::string_view content;  // length-delimited ones

  // False at the end or when the message is damaged (see damaged()).
  bool next() {
    if (at_ >= bytes_.size() || damaged_) return false;
    uint64_t tag = 0;
    if (!varint(&tag) || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) return fail();
    number = static_cast<uint32_t>(tag >> 3);
    wire = static_cast<uint32_t>(tag & 7);
    content = {};
    switch (wire) {
      case 0:
        return varint(&integer) || fail();
      case 1:
        return fixed(8) || fail();
      case 2:
        return delimited() || fail();
      case 5:
        return fixed(4) || fail();
      default:
        return fail();
    }
  }
  bool damaged() const { return damaged_; }
  size_t place() const { return at_; }  // behind the field

 private:
  bool fail() {
    damaged_ = true;
    return false;
  }
  bool varint(uint64_t* out) {
    *out = 0;
    for (int shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes_[at_++]);
      *out |= uint64_t{byte & 0x7Fu} << shift;
      if (!(byte & 0x80)) return true;
    }
    return false;
  }
  bool fixed(size_t count) {
    if (bytes_.size() - at_ < count) return false;
    integer = 0;
    std::memcpy(&integer, bytes_.data() + at_, count);
    at_ += count;
    return true;
  }
  bool delimited() {
    uint64_t length = 0;
    if (!varint(&length) || length > bytes_.size() - at_) return false;
    content = bytes_.substr(at_, static_cast<size_t>(length));
    at_ += static_cast<size_t>(length);
    return true;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  bool damaged_ = false;
};

struct Piece {
  std::string_view text;
  float score = 0;
  uint64_t kind = 1;
};

Status read_piece(std::string_view bytes, size_t index, Piece* piece) {
  Fields f(bytes);
  while (f.next()) {
    const bool known = f.number >= kPieceText && f.number <= kPieceKind;
    const uint32_t expected = f.number == kPieceText ? 2 : f.number == kPieceScore ? 5 : 0;
    if (known && f.wire != expected) return bad(fmt::format("piece {} has a field of another type", index));
    if (f.number == kPieceText) piece->text = f.content;
    if (f.number == kPieceScore) {
      const auto bits = static_cast<uint32_t>(f.integer);
      std::memcpy(&piece->score, &bits, 4);
    }
    if (f.number == kPieceKind) piece->kind = f.integer;
  }
  if (f.damaged()) return bad(fmt::format("piece {} is damaged", index));
  if (piece->text.empty()) return bad(fmt::format("piece {} is empty", index));
  if (piece->text.size() > kLongestPiece)
    return bad(fmt::format("piece {} has {} bytes, expected at most {}", index, piece->text.size(), kLongestPiece));
  if (piece->text.find('\0') != std::string_view::npos) return bad(fmt::format("piece {} contains a zero byte", index));
  if (piece->kind < 1 || piece->kind > 6)
    return bad(fmt::format("piece {} is of kind {}, expected 1 to 6", index, piece->kind));
  if (!std::isfinite(piece->score)) return bad(fmt::format("piece {} has the score {}", index, piece->score));
  return {};
}

// How many of the texts begin one another at most.
size_t nesting(std::vector<std::string_view> texts) {
  std::sort(texts.begin(), texts.end());
  std::vector<std::string_view> open;
  size_t most = 0;
  for (const std::string_view text : texts) {
    while (!open.empty() && text.substr(0, open.back().size()) != open.back()) open.pop_back();
    open.push_back(text);
    most = std::max(most, open.size());
  }
  return most;
}

Status read_normalizer(std::string_view bytes, bool decides, SentencePieceFacts* facts) {
  Fields f(bytes);
  while (f.next()) {
    if (f.number == kCharacterMap && f.wire == 2) SOTTO_TRY(check_character_map(f.content));
    if (decides && f.wire == 0 && f.number == kDummyPrefix) facts->adds_space_prefix = f.integer != 0;
    if (decides && f.wire == 0 && f.number == kRemoveSpaces) facts->removes_extra_spaces = f.integer != 0;
  }
  return f.damaged() ? bad("its normaliser is damaged") : Status();
}

void put_varint(uint64_t n, std::string* out) {
  for (; n >= 0x80; n >>= 7) *out += static_cast<char>(n | 0x80);
  *out += static_cast<char>(n);
}
void put_integer(uint32_t field, uint64_t n, std::string* out) {
  put_varint(uint64_t{field} << 3, out);
  put_varint(n, out);
}
void put_text(uint32_t field, std::string_view text, std::string* out) {
  put_varint(uint64_t{field} << 3 | 2, out);
  put_varint(text.size(), out);
  out->append(text);
}
void put_float(uint32_t field, float number, std::string* out) {
  put_varint(uint64_t{field} << 3 | 5, out);
  out->append(reinterpret_cast<const char*>(&number), 4);
}

}  // namespace

Result<SentencePieceFacts> check_sentencepiece_model(std::string_view bytes) {
  if (bytes.size() > kLargestModel)
    return bad(fmt::format("it has {} bytes, expected at most {}", bytes.size(), kLargestModel));
  SentencePieceFacts facts;
  std::unordered_set<std::string_view> texts;
  std::vector<std::string_view> user_defined;
  size_t unknowns = 0;
  Fields f(bytes);
  while (f.next()) {
    if (f.number == kPieces && f.wire == 2) {
      Piece piece;
      SOTTO_TRY(read_piece(f.content, facts.pieces, &piece));
      if (!texts.insert(piece.text).second) return bad(fmt::format("piece '{}' stands in it twice", piece.text.substr(0, 40)));
      unknowns += piece.kind == 2;
      if (piece.kind == 4) user_defined.push_back(piece.text);
      ++facts.pieces;
    } else if ((f.number == kNormalizer || f.number == kDenormalizer) && f.wire == 2) {
      SOTTO_TRY(read_normalizer(f.content, f.number == kNormalizer, &facts));
    }
  }
  if (f.damaged()) return bad("it is cut off, damaged or none");
  if (facts.pieces == 0) return bad("it has no pieces");
  if (unknowns != 1) return bad(fmt::format("it has {} unknown pieces, expected one", unknowns));
  if (const size_t depth = nesting(std::move(user_defined)); depth > kMostNested)
    return bad(fmt::format("{} user-defined pieces begin one another, expected at most {}", depth, kMostNested));
  return facts;
}

namespace {

// The kinds that the library accepts: one unknown piece, byte pieces only if all 256 are there.
std::vector<uint64_t> accepted_kinds(const Vocabulary& v, uint32_t unknown, bool* has_bytes) {
  std::vector<uint64_t> kinds(v.tokens.size(), 1);
  for (size_t id = 0; id < kinds.size() && id < v.kinds.size(); ++id)
    if (v.kinds[id] >= 1 && v.kinds[id] <= 6) kinds[id] = static_cast<uint64_t>(v.kinds[id]);
  std::vector<bool> bytes(256, false);
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  for (size_t id = 0; id < kinds.size(); ++id) {
    if (id == unknown) kinds[id] = 2;
    if (id != unknown && kinds[id] == 2) kinds[id] = 5;
    const std::string_view text = v.tokens[id];
    if (kinds[id] != 6) continue;
    if (text.size() == 6 && text.substr(0, 3) == "<0x" && digit(text[3]) >= 0 && digit(text[4]) >= 0 && text[5] == '>')
      bytes[static_cast<size_t>(16 * digit(text[3]) + digit(text[4]))] = true;
    else
      kinds[id] = 5;
  }
  *has_bytes = std::find(bytes.begin(), bytes.end(), false) == bytes.end();
  if (!*has_bytes) std::replace(kinds.begin(), kinds.end(), uint64_t{6}, uint64_t{5});
  return kinds;
}

}  // namespace

Result<std::string> sentencepiece_model_of(const Vocabulary& v) {
  if (v.tokens.empty()) return Status(SOTTO_BAD_FILE, "tokenizer.ggml.tokens is missing or empty");
  auto first_unknown = std::find(v.kinds.begin(), v.kinds.end(), 2);
  const auto by_kind = first_unknown == v.kinds.end() ? 0 : first_unknown - v.kinds.begin();
  const uint32_t unknown = v.unknown.value_or(static_cast<uint32_t>(by_kind));
  if (unknown >= v.tokens.size())
    return Status(SOTTO_BAD_FILE, fmt::format("the unknown token is {}, but the vocabulary has {}", unknown, v.tokens.size()));
  bool has_bytes = false;
  const std::vector<uint64_t> kinds = accepted_kinds(v, unknown, &has_bytes);
  std::string model, piece, stand_in;
  const TokenIndex first_of(v.tokens);
  for (uint32_t id = 0; id < v.tokens.size(); ++id) {
    std::string_view text = v.tokens[id];
    uint64_t kind = kinds[id];
    // The library refuses empty pieces and those written twice; others count the first. Nothing can become a stand-in.
    if (text.empty() || first_of.find(text) != id || text.find('\0') != std::string_view::npos) {
      stand_in = fmt::format("<unused {}>", id);
      while (first_of.find(stand_in) != SOTTO_NONE) stand_in += '>';
      text = stand_in;
      if (kind != 2) kind = 5;
    }
    piece.clear();
    put_text(kPieceText, text, &piece);
    put_float(kPieceScore, id < v.scores.size() ? v.scores[id] : 0.0f, &piece);
    put_integer(kPieceKind, kind, &piece);
    put_text(kPieces, piece, &model);
  }
  std::string trainer;
  put_integer(kModelType, kBpeModel, &trainer);
  put_integer(kVocabularySize, v.tokens.size(), &trainer);
  put_integer(kByteFallback, has_bytes, &trainer);
  put_integer(kUnknownId, unknown, &trainer);
  const auto none = static_cast<uint64_t>(int64_t{-1});
  put_integer(kBosId, v.bos ? *v.bos : none, &trainer);
  put_integer(kEosId, v.eos ? *v.eos : none, &trainer);
  put_integer(kPadId, v.padding ? *v.padding : none, &trainer);
  put_text(kTrainer, trainer, &model);
  std::string normalizer;
  put_text(kRuleName, v.normalization.empty() ? "identity" : "custom", &normalizer);
  put_text(kCharacterMap, std::string_view(reinterpret_cast<const char*>(v.normalization.data()), v.normalization.size()),
           &normalizer);
  put_integer(kDummyPrefix, v.add_space_prefix.value_or(true), &normalizer);
  put_integer(kRemoveSpaces, v.remove_extra_whitespaces, &normalizer);
  put_integer(kEscapeSpaces, 1, &normalizer);
  put_text(kNormalizer, normalizer, &model);
  return model;
}

namespace {

struct TrainerNames {
  std::string_view bos = "<s>", eos = "</s>", padding = "<pad>";
};

void read_trainer(std::string_view bytes, TrainerNames* names, SentencePieceList* list) {
  Fields f(bytes);
  while (f.next()) {
    if (f.wire == 0 && f.number == kModelType) list->is_bpe = f.integer == kBpeModel;
    if (f.wire != 2) continue;
    if (f.number == kBosPiece) names->bos = f.content;
    if (f.number == kEosPiece) names->eos = f.content;
    if (f.number == kPadPiece) names->padding = f.content;
  }
}

std::optional<uint32_t> control_piece(const SentencePieceList& list, std::string_view name) {
  const auto at = std::find(list.texts.begin(), list.texts.end(), name);
  if (at == list.texts.end()) return std::nullopt;
  const auto id = static_cast<uint32_t>(at - list.texts.begin());
  return list.kinds[id] == static_cast<int32_t>(TokenKind::kControl) ? std::optional<uint32_t>(id) : std::nullopt;
}

}  // namespace

Result<SentencePieceList> read_sentencepiece_model(std::string_view bytes) {
  SOTTO_ASSIGN(const SentencePieceFacts facts, check_sentencepiece_model(bytes));
  SentencePieceList list;
  list.adds_space_prefix = facts.adds_space_prefix;
  TrainerNames names;
  Fields f(bytes);
  for (size_t begin = 0; f.next(); begin = f.place()) {
    if (f.number == kPieces && f.wire == 2) {
      Piece piece;
      SOTTO_TRY(read_piece(f.content, list.texts.size(), &piece));
      list.texts.emplace_back(piece.text);
      list.scores.push_back(piece.score);
      list.kinds.push_back(static_cast<int32_t>(piece.kind));
    } else {
      if (f.number == kTrainer && f.wire == 2) read_trainer(f.content, &names, &list);
      list.rest.append(bytes.substr(begin, f.place() - begin));
    }
  }
  list.bos = control_piece(list, names.bos);
  list.eos = control_piece(list, names.eos);
  list.padding = control_piece(list, names.padding);
  const auto unknown = std::find(list.kinds.begin(), list.kinds.end(), static_cast<int32_t>(TokenKind::kUnknown));
  if (unknown != list.kinds.end()) list.unknown = static_cast<uint32_t>(unknown - list.kinds.begin());
  return list;
}

std::string write_sentencepiece_model(const SentencePieceList& list) {
  std::string model, piece;
  for (size_t id = 0; id < list.texts.size(); ++id) {
    piece.clear();
    put_text(kPieceText, list.texts[id], &piece);
    put_float(kPieceScore, list.scores[id], &piece);
    put_integer(kPieceKind, static_cast<uint64_t>(list.kinds[id]), &piece);
    put_text(kPieces, piece, &model);
  }
  model += list.rest;
  // A message that comes twice is merged field by field.
  std::string normalizer;
  put_integer(kDummyPrefix, list.adds_space_prefix, &normalizer);
  put_text(kNormalizer, normalizer, &model);
  return model;
}

}  // namespace sotto

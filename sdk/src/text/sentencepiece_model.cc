#include "text/sentencepiece_model.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <unordered_set>

namespace sotto {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr uint32_t kPieces = 1, kTrainer = 2, kNormalizer = 3;
constexpr uint32_t kPieceText = 1, kPieceScore = 2, kPieceKind = 3;
constexpr uint32_t kModelType = 3, kVocabularySize = 4, kByteFallback = 35, kUnknownId = 40, kBosId = 41, kEosId = 42,
                   kPadId = 43;
constexpr uint32_t kRuleName = 1, kCharacterMap = 2, kDummyPrefix = 3, kRemoveSpaces = 4, kEscapeSpaces = 5;
constexpr uint64_t kBpeModel = 2;

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, "SentencePiece model: " + std::move(text)); }

// One field of a protobuf message at a time.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  uint32_t number = 0;
  uint64_t integer = 0;      // varint and fixed-width fields
  std::string_view content;  // length-delimited ones

  // False at the end or when the message is damaged (see damaged()).
  bool next() {
    if (at_ >= bytes_.size() || damaged_) return false;
    uint64_t tag = 0;
    if (!varint(&tag) || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF) return fail();
    number = static_cast<uint32_t>(tag >> 3);
    content = {};
    switch (tag & 7) {
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
    if (f.number == kPieceText) piece->text = f.content;
    if (f.number == kPieceScore) {
      const auto bits = static_cast<uint32_t>(f.integer);
      std::memcpy(&piece->score, &bits, 4);
    }
    if (f.number == kPieceKind) piece->kind = f.integer;
  }
  if (f.damaged()) return bad(fmt::format("piece {} is damaged", index));
  if (piece->text.empty()) return bad(fmt::format("piece {} is empty", index));
  if (piece->kind < 1 || piece->kind > 6)
    return bad(fmt::format("piece {} is of kind {}, expected 1 to 6", index, piece->kind));
  if (!std::isfinite(piece->score)) return bad(fmt::format("piece {} has the score {}", index, piece->score));
  return {};
}

// uint32 length of the trie, the trie in units of 4 bytes, then zero-terminated replacements. A unit of the trie refers to
// others and to replacements by offset; the library follows them while normalising, so all of them are followed here first.
Status check_character_map(std::string_view map) {
  if (map.empty()) return {};
  uint32_t trie = 0;
  if (map.size() < 4) return bad("the character map is cut off");
  std::memcpy(&trie, map.data(), 4);
  if (trie < 1024 || trie % 4 != 0 || trie > map.size() - 4)
    return bad(fmt::format("the character map has {} bytes, its trie announces {}", map.size(), trie));
  const size_t units = trie / 4, texts = map.size() - 4 - trie;
  if (texts == 0 || map.back() != '\0') return bad("the character map's replacements are not terminated");
  for (size_t i = 0; i < units; ++i) {
    uint32_t unit = 0;
    std::memcpy(&unit, map.data() + 4 + 4 * i, 4);
    const bool is_leaf = (unit >> 31) != 0;  // darts-clone: the value in the lower 31 bits
    if (is_leaf) {
      if ((unit & 0x7FFFFFFF) >= texts) return bad(fmt::format("the character map's unit {} points past its replacements", i));
      continue;
    }
    const size_t offset = size_t{unit >> 10} << ((unit & (1u << 9)) >> 6);
    // Children lie at (i ^ offset) ^ label, label 0 to 255: the block of 256 units must be inside.
    if ((((i ^ offset) | 0xFF) >= units) && unit != 0)
      return bad(fmt::format("the character map's unit {} points past its trie", i));
  }
  return {};
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
  SentencePieceFacts facts;
  std::unordered_set<std::string_view> texts;
  size_t unknowns = 0;
  Fields f(bytes);
  while (f.next()) {
    if (f.number == kPieces) {
      Piece piece;
      SOTTO_TRY(read_piece(f.content, facts.pieces, &piece));
      if (!texts.insert(piece.text).second) return bad(fmt::format("piece '{}' stands in it twice", piece.text.substr(0, 40)));
      unknowns += piece.kind == 2;
      ++facts.pieces;
    } else if (f.number == kNormalizer) {
      Fields n(f.content);
      while (n.next()) {
        if (n.number == kDummyPrefix) facts.adds_space_prefix = n.integer != 0;
        if (n.number == kCharacterMap) SOTTO_TRY(check_character_map(n.content));
      }
      if (n.damaged()) return bad("its normaliser is damaged");
    }
  }
  if (f.damaged()) return bad("it is cut off, damaged or none");
  if (facts.pieces == 0) return bad("it has no pieces");
  if (unknowns != 1) return bad(fmt::format("it has {} unknown pieces, expected one", unknowns));
  return facts;
}

Result<std::string> sentencepiece_model_of(const Vocabulary& v) {
  if (v.tokens.empty()) return Status(SOTTO_BAD_FILE, "tokenizer.ggml.tokens is missing or empty");
  std::string model;
  bool has_bytes = false, has_unknown = false;
  const uint32_t unknown = v.unknown.value_or(0);
  for (size_t id = 0; id < v.tokens.size(); ++id) {
    auto kind = static_cast<uint64_t>(id < v.kinds.size() ? v.kinds[id] : 1);
    has_bytes |= kind == 6;
    if (kind == 2 && has_unknown) kind = 5;  // the library knows one unknown piece
    if (v.kinds.empty() && id == unknown) kind = 2;
    has_unknown |= kind == 2;
    std::string piece;
    put_text(kPieceText, v.tokens[id], &piece);
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

}  // namespace sotto

// bpe_tokenizer.cc: byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909, over bytes as in GPT-2).
#include <fmt/format.h>

#include <algorithm>
#include <queue>

#include "text/pre_tokenizer.h"
#include "text/token_index.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sotto {
namespace {

// Vocabularies write a byte as a printable character: itself where it has one, else U+0100 and up in order.
struct ByteAlphabet {
  uint32_t of_byte[256];
  int16_t of_code_point[0x180];  // -1: stands for no byte

  ByteAlphabet() {
    std::fill(std::begin(of_code_point), std::end(of_code_point), int16_t{-1});
    uint32_t next = 0x100;
    for (uint32_t b = 0; b < 256; ++b) {
      const bool printable = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      of_byte[b] = printable ? b : next++;
      of_code_point[of_byte[b]] = static_cast<int16_t>(b);
    }
  }
};

class BpeTokenizer final : public Tokenizer {
 public:
  static Result<std::unique_ptr<Tokenizer>> make(const Vocabulary& v);

  std::string piece(uint32_t id) const override {
    if (id >= size()) return {};
    if (kinds_[id] == TokenKind::kControl || kinds_[id] == TokenKind::kUserDefined) return std::string(texts_[id]);
    return to_bytes(texts_[id]);
  }
  std::string_view type() const override { return type_; }

 protected:
  Status encode_text(std::string_view text, std::vector<uint32_t>* ids) const override;
  std::string decode_text(Span<const uint32_t> ids) const override {
    std::string bytes;
    for (const uint32_t id : ids) bytes += piece(id);
    return bytes;
  }

 private:
  Status read_merges(const std::vector<std::string_view>& merges);
  void encode_word(std::string_view bytes, std::vector<uint32_t>* ids) const;
  std::string to_bytes(std::string_view token) const;

  ByteAlphabet alphabet_;
  const PreTokenizer* rules_ = nullptr;
  bool normalize_nfc_ = false;
  std::string type_;
  uint32_t byte_token_[256];  // SOTTO_NONE: the vocabulary lacks the byte
  MergeTable merges_;
};

Result<std::unique_ptr<Tokenizer>> BpeTokenizer::make(const Vocabulary& v) {
  auto t = std::make_unique<BpeTokenizer>();
  t->rules_ = find_pre_tokenizer(v.pre);
  if (!t->rules_)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("pre-tokenizer '{}' is not supported, and another would give wrong ids; known are {}", v.pre,
                              known_pre_tokenizers()));
  t->type_ = fmt::format("bpe {}", v.pre);
  t->texts_ = v.tokens;
  t->kinds_.resize(v.tokens.size(), TokenKind::kNormal);
  for (size_t i = 0; i < v.kinds.size() && i < v.tokens.size(); ++i)
    if (v.kinds[i] >= 1 && v.kinds[i] <= 6) t->kinds_[i] = static_cast<TokenKind>(v.kinds[i]);
  SOTTO_TRY(t->take_ids(v));
  t->add_bos_ = v.add_bos.value_or(t->rules_->whole_words_first);  // Llama-3 files of before add_bos_token
  t->add_eos_ = v.add_eos.value_or(false);
  t->normalize_nfc_ = v.normalize_nfc;
  t->index_tokens();
  for (uint32_t b = 0; b < 256; ++b) {
    std::string character;
    append_utf8(t->alphabet_.of_byte[b], &character);
    t->byte_token_[b] = t->index_.find(character);
  }
  SOTTO_TRY(t->read_merges(v.merges));
  return std::unique_ptr<Tokenizer>(std::move(t));
}

// "left right": the pair becomes the token of both together.
Status BpeTokenizer::read_merges(const std::vector<std::string_view>& merges) {
  merges_ = MergeTable(merges.size());
  std::string whole;
  for (uint32_t rank = 0; rank < merges.size(); ++rank) {
    const std::string_view text = merges[rank];
    const size_t space = text.find(' ', 1);
    if (space == std::string_view::npos || space + 1 >= text.size())
      return Status(SOTTO_BAD_FILE,
                    fmt::format("merge {} ('{}') is not two parts with a space between", rank, text.substr(0, 80)));
    const uint32_t left = index_.find(text.substr(0, space)), right = index_.find(text.substr(space + 1));
    whole.assign(text.substr(0, space)).append(text.substr(space + 1));
    const uint32_t both = index_.find(whole);
    if (left == SOTTO_NONE || right == SOTTO_NONE || both == SOTTO_NONE)
      return Status(SOTTO_BAD_FILE,
                    fmt::format("merge {} ('{}') names a token that the vocabulary lacks", rank, text.substr(0, 80)));
    merges_.add(left, right, rank, both);
  }
  return {};
}

std::string BpeTokenizer::to_bytes(std::string_view token) const {
  std::string bytes;
  for (size_t at = 0; at < token.size();) {
    const Character c = decode_character(token, at);
    const int16_t byte = c.code_point < 0x180 ? alphabet_.of_code_point[c.code_point] : int16_t{-1};
    if (byte >= 0)
      bytes += static_cast<char>(byte);
    else
      bytes.append(token, at, c.bytes);
    at += c.bytes;
  }
  return bytes;
}

Status BpeTokenizer::encode_text(std::string_view text, std::vector<uint32_t>* ids) const {
  std::string mended;
  if (!is_valid_utf8(text)) text = mended = replace_invalid_utf8(text);
  std::string normal;
  if (normalize_nfc_) text = normal = to_nfc(text);
  const Characters characters(text);
  size_t from = 0;
  for (const size_t end : cut_words(*rules_, characters)) {
    const size_t first = characters.offsets[from];
    encode_word(text.substr(first, characters.offsets[end] - first), ids);
    from = end;
  }
  return {};
}

void BpeTokenizer::encode_word(std::string_view bytes, std::vector<uint32_t>* ids) const {
  if (rules_->whole_words_first) {
    std::string mapped;
    for (const char c : bytes) append_utf8(alphabet_.of_byte[static_cast<uint8_t>(c)], &mapped);
    if (const uint32_t whole = index_.find(mapped); whole != SOTTO_NONE) return ids->push_back(whole);
  }
  // A linked list of symbols; the pair of the lowest rank, leftmost first, is merged until none is left.
  struct Symbol {
    uint32_t id;
    uint32_t previous, next;  // SOTTO_NONE: none
  };
  struct Candidate {
    uint32_t rank, at;
    uint32_t left, right, whole;
    bool operator<(const Candidate& o) const {
      return rank != o.rank ? rank > o.rank : at > o.at;
    }  // the queue's top is the least
  };
  std::vector<Symbol> symbols;
  symbols.reserve(bytes.size());
  for (const char c : bytes) {
    const uint32_t id = byte_token_[static_cast<uint8_t>(c)];
    if (id == SOTTO_NONE) continue;  // as the references do: the file's unknown token is not one of the merging
    const auto index = static_cast<uint32_t>(symbols.size());
    symbols.push_back({id, index ? index - 1 : SOTTO_NONE, SOTTO_NONE});
    if (index) symbols[index - 1].next = index;
  }
  std::priority_queue<Candidate> queue;
  const auto consider = [&](uint32_t left) {
    if (left == SOTTO_NONE || symbols[left].next == SOTTO_NONE) return;
    const uint32_t a = symbols[left].id, b = symbols[symbols[left].next].id;
    if (const auto* m = merges_.find(a, b)) queue.push({m->rank, left, a, b, m->whole});
  };
  for (uint32_t i = 0; i < symbols.size(); ++i) consider(i);
  while (!queue.empty()) {
    const Candidate c = queue.top();
    queue.pop();
    Symbol& left = symbols[c.at];
    if (left.id != c.left || left.next == SOTTO_NONE || symbols[left.next].id != c.right) continue;  // merged meanwhile
    Symbol& right = symbols[left.next];
    left.id = c.whole;
    left.next = right.next;
    right.id = SOTTO_NONE;
    if (left.next != SOTTO_NONE) symbols[left.next].previous = c.at;
    consider(left.previous);
    consider(c.at);
  }
  for (uint32_t i = symbols.empty() ? SOTTO_NONE : 0; i != SOTTO_NONE; i = symbols[i].next) ids->push_back(symbols[i].id);
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> make_bpe_tokenizer(const Vocabulary& vocabulary) { return BpeTokenizer::make(vocabulary); }

}  // namespace sotto

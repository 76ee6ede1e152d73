// spm_json.cc: a SentencePiece BPE model that was converted to tokenizer.json, back into pieces with scores. The library
// `tokenizers` merges the pair of the lowest rank; SentencePiece the pair whose whole has the highest score, and it merges
// every pair whose whole is a piece. The two agree when the merges are grouped by their wholes, complete, and no two of one
// whole compete for a character; else the file is refused.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/printable.h"
#include "convert/tokenizer/bpe_parts.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sotto {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581
constexpr auto kNormal = static_cast<int32_t>(TokenKind::kNormal), kByte = static_cast<int32_t>(TokenKind::kByte);

Status unsupported(const std::string& where, std::string text) {
  return Status(SOTTO_UNSUPPORTED, fmt::format("{}: {}", where, text));
}

bool is_space_mark(const Json* text) { return text && text->is_text() && text->text == kSpaceMark; }

// Prepend of a mark and Replace of spaces by marks; their order does not matter.
Status read_normalizer(const Json* normalizer, const std::string& where, bool* prepends, bool* replaces) {
  if (!normalizer) return {};
  const std::string type = type_of(normalizer);
  const Json* parts = normalizer->find("normalizers");
  if (type == "Sequence" && parts && parts->is_list()) {
    for (const Json& part : parts->items) {
      if (type_of(&part) == "Sequence") return unsupported(where, "a Sequence within a Sequence is not supported");
      SOTTO_TRY(read_normalizer(&part, where, prepends, replaces));
    }
    return {};
  }
  const Json* pattern = normalizer->find("pattern");
  const Json* from = pattern ? pattern->find("String") : nullptr;
  if (type == "Prepend" && is_space_mark(normalizer->find("prepend")))
    *prepends = true;
  else if (type == "Replace" && from && from->is_text() && from->text == " " && is_space_mark(normalizer->find("content")))
    *replaces = true;
  else
    return unsupported(where, fmt::format("normaliser '{}' is not supported with this model", printable(type)));
  return {};
}

Status read_metaspace(const Json& pre, const std::string& where, TokenizerData* data, bool* prepends, bool* replaces) {
  const Json* split = pre.find("split");
  if (type_of(&pre) != "Metaspace" || !is_space_mark(pre.find("replacement")) || !split || split->truth)
    return unsupported(where,
                       fmt::format("pre-tokenizer '{}' is not supported with this model; known is Metaspace without split",
                                   printable(type_of(&pre))));
  const Json* scheme = pre.find("prepend_scheme");
  const std::string how = scheme && scheme->is_text() ? scheme->text : "always";
  *replaces = true;
  *prepends = how != "never";
  if (*prepends)
    data->warnings.push_back(
        fmt::format("{}: it begins a text with a space unless there is one (Metaspace); here, as SentencePiece "
                    "does, with one more space always, and after each special token",
                    where));
  return {};
}

int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }
bool is_byte_token(std::string_view t) {
  return t.size() == 6 && t.substr(0, 3) == "<0x" && t[5] == '>' && hex(t[3]) >= 0 && hex(t[4]) >= 0;
}

// The kinds of bytes and the unknown token; all bytes must be there.
Status read_kinds(const Json& model, TokenList* list, TokenizerData* data) {
  size_t bytes = 0;
  for (size_t id = 0; id < data->tokens.size(); ++id)
    if (is_byte_token(data->tokens[id]) && data->kinds[id] == kNormal) {
      data->kinds[id] = kByte;
      ++bytes;
    }
  if (bytes != 256)
    return unsupported(list->where(),
                       fmt::format("its vocabulary has {} of the 256 byte tokens, which is not supported", bytes));
  const Json* name = model.find("unk_token");
  const uint32_t* unknown = name && name->is_text() ? list->find(name->text) : nullptr;
  if (!unknown) return unsupported(list->where(), "it has no unknown token, which SentencePiece needs");
  data->unknown = *unknown;
  data->kinds[*unknown] = static_cast<int32_t>(TokenKind::kUnknown);
  return {};
}

// The merges' ranks as scores of their wholes.
class Scores {
 public:
  Scores(const TokenList& list, TokenizerData* data) : list_(list), data_(data) {}

  Status read() {
    SOTTO_TRY(group());
    SOTTO_TRY(check_completeness());
    return check_competition();
  }

 private:
  struct Pair {
    uint32_t left, right;
  };

  Status group() {
    data_->scores.assign(data_->tokens.size(), 0.0f);
    std::set<uint32_t> closed;
    uint32_t current = UINT32_MAX;
    int64_t rank = 0;
    for (const std::string& merge : data_->merges) {
      const size_t space = merge.find(' ');
      const std::string left = merge.substr(0, space), right = merge.substr(space + 1);
      const uint32_t whole = *list_.find(left + right);
      if (data_->kinds[*list_.find(left)] == kByte || data_->kinds[*list_.find(right)] == kByte)
        return unsupported(list_.where(),
                           fmt::format("merge '{}' is of byte tokens, which SentencePiece never merges", printable(merge)));
      if (whole != current && !closed.insert(whole).second)
        return unsupported(list_.where(), fmt::format("the merges of '{}' have others between them, which scores cannot say; a "
                                                      "tokenizer.model beside it is needed",
                                                      printable(left + right)));
      if (whole != current) --rank;
      current = whole;
      data_->scores[whole] = static_cast<float>(rank);
      pairs_[whole].push_back({*list_.find(left), *list_.find(right)});
    }
    return {};
  }

  // SentencePiece merges any two pieces whose whole is one: each such pair must be a merge.
  Status check_completeness() const {
    for (uint32_t id = 0; id < data_->tokens.size(); ++id) {
      const std::string& text = data_->tokens[id];
      if (data_->kinds[id] != kNormal || !is_valid_utf8(text)) continue;
      const auto merges = pairs_.find(id);
      for (size_t cut = decode_character(text, 0).bytes; cut < text.size(); cut += decode_character(text, cut).bytes) {
        const uint32_t* left = list_.find(text.substr(0, cut));
        const uint32_t* right = list_.find(text.substr(cut));
        if (!left || !right || data_->kinds[*left] != kNormal || data_->kinds[*right] != kNormal) continue;
        const bool is_merge =
            merges != pairs_.end() && std::any_of(merges->second.begin(), merges->second.end(),
                                                  [&](const Pair& p) { return p.left == *left && p.right == *right; });
        if (!is_merge)
          return unsupported(
              list_.where(),
              fmt::format("'{}' and '{}' do not merge, but SentencePiece would merge them; a tokenizer.model beside it "
                          "is needed",
                          printable(text.substr(0, cut)), printable(text.substr(cut))));
      }
    }
    return {};
  }

  // Of two places with the same whole SentencePiece takes the left one. Where they share a piece, the left one's merge must
  // come first: only then does the rank say the same.
  Status check_competition() const {
    for (const auto& [whole, pairs] : pairs_)
      for (size_t left = 0; left < pairs.size(); ++left)
        for (size_t right = 0; right < left; ++right)
          if (pairs[left].right == pairs[right].left)
            return unsupported(list_.where(),
                               fmt::format("two merges that make '{}' compete in an order that scores cannot say",
                                           printable(data_->tokens[whole])));
    return {};
  }

  const TokenList& list_;
  TokenizerData* data_;
  std::unordered_map<uint32_t, std::vector<Pair>> pairs_;  // by their whole, in the order of ranks
};

}  // namespace

Status read_converted_sentencepiece(const Json& json, TokenList* list, TokenizerData* data) {
  const Json& model = *json.find("model");
  bool prepends = false, replaces = false;
  SOTTO_TRY(read_normalizer(json.find("normalizer"), list->where(), &prepends, &replaces));
  if (const Json* pre = json.find("pre_tokenizer")) SOTTO_TRY(read_metaspace(*pre, list->where(), data, &prepends, &replaces));
  if (!replaces)
    return unsupported(list->where(), "it does not write spaces as U+2581, which is not supported with this model");
  const Json* ignore = model.find("ignore_merges");
  if (ignore && ignore->is_true()) return unsupported(list->where(), "ignore_merges is not supported with this model");
  data->add_space_prefix = prepends;
  SOTTO_TRY(read_kinds(model, list, data));
  SOTTO_TRY(read_added_tokens(json, list));
  list->fill_gaps();
  return Scores(*list, data).read();
}

}  // namespace sotto

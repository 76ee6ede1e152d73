#include "convert/tokenizer/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "model/gguf.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sotto {
namespace {

constexpr auto kNormal = static_cast<int32_t>(TokenKind::kNormal), kControl = static_cast<int32_t>(TokenKind::kControl),
               kUserDefined = static_cast<int32_t>(TokenKind::kUserDefined), kUnused = static_cast<int32_t>(TokenKind::kUnused);

bool is_set(const Json& token, std::string_view flag) {
  const Json* v = token.find(flag);
  return v && v->is_true();
}

}  // namespace

TokenList::TokenList(TokenizerData* data, std::string where) : data_(data), where_(std::move(where)) {
  ids_.reserve(data->tokens.size());
  for (uint32_t id = 0; id < data->tokens.size(); ++id) ids_.emplace(data->tokens[id], id);
  taken_.assign(data->tokens.size(), true);
}

const uint32_t* TokenList::find(const std::string& text) const {
  const auto at = ids_.find(text);
  return at == ids_.end() ? nullptr : &at->second;
}

Status TokenList::place(uint64_t id, const std::string& text) {
  if (id >= Gguf::kMaxElements)
    return Status(SOTTO_BAD_FILE, fmt::format("{}: token '{}' has the id {}, expected less than {}", where_, printable(text),
                                              id, Gguf::kMaxElements));
  const size_t index = static_cast<size_t>(id);
  if (index >= taken_.size()) {
    taken_.resize(index + 1);
    data_->tokens.resize(index + 1);
    data_->kinds.resize(index + 1, kUnused);
    if (!data_->scores.empty()) data_->scores.resize(index + 1);
  }
  if (taken_[index])
    return Status(SOTTO_BAD_FILE, fmt::format("{}: tokens '{}' and '{}' have the same id {}", where_,
                                              printable(data_->tokens[index]), printable(text), id));
  if (!ids_.emplace(text, static_cast<uint32_t>(id)).second)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{}: token '{}' has two ids, {} and {}", where_, printable(text), ids_[text], id));
  taken_[index] = true;
  data_->tokens[index] = text;
  data_->kinds[index] = kNormal;
  return {};
}

// Spaces beside a marker that is control stand where templates put markers, not in what users write: worth a word. Beside a
// token that is found in any text they change its ids.
Status TokenList::warn_of_spaces(const Json& token, const std::string& text, bool is_special) {
  if (!is_set(token, "lstrip") && !is_set(token, "rstrip")) return {};
  if (!is_special)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: added token '{}' takes the spaces beside it (lstrip, rstrip), which is not "
                              "supported",
                              where_, printable(text)));
  data_->warnings.push_back(fmt::format("{}: special token '{}' takes the spaces beside it (lstrip, rstrip); here they stay",
                                        where_, printable(text)));
  return {};
}

Status TokenList::add(uint64_t id, const Json& token) {
  const Json* content = token.find("content");
  if (!content || !content->is_text() || content->text.empty())
    return Status(SOTTO_BAD_FILE, fmt::format("{}: added token {} has no content", where_, id));
  const std::string& text = content->text;
  const bool is_special = is_set(token, "special");
  if (is_set(token, "single_word"))
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: added token '{}' is found as a whole word only (single_word), which is not supported",
                              where_, printable(text)));
  // Found in normalised text: the same unless the normalisation changes the token itself.
  if (is_set(token, "normalized") && data_->normalize_nfc && (!is_valid_utf8(text) || to_nfc(text) != text))
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: added token '{}' is not in the normal form of the text that it is looked for "
                              "in, which is not supported",
                              where_, printable(text)));
  const uint32_t* known = find(text);
  if (known && *known != id)
    return Status(SOTTO_BAD_FILE, fmt::format("{}: added token '{}' has the id {}, in the vocabulary it is {}", where_,
                                              printable(text), id, *known));
  if (!known) {
    SOTTO_TRY(place(id, text));
    is_changed_ = true;
  }
  int32_t& kind = data_->kinds[static_cast<size_t>(id)];
  const bool is_plain = kind == kNormal || kind == kUnused || kind == kUserDefined;
  const int32_t wanted = is_special ? kControl : kUserDefined;
  if (kind != wanted && is_plain) {
    SOTTO_TRY(warn_of_spaces(token, text, is_special));
    kind = wanted;
    is_changed_ = true;
  }
  return {};
}

void TokenList::make_control(uint32_t id) {
  int32_t& kind = data_->kinds[id];
  if (kind != kNormal && kind != kUserDefined) return;
  kind = kControl;
  is_changed_ = true;
}

void TokenList::fill_gaps() {
  for (uint32_t id = 0; id < taken_.size(); ++id) {
    if (taken_[id]) continue;
    std::string name = fmt::format("[PAD{}]", id);
    while (!ids_.emplace(name, id).second) name += '_';
    data_->tokens[id] = name;
    data_->kinds[id] = kUnused;
    taken_[id] = true;
  }
}

}  // namespace sotto

#include "convert/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "convert/tokenizer/bpe_parts.h"
#include "convert/tokenizer/pre_tokenizers.h"
#include "text/unicode.h"

namespace sotto {
namespace {

Status unsupported(const std::string& where, std::string text) {
  return Status(SOTTO_UNSUPPORTED, fmt::format("{}: {}", where, text));
}

// Nothing, NFC, or a Sequence of these.
Status read_normalizer(const Json* normalizer, const std::string& where, bool* is_nfc) {
  if (!normalizer) return {};
  const std::string type = type_of(normalizer);
  if (type == "NFC") {
    *is_nfc = true;
    return {};
  }
  const Json* parts = normalizer->find("normalizers");
  if (type != "Sequence" || !parts || !parts->is_list())
    return unsupported(where, fmt::format("normaliser '{}' is not supported", printable(type)));
  for (const Json& part : parts->items) {
    if (type_of(&part) != "NFC")
      return unsupported(where, fmt::format("normaliser '{}' is not supported", printable(type_of(&part))));
    *is_nfc = true;
  }
  return {};
}

// Without all of them some text has no ids, or an unknown token's: here bytes that are lacking are left out.
Status check_bytes(const Json& model, const TokenList& list) {
  size_t lacking = 0;
  for (uint32_t byte = 0, next = 0x100; byte < 256; ++byte) {
    const bool is_printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    std::string character;
    append_utf8(is_printable ? byte : next++, &character);
    lacking += list.find(character) ? 0 : 1;
  }
  const Json* unknown = model.find("unk_token");
  const Json* fallback = model.find("byte_fallback");
  const bool has_other_way = (unknown && unknown->is_text() && !unknown->text.empty()) || (fallback && fallback->is_true());
  if (lacking == 0 || !has_other_way) return {};
  return unsupported(list.where(),
                     fmt::format("its vocabulary lacks {} of the 256 bytes and has an unknown token for them, which is "
                                 "not supported",
                                 lacking));
}

Status read_byte_level(const Json& json, const Json& model, TokenList* list, TokenizerData* data) {
  SOTTO_TRY(read_normalizer(json.find("normalizer"), list->where(), &data->normalize_nfc));
  SOTTO_TRY(check_bytes(model, *list));
  const Json* ignore = model.find("ignore_merges");
  const bool ignores = ignore && ignore->is_true();
  SOTTO_ASSIGN(const PreTokenizerName pre, name_pre_tokenizer(json.find("pre_tokenizer"), ignores, list->where()));
  data->pre = pre.name;
  SOTTO_TRY(read_added_tokens(json, list));
  list->fill_gaps();
  if (ignores != pre.takes_whole_words) {
    SOTTO_ASSIGN(const bool is_same, merging_makes_all_words(*data, list->where()));
    if (!is_same)
      return unsupported(list->where(),
                         "its model ignores merges (ignore_merges) for words that merging does not make; with this "
                         "pre-tokenizer that is not supported");
  }
  return {};
}

bool has_byte_level(const Json* pre) {
  if (!pre) return false;
  const Json* parts = pre->find("pretokenizers");
  if (!parts) return type_of(pre) == "ByteLevel";
  return std::any_of(parts->items.begin(), parts->items.end(), [](const Json& p) { return type_of(&p) == "ByteLevel"; });
}

Result<const Json*> bpe_model(const Json& json, const std::string& where) {
  const Json* model = json.find("model");
  if (!model || !model->is_object()) return Status(SOTTO_BAD_FILE, fmt::format("{}: it has no model", where));
  const std::string type = type_of(model);
  const bool is_untyped_bpe = type.empty() && model->find("merges");
  if (type != "BPE" && !is_untyped_bpe)
    return unsupported(where, fmt::format("tokenizer model '{}' is not supported; known is BPE", printable(type)));
  if (!model->find("vocab")) return Status(SOTTO_BAD_FILE, fmt::format("{}: it has no vocabulary", where));
  return model;
}

}  // namespace

bool is_converted_sentencepiece(const Json& json) {
  if (has_byte_level(json.find("pre_tokenizer"))) return false;
  const Json* model = json.find("model");
  const Json* fallback = model ? model->find("byte_fallback") : nullptr;
  return (fallback && fallback->is_true()) || type_of(model) == "Unigram";
}

Result<TokenizerData> read_tokenizer_json(const Json& json, const std::string& where) {
  SOTTO_ASSIGN(const Json* model, bpe_model(json, where));
  TokenizerData data;
  TokenList list(&data, where);
  SOTTO_TRY(refuse_bpe_options(*model, where));
  SOTTO_TRY(read_vocabulary(*model->find("vocab"), &list));
  SOTTO_TRY(read_merges(model->find("merges"), list, &data));
  if (is_converted_sentencepiece(json)) {
    data.model = "llama";
    data.pre = "default";
    SOTTO_TRY(read_converted_sentencepiece(json, &list, &data));
  } else {
    data.model = "gpt2";
    SOTTO_TRY(read_byte_level(json, *model, &list, &data));
  }
  SOTTO_TRY(read_post_processor(json.find("post_processor"), list, &data));
  return data;
}

Status add_from_tokenizer_json(const Json& json, const std::string& where, TokenizerData* data, bool* is_changed) {
  TokenList list(data, where);
  SOTTO_TRY(read_added_tokens(json, &list));
  list.fill_gaps();
  *is_changed = *is_changed || list.is_changed();
  return read_post_processor(json.find("post_processor"), list, data);
}

Result<TokenizerData> read_vocab_and_merges(const Json& vocab, const std::string& merges, const std::string& where) {
  TokenizerData data;
  data.model = "gpt2";
  data.pre = "gpt-2";
  TokenList list(&data, where);
  SOTTO_TRY(read_vocabulary(vocab, &list));
  for (size_t at = 0; at < merges.size();) {
    const size_t end = std::min(merges.find('\n', at), merges.size());
    std::string line = merges.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const bool is_head = at == 0 && line.compare(0, 8, "#version") == 0;
    at = end + 1;
    if (line.empty() || is_head) continue;
    const size_t space = line.find(' ');
    if (space == std::string::npos)
      return Status(SOTTO_BAD_FILE,
                    fmt::format("{}: merge '{}' is not two parts with a space between", where, printable(line)));
    SOTTO_TRY(add_merge(line.substr(0, space), line.substr(space + 1), list, &data));
  }
  list.fill_gaps();
  return data;
}

}  // namespace sotto

#include "convert/tokenizer/bpe_parts.h"

#include <fmt/format.h>

#include "base/printable.h"
#include "text/pre_tokenizer.h"
#include "text/tokenizer.h"
#include "text/unicode.h"

namespace sotto {
namespace {

Status unsupported(const std::string& where, std::string text) {
  return Status(SOTTO_UNSUPPORTED, fmt::format("{}: {}", where, text));
}
Status bad(const std::string& where, std::string text) { return Status(SOTTO_BAD_FILE, fmt::format("{}: {}", where, text)); }

// The id of a template's special token, which may stand for several.
Result<uint32_t> id_of_special(const Json& processor, const Json& item, const std::string& where) {
  const Json* name = item.find("id");
  const Json* all = processor.find("special_tokens");
  const Json* token = all && name && name->is_text() ? all->find(name->text) : nullptr;
  const Json* ids = token ? token->find("ids") : nullptr;
  if (!ids || !ids->is_list() || ids->items.empty())
    return bad(where, "its post-processor names a special token that it does not list");
  if (ids->items.size() != 1 || !ids->items[0].is_integer() || ids->items[0].integer < 0)
    return unsupported(
        where, fmt::format("its post-processor adds several tokens as '{}', which is not supported", printable(name->text)));
  return static_cast<uint32_t>(ids->items[0].integer);
}

Status take_added(uint32_t id, const TokenizerData& data, const std::string& where, std::optional<uint32_t>* into,
                  std::optional<bool>* adds) {
  if (*adds && **adds)
    return unsupported(where, "its post-processor adds more than one token at an end of a text, which is not supported");
  if (id >= data.tokens.size())
    return bad(where, fmt::format("its post-processor adds token {}, but there are {}", id, data.tokens.size()));
  *into = id;
  *adds = true;
  return {};
}

Status read_template(const Json& processor, const std::string& where, TokenizerData* data) {
  const Json* single = processor.find("single");
  if (!single || !single->is_list()) return bad(where, "its post-processor has no template");
  bool is_behind = false;
  for (const Json& item : single->items) {
    if (const Json* special = item.find("SpecialToken")) {
      SOTTO_ASSIGN(const uint32_t id, id_of_special(processor, *special, where));
      SOTTO_TRY(take_added(id, *data, where, is_behind ? &data->eos : &data->bos, is_behind ? &data->add_eos : &data->add_bos));
    } else if (item.find("Sequence") && !is_behind) {
      is_behind = true;
    } else {
      return unsupported(where, "its post-processor's template is not one text with tokens around it");
    }
  }
  return is_behind ? Status() : bad(where, "its post-processor's template leaves the text out");
}

}  // namespace

std::string type_of(const Json* json) {
  const Json* type = json ? json->find("type") : nullptr;
  return type && type->is_text() ? type->text : std::string();
}

Status read_vocabulary(const Json& vocab, TokenList* list) {
  if (!vocab.is_object() || vocab.pairs.empty()) return bad(list->where(), "it has no vocabulary");
  for (const auto& [text, id] : vocab.pairs) {
    if (!id.is_integer() || id.integer < 0)
      return bad(list->where(), fmt::format("token '{}' has the id {}", printable(text), id.describe()));
    SOTTO_TRY(list->place(static_cast<uint64_t>(id.integer), text));
  }
  return {};
}

Status add_merge(const std::string& left, const std::string& right, const TokenList& list, TokenizerData* data) {
  const std::string shown = printable(left + " " + right);
  if (left.empty() || right.empty() || left.find(' ') != std::string::npos || right.find(' ') != std::string::npos)
    return unsupported(list.where(),
                       fmt::format("merge {} ('{}') is of parts that are empty or contain spaces", data->merges.size(), shown));
  for (const std::string& part : {left, right, left + right})
    if (!list.find(part))
      return bad(list.where(),
                 fmt::format("merge {} ('{}') names a token that the vocabulary lacks", data->merges.size(), shown));
  data->merges.push_back(left + " " + right);
  return {};
}

Status read_merges(const Json* merges, const TokenList& list, TokenizerData* data) {
  if (!merges || !merges->is_list()) return bad(list.where(), "it has no list of merges");
  for (const Json& m : merges->items) {
    if (m.is_list() && m.items.size() == 2 && m.items[0].is_text() && m.items[1].is_text()) {
      SOTTO_TRY(add_merge(m.items[0].text, m.items[1].text, list, data));
      continue;
    }
    const size_t space = m.is_text() ? m.text.find(' ') : std::string::npos;
    if (space == std::string::npos)
      return bad(list.where(), fmt::format("merge {} is {}, expected two parts", data->merges.size(), m.describe()));
    SOTTO_TRY(add_merge(m.text.substr(0, space), m.text.substr(space + 1), list, data));
  }
  return {};
}

Status read_added_tokens(const Json& json, TokenList* list) {
  const Json* added = json.find("added_tokens");
  if (!added) return {};
  if (!added->is_list()) return bad(list->where(), "its added_tokens are no list");
  for (const Json& token : added->items) {
    const Json* id = token.find("id");
    if (!id || !id->is_integer() || id->integer < 0) return bad(list->where(), "an added token has no id");
    SOTTO_TRY(list->add(static_cast<uint64_t>(id->integer), token));
  }
  return {};
}

Status read_post_processor(const Json* processor, const TokenList& list, TokenizerData* data) {
  const std::string type = type_of(processor);
  if (!processor || type == "ByteLevel") return {};  // ByteLevel trims offsets, not ids
  if (type == "TemplateProcessing") return read_template(*processor, list.where(), data);
  const Json* parts = processor->find("processors");
  if (type != "Sequence" || !parts || !parts->is_list())
    return unsupported(list.where(), fmt::format("post-processor '{}' is not supported", printable(type)));
  for (const Json& part : parts->items) {
    if (type_of(&part) == "Sequence") return unsupported(list.where(), "a Sequence within a Sequence is not supported");
    SOTTO_TRY(read_post_processor(&part, list, data));
  }
  return {};
}

Status refuse_bpe_options(const Json& model, const std::string& where) {
  const Json* dropout = model.find("dropout");
  if (dropout && !(dropout->is_number() && dropout->real == 0))
    return unsupported(where, "its model drops merges at random (dropout), which is not supported");
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const Json* v = model.find(affix);
    if (v && !(v->is_text() && v->text.empty()))
      return unsupported(where, fmt::format("its model has a {}, {}, which is not supported", affix, v->describe()));
  }
  return {};
}

Result<bool> merging_makes_all_words(const TokenizerData& data, const std::string& where) {
  Vocabulary v;
  v.model = data.model;
  v.pre = data.pre;
  v.tokens.assign(data.tokens.begin(), data.tokens.end());
  v.kinds.assign(data.kinds.begin(), data.kinds.end());
  v.merges.assign(data.merges.begin(), data.merges.end());
  auto made = make_tokenizer(v);
  if (!made.ok()) return made.status().within(where);
  const PreTokenizer* rules = find_pre_tokenizer(data.pre);
  EncodeOptions plain;
  plain.add_bos = plain.add_eos = false;
  for (uint32_t id = 0; id < data.tokens.size(); ++id) {
    if (data.kinds[id] != static_cast<int32_t>(TokenKind::kNormal)) continue;
    const std::string text = made.value()->piece(id);
    if (text.empty() || !is_valid_utf8(text) || cut_words(*rules, Characters(text)).size() != 1) continue;  // no text's word
    SOTTO_ASSIGN(const auto ids, made.value()->encode(text, plain));
    if (ids != std::vector<uint32_t>{id}) return false;
  }
  return true;
}

}  // namespace sotto

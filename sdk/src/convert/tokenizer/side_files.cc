#include "convert/tokenizer/side_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/printable.h"
#include "convert/json.h"
#include "convert/tokenizer/added_tokens.h"

namespace sotto {
namespace {

// Which files there are; an object without keys for those that are not.
struct Files {
  std::string folder;
  Json tokenizer_config, special_tokens_map, generation_config, config;
};

Result<Json> read_object(const std::string& path) {
  if (!is_file(path)) return Json();
  SOTTO_ASSIGN(Json json, read_json(path));
  if (!json.is_object()) return Status(SOTTO_BAD_FILE, fmt::format("{}: it is no JSON object", path));
  return json;
}

// A special token is a text, or an object with a content.
const std::string* text_of(const Json* token) {
  if (token && token->is_text()) return &token->text;
  const Json* content = token ? token->find("content") : nullptr;
  return content && content->is_text() ? &content->text : nullptr;
}

Status add_added_tokens(const Files& files, TokenList* list) {
  const Json* added = files.tokenizer_config.find("added_tokens_decoder");
  if (added && !added->is_object())
    return Status(SOTTO_BAD_FILE, fmt::format("{}: added_tokens_decoder is no object", list->where()));
  if (!added) return {};
  std::vector<std::pair<uint64_t, const Json*>> tokens;
  for (const auto& [key, token] : added->pairs) {
    uint64_t id = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size())
      return Status(SOTTO_BAD_FILE, fmt::format("{}: added_tokens_decoder has the id '{}'", list->where(), printable(key)));
    tokens.emplace_back(id, &token);
  }
  for (const auto& [id, token] : tokens) SOTTO_TRY(list->add(id, *token));
  list->fill_gaps();
  return {};
}

// added_tokens.json: text to id, of tokenizers of before added_tokens_decoder.
Status add_older_added_tokens(const Files& files, TokenList* list) {
  if (files.tokenizer_config.find("added_tokens_decoder")) return {};
  SOTTO_ASSIGN(const Json added, read_object(files.folder + "/added_tokens.json"));
  for (const auto& [text, id] : added.pairs) {
    if (list->find(text)) continue;
    if (!id.is_integer() || id.integer < 0)
      return Status(SOTTO_BAD_FILE, fmt::format("{}/added_tokens.json: token '{}' has the id {}", files.folder, printable(text),
                                                id.describe()));
    Json token, content, special;
    content.kind = Json::Kind::kText;
    content.text = text;
    special.kind = Json::Kind::kBool;
    special.truth = true;
    token.kind = Json::Kind::kObject;
    token.pairs = {{"content", content}, {"special", special}};
    SOTTO_TRY(list->add(static_cast<uint64_t>(id.integer), token));
  }
  list->fill_gaps();
  return {};
}

struct Special {
  const char* key;     // "bos_token"
  const char* id_key;  // of config.json
  std::optional<uint32_t> TokenizerData::*id;
};
constexpr Special kSpecials[] = {
    {"bos_token", "bos_token_id", &TokenizerData::bos},
    {"eos_token", "eos_token_id", &TokenizerData::eos},
    {"unk_token", nullptr, &TokenizerData::unknown},
    {"pad_token", "pad_token_id", &TokenizerData::padding},
};

// The ids under a key of generation_config.json or else config.json: a number or a list.
std::vector<uint32_t> ids_under(const Files& files, const char* key, size_t tokens) {
  std::vector<uint32_t> ids;
  const auto add = [&](const Json& id) {
    if (id.is_integer() && id.integer >= 0 && static_cast<uint64_t>(id.integer) < tokens)
      ids.push_back(static_cast<uint32_t>(id.integer));
  };
  for (const Json* file : {&files.generation_config, &files.config}) {
    const Json* value = file->find(key);
    if (!value || !ids.empty()) continue;
    if (value->is_list())
      std::for_each(value->items.begin(), value->items.end(), add);
    else
      add(*value);
  }
  return ids;
}

// By name in tokenizer_config.json, else in special_tokens_map.json, else by id; a null in the first means that there is none.
void take_special(const Files& files, const Special& special, bool is_given, TokenList* list, TokenizerData* data) {
  const std::string* name = text_of(files.tokenizer_config.find(special.key));
  if (!name && files.tokenizer_config.has(special.key)) return;
  if (!name) name = text_of(files.special_tokens_map.find(special.key));
  std::optional<uint32_t>& id = data->*special.id;
  if (const uint32_t* found = name ? list->find(*name) : nullptr) {
    if (!is_given) id = *found;
    list->make_control(*found);
  } else if (name) {
    data->warnings.push_back(fmt::format("{}: {} is '{}', which the vocabulary lacks; it was left out", list->where(),
                                         special.key, printable(*name)));
  } else if (!id && special.id_key) {
    const auto ids = ids_under(files, special.id_key, data->tokens.size());
    if (!ids.empty()) id = ids[0];
  }
}

// Extra special tokens, under the names of transformers 4 and 5.
void take_more_specials(const Files& files, TokenList* list) {
  for (const Json* file : {&files.tokenizer_config, &files.special_tokens_map})
    for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
      const Json* more = file->find(key);
      if (!more || !more->is_list()) continue;
      for (const Json& token : more->items)
        if (const std::string* name = text_of(&token))
          if (const uint32_t* id = list->find(*name)) list->make_control(*id);
    }
}

// A text ends at any of the ids that generation_config.json names; two of them can be said here, others by their names alone.
void take_ends(const Files& files, TokenList* list, TokenizerData* data) {
  for (const uint32_t id : ids_under(files, "eos_token_id", data->tokens.size())) {
    if (!data->eos) data->eos = id;
    if (id == data->eos) continue;
    if (!data->eot)
      data->eot = id;
    else
      data->warnings.push_back(
          fmt::format("{}: token '{}' ends a text as a third one; it does here only if its name is a known one", list->where(),
                      printable(data->tokens[id])));
  }
}

// Explicit flags replace what tokenizer.json's post-processor adds, as in transformers.
Status take_flags(const Files& files, const std::string& where, TokenizerData* data) {
  const Json* bos = files.tokenizer_config.find("add_bos_token");
  const Json* eos = files.tokenizer_config.find("add_eos_token");
  for (const Json* flag : {bos, eos})
    if (flag && !flag->is_bool())
      return Status(SOTTO_BAD_FILE, fmt::format("{}: add_bos_token and add_eos_token are flags", where));
  if (bos || eos) {
    data->add_bos = bos && bos->truth && data->bos;
    data->add_eos = eos && eos->truth && data->eos;
  }
  // Before transformers 5 Llama's tokenizer added bos where nothing was said.
  if (!data->add_bos) data->add_bos = data->model == "llama" && data->bos && !files.tokenizer_config.pairs.empty();
  if (!data->add_eos) data->add_eos = false;
  const Json* prefix = files.tokenizer_config.find("add_prefix_space");
  if (!prefix || !prefix->is_bool()) return {};
  if (data->model == "gpt2" && prefix->truth)
    return Status(SOTTO_UNSUPPORTED, fmt::format("{}: add_prefix_space is not supported with byte-level BPE", where));
  if (data->model == "llama") data->add_space_prefix = prefix->truth;
  return {};
}

// "chat_template": a text, or a list of {name, template}, of which `default` is taken.
const std::string* template_of(const Json& json, std::vector<std::string>* warnings) {
  const Json* found = json.find("chat_template");
  if (!found || found->is_text()) return found ? &found->text : nullptr;
  for (const Json& named : found->items) {
    const Json* name = named.find("name");
    const Json* text = named.find("template");
    if (name && text && text->is_text() && (name->text == "default" || found->items.size() == 1)) return &text->text;
  }
  warnings->push_back("the chat template was left out: none of those in tokenizer_config.json is named 'default'");
  return nullptr;
}

Status take_chat_template(const Files& files, TokenizerData* data) {
  const std::string jinja = files.folder + "/chat_template.jinja";
  if (is_file(jinja)) {
    SOTTO_ASSIGN(data->chat_template, read_text(jinja));
    return {};
  }
  SOTTO_ASSIGN(const Json separate, read_object(files.folder + "/chat_template.json"));
  for (const Json* file : {&files.tokenizer_config, &separate})
    if (const std::string* text = template_of(*file, &data->warnings); text && data->chat_template.empty())
      data->chat_template = *text;
  return {};
}

}  // namespace

Status read_side_files(const std::string& folder, TokenizerData* data, bool* is_changed) {
  Files files;
  files.folder = folder;
  SOTTO_ASSIGN(files.tokenizer_config, read_object(folder + "/tokenizer_config.json"));
  SOTTO_ASSIGN(files.special_tokens_map, read_object(folder + "/special_tokens_map.json"));
  SOTTO_ASSIGN(files.generation_config, read_object(folder + "/generation_config.json"));
  SOTTO_ASSIGN(files.config, read_object(folder + "/config.json"));
  TokenList list(data, folder + "/tokenizer_config.json");
  SOTTO_TRY(add_added_tokens(files, &list));
  SOTTO_TRY(add_older_added_tokens(files, &list));
  // What a post-processor adds stands, unless the flags replace it.
  const bool is_explicit = files.tokenizer_config.find("add_bos_token") || files.tokenizer_config.find("add_eos_token");
  for (const Special& special : kSpecials) {
    const bool is_added = (special.id == &TokenizerData::bos && data->add_bos && *data->add_bos) ||
                          (special.id == &TokenizerData::eos && data->add_eos && *data->add_eos);
    take_special(files, special, is_added && !is_explicit, &list, data);
  }
  take_more_specials(files, &list);
  take_ends(files, &list, data);
  SOTTO_TRY(take_flags(files, list.where(), data));
  *is_changed = *is_changed || list.is_changed();
  return take_chat_template(files, data);
}

}  // namespace sotto

#include "fake_service.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace sotto::test {

const std::vector<std::string> kPairs = {"he", "ll", "lo", "wo", "rl", "an", "th", "in", "er", "on", "\n\n"};

std::vector<uint32_t> bytes_of(const std::string& text) {
  std::vector<uint32_t> ids;
  for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
  return ids;
}

std::vector<uint32_t> tokenize(const std::string& text) {
  std::vector<uint32_t> ids;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto pair = std::find(kPairs.begin(), kPairs.end(), text.substr(i, 2));
    if (pair != kPairs.end()) {
      ids.push_back(kPair + static_cast<uint32_t>(pair - kPairs.begin()));
      ++i;
    } else {
      ids.push_back(static_cast<unsigned char>(text[i]));
    }
  }
  return ids;
}

std::string spell(const std::vector<uint32_t>& ids, bool with_control) {
  std::string text;
  for (const uint32_t id : ids) {
    if (id < kPair)
      text.push_back(static_cast<char>(id));
    else if (id < kPair + kPairs.size())
      text += kPairs[id - kPair];
    else if (with_control)
      text += id == kBegin ? "<b>" : "<e>";
  }
  return text;
}

FakeModel& fake() {
  static FakeModel model;
  return model;
}
sotto_model* fake_model() { return reinterpret_cast<sotto_model*>(&fake()); }

namespace {

sotto_session* session() { return reinterpret_cast<sotto_session*>(&fake().tokens); }
std::string text(sotto_str s) { return s.data == nullptr ? std::string() : std::string(s.data, s.size); }

sotto_status fail(sotto_error* err, sotto_status status, const char* sentence) {
  err->status = status;
  std::strcpy(err->text, sentence);
  return status;
}

template <class Item>
void give(const std::vector<Item>& items, Item* buffer, uint64_t capacity, uint64_t* count) {
  *count = items.size();
  if (capacity >= items.size() && !items.empty()) std::memcpy(buffer, items.data(), items.size() * sizeof(Item));
}

sotto_status get_facts(const sotto_model*, sotto_model_facts* out, sotto_error*) {
  out->context_tokens = fake().context;
  std::strcpy(out->name, "fake");
  return SOTTO_OK;
}

sotto_status model_text(const sotto_model*, sotto_str key, char*, uint64_t, uint64_t* size, sotto_error* err) {
  if (text(key) != "tokenizer.chat_template" || !fake().has_template) return fail(err, SOTTO_NOT_FOUND, "no such key");
  *size = 10;
  return SOTTO_OK;
}

sotto_status detokenize(const sotto_model*, const uint32_t* ids, uint64_t count, uint32_t flags, char* buffer,
                        uint64_t capacity, uint64_t* size, sotto_error*) {
  const std::string s = spell(std::vector<uint32_t>(ids, ids + count), (flags & SOTTO_DETOKENIZE_SPECIAL) != 0);
  give(std::vector<char>(s.begin(), s.end()), buffer, capacity, size);
  return SOTTO_OK;
}

std::string without(std::string s, const std::string& part) {
  for (size_t at = s.find(part); !part.empty() && at != std::string::npos; at = s.find(part)) s.erase(at, part.size());
  return s;
}

sotto_status template_tokenize(const sotto_model*, const sotto_template_options* options, uint32_t* buffer, uint64_t capacity,
                               uint64_t* count, sotto_error* err) {
  const auto messages = nlohmann::json::parse(text(options->messages), nullptr, false);
  if (!messages.is_array()) return fail(err, SOTTO_INVALID_ARGUMENT, "messages are no JSON array");
  std::vector<uint32_t> ids;
  const auto append = [&ids](const std::string& s) {
    const std::vector<uint32_t> more = tokenize(s);
    ids.insert(ids.end(), more.begin(), more.end());
  };
  for (const auto& message : messages) {
    const std::string role = message["role"];
    std::string content = message["content"];
    if (role == "rogue") return fail(err, SOTTO_TEMPLATE_ERROR, "roles must alternate");
    if (fake().trims) {
      content.erase(0, content.find_first_not_of(' '));
      content.erase(content.find_last_not_of(' ') + 1);
    }
    if (role == "assistant") content = without(content, fake().strips);
    ids.push_back(kBegin);
    append(role + "\n" + content);
    ids.push_back(kEnd);
  }
  ids.push_back(kBegin);
  append("assistant\n");
  give(ids, buffer, capacity, count);
  return SOTTO_OK;
}

sotto_status session_create(sotto_model*, const sotto_session_options*, sotto_session** out, sotto_error*) {
  ++fake().sessions;
  *out = session();
  return SOTTO_OK;
}

void session_destroy(sotto_session*) { --fake().sessions; }

// Whole characters only, as the real session streams.
size_t whole_characters(const std::string& s) {
  size_t end = 0;
  while (end < s.size()) {
    const auto lead = static_cast<unsigned char>(s[end]);
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (end + size > s.size()) break;
    end += size;
  }
  return end;
}

sotto_status generate(sotto_session*, sotto_str, const sotto_generate_options* options, sotto_on_text on_text, void* user,
                      sotto_error* err) {
  FakeModel& f = fake();
  f.last = *options;
  if (options->prompt_id_count == 0) return fail(err, SOTTO_INVALID_ARGUMENT, "an empty prompt");
  f.tokens.insert(f.tokens.end(), options->prompt_ids, options->prompt_ids + options->prompt_id_count);
  f.computed += options->prompt_id_count + (f.last_is_pending ? 1 : 0);
  sotto_generate_result result{};
  result.prompt_tokens = static_cast<uint32_t>(options->prompt_id_count);
  result.first_token_ns = 1;
  std::vector<uint32_t> answer;
  if (!f.answers.empty()) {
    answer = f.answers.front();
    f.answers.erase(f.answers.begin());
  }
  if (f.in_generate) f.in_generate();
  std::string held;
  result.finish = SOTTO_FINISH_END;
  for (const uint32_t id : answer) {
    if (f.generate_status != SOTTO_OK && result.generated_tokens == f.fail_after) break;
    f.tokens.push_back(id);
    ++result.generated_tokens;
    held += spell({id}, false);
    const size_t whole = whole_characters(held);
    if (whole > 0 && on_text(user, {held.data(), whole}) != 0) {
      result.finish = SOTTO_FINISH_CALLBACK;
      break;
    }
    held.erase(0, whole);
  }
  if (f.generate_status != SOTTO_OK) result.finish = 0;
  if (result.finish == SOTTO_FINISH_END && options->max_tokens != 0) result.finish = SOTTO_FINISH_LENGTH;
  // A token is computed when the next is wanted: not the last one of an answer that was cut.
  f.last_is_pending = result.finish == SOTTO_FINISH_LENGTH;
  f.steps += result.generated_tokens > 0 ? result.generated_tokens - 1 : 0;
  *options->result = result;
  return f.generate_status == SOTTO_OK ? SOTTO_OK : fail(err, f.generate_status, "the session failed");
}

void session_cancel(sotto_session*) { ++fake().cancels; }
uint32_t session_position(const sotto_session*) { return static_cast<uint32_t>(fake().tokens.size()); }

sotto_status session_rewind(sotto_session*, uint32_t position, sotto_error* err) {
  if (position > fake().tokens.size()) return fail(err, SOTTO_INVALID_ARGUMENT, "behind the end");
  fake().tokens.resize(position);
  fake().last_is_pending = false;
  ++fake().rewinds;
  return SOTTO_OK;
}

sotto_status session_tokens(sotto_session*, uint32_t first, uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error*) {
  give(std::vector<uint32_t>(fake().tokens.begin() + first, fake().tokens.end()), ids, capacity, count);
  return SOTTO_OK;
}

sotto_status session_counters(const sotto_session*, sotto_counters* out, sotto_error*) {
  out->computed_tokens = fake().computed + fake().steps;
  return SOTTO_OK;
}

sotto_status session_save(sotto_session*, void* buffer, uint64_t capacity, uint64_t* size, sotto_error*) {
  *size = fake().tokens.size() * 4;
  if (capacity >= *size && *size > 0) std::memcpy(buffer, fake().tokens.data(), *size);
  return SOTTO_OK;
}

sotto_status session_restore(sotto_session*, const void* bytes, uint64_t size, sotto_error* err) {
  if (size % 4 != 0) return fail(err, SOTTO_MISMATCH, "the state of another model");
  fake().tokens.resize(size / 4);
  if (size > 0) std::memcpy(fake().tokens.data(), bytes, size);
  return SOTTO_OK;
}

const sotto_session_service kService = [] {
  sotto_session_service s{};
  s.struct_size = sizeof s;
  s.model_get_facts = get_facts;
  s.model_text = model_text;
  s.detokenize = detokenize;
  s.template_tokenize = template_tokenize;
  s.session_create = session_create;
  s.session_destroy = session_destroy;
  s.generate = generate;
  s.session_cancel = session_cancel;
  s.session_position = session_position;
  s.session_rewind = session_rewind;
  s.session_tokens = session_tokens;
  s.session_counters = session_counters;
  s.session_save = session_save;
  s.session_restore = session_restore;
  return s;
}();

sotto_interface host_query(void*, const char* id) {
  if (std::strcmp(id, SOTTO_SESSION_SERVICE_ID) == 0) return {&kService, nullptr};
  return {nullptr, nullptr};
}

void host_log(void*, int32_t, sotto_str line) { fake().log.push_back(text(line)); }

}  // namespace

const sotto_host& fake_host() {
  static const sotto_host host = {sizeof host, SOTTO_ABI_MAJOR, SOTTO_ABI_MINOR, SOTTO_LOG_INFO, nullptr, host_log, host_query};
  return host;
}

}  // namespace sotto::test

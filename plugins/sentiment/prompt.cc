#include "prompt.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace sotto::sentiment {
namespace {

constexpr size_t kTemplateTokens = 128;  // a guess at what a template adds to a turn

bool is_white(std::string_view text) { return !text.empty() && text.find_first_not_of(" \t\n\r") == std::string_view::npos; }

}  // namespace

Prompt::Prompt(const Services& services, const sotto_model* model) : services_(services), model_(model) {
  uint64_t size = 0;
  has_template_ =
      services.session->model_text(model, sotto_cstr("tokenizer.chat_template"), nullptr, 0, &size, nullptr) == SOTTO_OK &&
      size > 0;
  const Ids one = turn("a"), other = turn("\xE4\xB8\x80");
  const auto end = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  opening_.assign(one.begin(), end.first);
  if (!has_template_) {
    to_answer_ = tokenize("\n");
    return;
  }
  const Ids whole = render("a", 0);
  if (whole.size() < one.size() || !std::equal(one.begin(), one.end(), whole.begin()))
    throw Failure(
        SOTTO_TEMPLATE_ERROR,
        "sentiment: the model's chat template writes a turn otherwise when an answer follows it: use a model with heads");
  to_answer_.assign(whole.begin() + static_cast<std::ptrdiff_t>(one.size()), whole.end());
}

Ids Prompt::turn(std::string_view text) const {
  Ids ids = render(text, SOTTO_TEMPLATE_NO_GENERATION_PROMPT);
  if (!ids.empty()) ids.resize(end_of_turn(ids.data(), ids.size()) + 1);
  return ids;
}

Ids Prompt::render(std::string_view text, uint32_t flags) const {
  const size_t guess = text.size() + kTemplateTokens;  // a token is a byte at least
  if (!has_template_)
    return fetch<uint32_t>(guess, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return services_.session->tokenize(model_, str(text), 0, ids, capacity, count, err);
    });
  const nlohmann::json turns = {{{"role", "user"}, {"content", std::string(text)}}};
  const std::string messages = turns.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  sotto_template_options options{};
  options.struct_size = sizeof options;
  options.flags = flags;
  options.messages = str(messages);
  try {
    return fetch<uint32_t>(guess, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
      return services_.session->template_tokenize(model_, &options, ids, capacity, count, err);
    });
  } catch (const Failure& e) {
    throw Failure(e.status(), std::string("sentiment: making the prompt of a turn: ") + e.what());
  }
}

Ids Prompt::tokenize(std::string_view text) const {
  return fetch<uint32_t>(text.size() + 8, [&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return services_.session->tokenize(model_, str(text), SOTTO_TOKENIZE_NO_BOS, ids, capacity, count, err);
  });
}

std::string Prompt::spell(uint32_t id, uint32_t flags) const {
  const auto text = fetch<char>(64, [&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return services_.session->detokenize(model_, &id, 1, flags, buffer, capacity, size, err);
  });
  return std::string(text.begin(), text.end());
}

size_t Prompt::end_of_turn(const uint32_t* ids, size_t count) const {
  size_t at = count - 1;
  while (at > 0 && is_white(spell(ids[at], 0))) --at;
  const bool is_control = spell(ids[at], 0).empty() && !spell(ids[at], SOTTO_DETOKENIZE_SPECIAL).empty();
  return is_control ? at : count - 1;
}

}  // namespace sotto::sentiment

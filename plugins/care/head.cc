#include "head.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "characters.h"

namespace sotto::care {
namespace {

constexpr size_t kMostBytes = 4096;       // of a text; the end of a longer one is read
constexpr float kLeastConfidence = 0.8f;  // beside rules and weights a head adds what it is sure of

struct Name {
  std::string_view label;
  uint32_t category;
};
constexpr Name kNames[] = {{"none", SOTTO_NONE},        {"self_harm", SOTTO_CARE_SELF_HARM}, {"violence", SOTTO_CARE_VIOLENCE},
                           {"adult", SOTTO_CARE_ADULT}, {"machine", SOTTO_CARE_MACHINE},     {"personal", SOTTO_CARE_PERSONAL}};

// A JSON string; bytes that are no UTF-8 become U+FFFD.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t at = 0; at < text.size();) {
    const uint32_t bytes = character_at(text, at).bytes;
    const auto c = static_cast<uint8_t>(text[at]);
    if (bytes == 1 && c >= 0x80) {
      out += "\xEF\xBF\xBD";
    } else if (c < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", c);
      out += code;
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out.append(text, at, bytes);
    }
    at += bytes;
  }
  return out + '"';
}

std::string_view tail(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t first = text.size() - bytes;
  for (size_t i = 0; i < 3 && first < text.size() && (static_cast<uint8_t>(text[first]) & 0xC0u) == 0x80u; ++i) ++first;
  return text.substr(first);
}

int32_t take_row(void* user, uint32_t, uint32_t, const float* row, uint32_t width) noexcept {
  try {
    static_cast<std::vector<float>*>(user)->assign(row, row + width);
    return 0;
  } catch (...) {
    return 1;
  }
}

}  // namespace

std::unique_ptr<Head> Head::find(const Services& services, sotto_model* model, float confidence) {
  if (services.session == nullptr || services.hidden == nullptr)
    throw Failure(SOTTO_UNSUPPORTED, "care: the host does not offer " SOTTO_SESSION_SERVICE_ID " and " SOTTO_HIDDEN_SERVICE_ID
                                     ": give no model, or use a newer libsotto");
  uint32_t index = 0;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = services.hidden->head_find(model, sotto_cstr("care"), &index, &err);
  if (status == SOTTO_NOT_FOUND) return nullptr;
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  return std::unique_ptr<Head>(new Head(services, model, index, confidence));
}

Head::Head(const Services& services, sotto_model* model, uint32_t index, float confidence)
    : services_(services), model_(model), index_(index) {
  sotto_head_info info{};
  info.struct_size = sizeof info;
  ask([&](sotto_error* err) { return services.hidden->head_info(model, index, &info, err); });
  if (info.kind != SOTTO_HEAD_SEQUENCE || info.labels < 2)
    throw Failure(SOTTO_UNSUPPORTED, "care: the model's head 'care' is not of the kind sequence with two labels and more");
  for (uint32_t i = 0; i < info.labels; ++i) {
    sotto_head_label label{};
    label.struct_size = sizeof label;
    ask([&](sotto_error* err) { return services.hidden->head_label(model, index, i, &label, err); });
    const auto* const name =
        std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& n) { return n.label == label.text; });
    if (name == std::end(kNames))
      throw Failure(SOTTO_UNSUPPORTED, "care: label " + std::to_string(i) + " of the model's head 'care' is \"" + label.text +
                                           "\": known are none, self_harm, violence, adult, machine, personal");
    const float own = std::max(label.threshold, kLeastConfidence);
    labels_.push_back({name->category, confidence > 0 ? confidence : own});
  }
  sotto_model_facts facts{};
  facts.struct_size = sizeof facts;
  ask([&](sotto_error* err) { return services.session->model_get_facts(model, &facts, err); });
  context_tokens_ = facts.context_tokens;
  uint64_t size = 0;
  has_template_ =
      services.session->model_text(model, sotto_cstr("tokenizer.chat_template"), nullptr, 0, &size, nullptr) == SOTTO_OK &&
      size > 0;
  sotto_session_options options{};
  options.struct_size = sizeof options;
  ask([&](sotto_error* err) { return services.session->session_create(model, &options, &session_, err); });
}

Head::~Head() { services_.session->session_destroy(session_); }

// One user's turn up to and with the token that ends it. Text cannot forge a turn.
std::vector<uint32_t> Head::turn(std::string_view text) const {
  const std::string messages = "[{\"role\": \"user\", \"content\": " + quoted(text) + "}]";
  sotto_template_options options{};
  options.struct_size = sizeof options;
  options.flags = SOTTO_TEMPLATE_NO_GENERATION_PROMPT;
  options.messages = str(messages);
  auto ids = fetch<uint32_t>(text.size() + 128, [&](uint32_t* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return has_template_ ? services_.session->template_tokenize(model_, &options, into, capacity, count, err)
                         : services_.session->tokenize(model_, str(text), 0, into, capacity, count, err);
  });
  while (has_template_ && ids.size() > 1 && is_white(ids.back())) ids.pop_back();
  return ids;
}

bool Head::is_white(uint32_t id) const {
  char text[16];
  uint64_t size = 0;
  const sotto_status status = services_.session->detokenize(model_, &id, 1, 0, text, sizeof text, &size, nullptr);
  return status == SOTTO_OK && size > 0 && size <= sizeof text &&
         std::string_view(text, static_cast<size_t>(size)).find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::vector<float> Head::hidden_at_end(std::string_view text) {
  std::vector<uint32_t> ids = turn(text);
  while (ids.size() > context_tokens_ && text.size() > 1) ids = turn(text = tail(text, text.size() / 2));
  std::vector<float> row;
  if (ids.empty()) return row;
  std::vector<uint32_t> masks(ids.size(), 0);
  masks.back() = SOTTO_OUTPUT_HIDDEN;
  sotto_feed_options options{};
  options.struct_size = sizeof options;
  options.output_masks = masks.data();
  options.on_row = take_row;
  options.user = &row;
  const std::lock_guard<std::mutex> lock(mutex_);
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = services_.session->session_feed(session_, ids.data(), ids.size(), &options, &err);
  services_.session->session_rewind(session_, 0, nullptr);  // nothing of the text stays
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  return row;
}

std::vector<sotto_care_finding> Head::read(std::string_view text) {
  const std::vector<float> hidden = hidden_at_end(tail(text, kMostBytes));
  std::vector<sotto_care_finding> findings;
  if (hidden.empty()) return findings;
  std::vector<float> logits(labels_.size());
  ask([&](sotto_error* err) {
    return services_.hidden->head_apply(model_, index_, hidden.data(), 1, logits.data(), logits.size(), err);
  });
  const float largest = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (float& x : logits) sum += x = std::exp(x - largest);
  if (!std::isfinite(sum) || sum <= 0)
    throw Failure(SOTTO_BAD_FILE, "care: the model computes what is no number: its weights or its heads are damaged");
  for (size_t i = 0; i < labels_.size(); ++i) {
    const float share = logits[i] / sum;
    if (labels_[i].category == SOTTO_NONE || share < labels_[i].threshold) continue;
    sotto_care_finding f{};
    f.struct_size = sizeof f;
    f.category = labels_[i].category;
    f.severity = SOTTO_CARE_CONCERN;
    f.source = SOTTO_CARE_BY_HEAD;
    f.end = text.size();
    f.probability = share;
    findings.push_back(f);
  }
  return findings;
}

}  // namespace sotto::care

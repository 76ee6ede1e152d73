// The C functions of hidden.h, and their table for plugins.
#include <fmt/format.h>

#include "api/hidden_service.h"
#include "api/session_object.h"
#include "api/session_service.h"
#include "run/embedding.h"

namespace sotto {
namespace {

const std::vector<Head>& heads_of(const sotto_model& model) {
  static const std::vector<Head> none;
  return model.engine().file() ? model.engine().file()->heads() : none;
}

Result<const Head*> find_head(const sotto_model* model, uint32_t index) {
  SOTTO_TRY(check_given("the model", model));
  const auto& heads = heads_of(*model);
  if (index < heads.size()) return &heads[index];
  return Status(SOTTO_NOT_FOUND, fmt::format("head {}: the model has {}", index, heads.size()));
}

Status head_info(const sotto_model* model, uint32_t index, sotto_head_info* out) {
  SOTTO_ASSIGN(const Head* const head, find_head(model, index));
  sotto_head_info info{};
  info.kind = head->kind;
  info.labels = static_cast<uint32_t>(head->labels.size());
  info.outputs = head->outputs;
  info.temperature = head->temperature;
  copy_text(head->name, info.name);
  return write_out("sotto_head_info", info, out);
}

Status head_label(const sotto_model* model, uint32_t index, uint32_t label, sotto_head_label* out) {
  SOTTO_ASSIGN(const Head* const head, find_head(model, index));
  if (label >= head->labels.size())
    return Status(SOTTO_NOT_FOUND, fmt::format("label {}: the head '{}' has {}", label, head->name, head->labels.size()));
  sotto_head_label found{};
  found.threshold = head->thresholds[label];
  copy_text(head->labels[label], found.text);
  return write_out("sotto_head_label", found, out);
}

Status head_find(const sotto_model* model, sotto_str name, uint32_t* out) {
  SOTTO_TRY(check_given("the model", model));
  SOTTO_TRY(check_given("sotto_model_head_find: head", out));
  SOTTO_ASSIGN(const std::string_view wanted, read_text("name", name));
  const auto& heads = heads_of(*model);
  std::string known;
  for (size_t i = 0; i < heads.size(); ++i) {
    if (heads[i].name == wanted) {
      *out = static_cast<uint32_t>(i);
      return {};
    }
    known += (known.empty() ? "" : ", ") + heads[i].name;
  }
  return Status(SOTTO_NOT_FOUND,
                fmt::format("the model has no head '{}', its heads are: {}", wanted, known.empty() ? "none" : known));
}

Status head_apply(const sotto_model* model, uint32_t index, const float* hidden, uint64_t rows, float* logits,
                  uint64_t capacity) {
  SOTTO_ASSIGN(const Head* const head, find_head(model, index));
  if (rows == 0) return {};
  SOTTO_TRY(check_given("sotto_head_apply: hidden", hidden));
  SOTTO_TRY(check_given("sotto_head_apply: logits", logits));
  if (capacity / head->outputs < rows)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("sotto_head_apply: {} rows of {} numbers do not fit into {}", rows, head->outputs, capacity));
  for (uint64_t r = 0; r < rows; ++r)
    head->apply(Span<const float>(hidden + r * head->hidden, head->hidden), logits + r * head->outputs);
  return {};
}

sotto_status embed_for_plugin(sotto_session* session, const uint32_t* ids, uint64_t count, const sotto_embed_options* options,
                              float* vector, uint64_t capacity, sotto_error* err) {
  return keep_plugin_loaded(session, [&] { return sotto_session_embed(session, ids, count, options, vector, capacity, err); });
}

constexpr sotto_hidden_service kService = {
    sizeof(sotto_hidden_service),
    0,
    sotto_model_head_count,
    sotto_model_head_info,
    sotto_model_head_label,
    sotto_model_head_find,
    sotto_head_apply,
    embed_for_plugin,
};

}  // namespace

sotto_interface hidden_service() { return {&kService, nullptr}; }

}  // namespace sotto

uint32_t sotto_model_head_count(const sotto_model* model) {
  return model ? static_cast<uint32_t>(sotto::heads_of(*model).size()) : 0;
}

sotto_status sotto_model_head_info(const sotto_model* model, uint32_t head, sotto_head_info* out, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::head_info(model, head, out); });
}

sotto_status sotto_model_head_label(const sotto_model* model, uint32_t head, uint32_t label, sotto_head_label* out,
                                    sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::head_label(model, head, label, out); });
}

sotto_status sotto_model_head_find(const sotto_model* model, sotto_str name, uint32_t* head, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::head_find(model, name, head); });
}

sotto_status sotto_head_apply(const sotto_model* model, uint32_t head, const float* hidden, uint64_t rows, float* logits,
                              uint64_t capacity, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::head_apply(model, head, hidden, rows, logits, capacity); });
}

sotto_status sotto_session_embed(sotto_session* session, const uint32_t* ids, uint64_t count,
                                 const sotto_embed_options* options, float* vector, uint64_t capacity, sotto_error* err) {
  return sotto::on_session(session, err, [&](sotto::Session& s) -> sotto::Status {
    SOTTO_ASSIGN(const auto o, sotto::read_options("sotto_embed_options", options));
    if (count) SOTTO_TRY(sotto::check_given("sotto_session_embed: ids", ids));
    SOTTO_TRY(sotto::check_given("sotto_session_embed: vector", vector));
    if (capacity < s.engine().file()->config().hidden)
      return sotto::Status(SOTTO_INVALID_ARGUMENT, fmt::format("sotto_session_embed: the vector has room for {} numbers, the "
                                                               "model's hidden size is {}",
                                                               capacity, s.engine().file()->config().hidden));
    return sotto::embed(s, sotto::Span<const uint32_t>(ids, static_cast<size_t>(count)), o, vector);
  });
}

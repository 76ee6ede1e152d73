// The C functions of model.h but for the chat template's.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <thread>

#include "api/model_object.h"
#include "api/model_options.h"
#include "api/parked.h"
#include "border/guard.h"
#include "border/options.h"

namespace sotto {
namespace {

Status open_model(sotto_runtime& runtime, const sotto_model_source* source, const sotto_model_options* options,
                  sotto_model** out) {
  SOTTO_TRY(check_given("sotto_model_open: source", source));
  SOTTO_TRY(check_given("sotto_model_open: out", out));
  SOTTO_ASSIGN(const sotto_model_source from, read_options("sotto_model_source", source));
  SOTTO_ASSIGN(const sotto_model_options o, read_options("sotto_model_options", options));
  SOTTO_ASSIGN(EngineOptions e, engine_options(runtime, o));
  const float read_part = from.kind == SOTTO_SOURCE_CALLBACK ? 0.5f : 0.0f;
  Progress reading;
  if (o.progress) {
    if (read_part > 0) reading = LoadProgress{o.progress, o.progress_user, 0, read_part};
    e.progress = LoadProgress{o.progress, o.progress_user, read_part, 1};
  }
  SOTTO_ASSIGN(Bytes bytes, open_bytes(from, reading));
  e.owns_bytes = bytes.are_ours;
  // Taken before the load, so that two loads at a time cannot both have the last of it.
  BudgetShare share(runtime.memory());
  e.reserve = [&](uint64_t total) { return share.take_instead(total); };
  SOTTO_ASSIGN(auto engine, Engine::open(&runtime.host(), std::move(bytes.bytes), e));
  auto model = std::make_shared<sotto_model>(RuntimeRef(&runtime), std::move(engine), share.keep());
  runtime.add_trimmable(model);
  model->own(model);
  *out = model.get();
  return {};
}

Status estimate(sotto_runtime& runtime, const sotto_model_source* source, const sotto_model_options* options,
                sotto_memory_estimate* out) {
  SOTTO_TRY(check_given("sotto_model_estimate: source", source));
  SOTTO_ASSIGN(const sotto_model_source from, read_options("sotto_model_source", source));
  SOTTO_ASSIGN(const sotto_model_options o, read_options("sotto_model_options", options));
  if (o.flags & SOTTO_MODEL_VOCABULARY_ONLY)
    return Status(SOTTO_INVALID_ARGUMENT,
                  "sotto_model_estimate: a vocabulary-only model loads no weights, there is nothing to estimate");
  SOTTO_ASSIGN(EngineOptions e, engine_options(runtime, o));
  SOTTO_ASSIGN(Bytes bytes, open_bytes(from, nullptr));
  e.owns_bytes = bytes.are_ours;
  SOTTO_ASSIGN(const sotto_memory_estimate found, Engine::estimate(runtime.host(), std::move(bytes.bytes), e));
  return write_out("sotto_memory_estimate", found, out);
}

// The type that most bytes of the tensors have.
const char* main_type(const Gguf& file) {
  uint64_t bytes[32] = {};
  for (const GgufTensor& t : file.tensors()) bytes[t.type & 31] += t.bytes.size();
  const WeightType* type =
      find_weight_type(static_cast<uint32_t>(std::max_element(std::begin(bytes), std::end(bytes)) - bytes));
  return type && !file.tensors().empty() ? type->name : "";
}

void tokenizer_facts(const Tokenizer& t, sotto_model_facts* f) {
  f->vocabulary = t.size();
  f->bos = t.bos().value_or(SOTTO_NONE);
  f->eos = t.eos().value_or(SOTTO_NONE);
  copy_text(t.type(), f->tokenizer);
}

void file_facts(const ModelFile& file, sotto_model_facts* f) {
  const ModelConfig& c = file.config();
  f->layers = c.layers;
  f->hidden = c.hidden;
  f->heads = c.heads;
  f->kv_heads = c.kv_heads;
  f->head_dim = c.head_dim;
  f->ffn = c.ffn;
  if (c.vocabulary) f->vocabulary = c.vocabulary;
  f->context_trained = c.context_trained;
  f->tensor_count = static_cast<uint32_t>(file.gguf().tensors().size());
  f->parameters = file.parameters();
  copy_text(c.architecture, f->architecture);
  copy_text(main_type(file.gguf()), f->weight_type);
  auto name = file.gguf().text("general.name", "");
  copy_text(name.ok() ? name.value() : std::string_view(), f->name);
  copy_text(file.hash(), f->hash);
}

sotto_model_facts facts_of(const Engine& e) {
  sotto_model_facts f{};
  f.bos = f.eos = SOTTO_NONE;
  f.file_bytes = e.file_bytes();
  f.context_tokens = e.context_tokens();
  if (e.tokenizer()) tokenizer_facts(*e.tokenizer(), &f);
  if (e.file()) file_facts(*e.file(), &f);
  if (e.can_run()) {
    f.ranks = e.plan().c().world;
    f.weight_bytes = e.plan().bytes_per_token();
    const Engine::Place place = e.place();
    copy_text(place.backend, f.backend);
    copy_text(place.device, f.device);
  }
  return f;
}

Status tensor_info(const Engine& e, uint32_t index, sotto_tensor_info* out) {
  const size_t count = e.file() ? e.file()->gguf().tensors().size() : 0;
  if (index >= count) return Status(SOTTO_NOT_FOUND, fmt::format("tensor {}: the file has {}", index, count));
  const GgufTensor& t = e.file()->gguf().tensors()[index];
  sotto_tensor_info info{};
  info.type = t.type;
  info.rows = t.rows;
  info.columns = t.columns;
  info.bytes = t.bytes.size();
  copy_text(t.name, info.name);
  copy_text(find_weight_type(t.type)->name, info.type_name);
  return write_out("sotto_tensor_info", info, out);
}

Status model_text(const Engine& e, sotto_str key, char* buffer, uint64_t capacity, uint64_t* size) {
  SOTTO_ASSIGN(const std::string_view name, read_text("key", key));
  const GgufValue* value = e.file() ? e.file()->gguf().find(name) : nullptr;
  if (!value) return Status(SOTTO_NOT_FOUND, fmt::format("the model has no key '{}'", name));
  const std::string text = e.file()->gguf().describe(*value);
  return write_items(text.data(), text.size(), buffer, capacity, size);
}

Status tokenize(const Engine& e, sotto_str text, uint32_t flags, uint32_t* ids, uint64_t capacity, uint64_t* count) {
  constexpr uint32_t kKnown = SOTTO_TOKENIZE_SPECIAL | SOTTO_TOKENIZE_NO_BOS;
  if (flags & ~kKnown)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_tokenize: flags {:#x}, {:#x} are known", flags, kKnown));
  SOTTO_ASSIGN(const std::string_view view, read_text("text", text));
  SOTTO_ASSIGN(const Tokenizer* const tokenizer, e.need_tokenizer());
  EncodeOptions o;
  o.parse_special = (flags & SOTTO_TOKENIZE_SPECIAL) != 0;
  o.add_bos = o.add_eos = (flags & SOTTO_TOKENIZE_NO_BOS) == 0;
  SOTTO_ASSIGN(const auto found, tokenizer->encode(view, o));
  return write_items(found.data(), found.size(), ids, capacity, count);
}

Status detokenize(const Engine& e, const uint32_t* ids, uint64_t count, uint32_t flags, char* buffer, uint64_t capacity,
                  uint64_t* size) {
  if (flags & ~SOTTO_DETOKENIZE_SPECIAL)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_detokenize: flags {:#x}, 1 is known", flags));
  if (count) SOTTO_TRY(check_given("sotto_detokenize: ids", ids));
  SOTTO_ASSIGN(const Tokenizer* const tokenizer, e.need_tokenizer());
  for (uint64_t i = 0; i < count; ++i)
    if (ids[i] >= tokenizer->size())
      return Status(SOTTO_INVALID_ARGUMENT, fmt::format("token {} is {}, the vocabulary has {}", i, ids[i], tokenizer->size()));
  const std::string text =
      tokenizer->decode(Span<const uint32_t>(ids, static_cast<size_t>(count)), (flags & SOTTO_DETOKENIZE_SPECIAL) != 0);
  return write_items(text.data(), text.size(), buffer, capacity, size);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_model_open(sotto_runtime* runtime, const sotto_model_source* source, const sotto_model_options* options,
                              sotto_model** out, sotto_error* err) {
  sotto::end_parked();
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_open: runtime", runtime));
    return sotto::open_model(*runtime, source, options, out);
  });
}

void sotto_model_destroy(sotto_model* model) {
  sotto::end_parked();
  if (model) model->release();
}

sotto_status sotto_model_estimate(sotto_runtime* runtime, const sotto_model_source* source, const sotto_model_options* options,
                                  sotto_memory_estimate* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_estimate: runtime", runtime));
    return sotto::estimate(*runtime, source, options, out);
  });
}

sotto_status sotto_model_get_facts(const sotto_model* model, sotto_model_facts* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_get_facts: model", model));
    return sotto::write_out("sotto_model_facts", sotto::facts_of(model->engine()), out);
  });
}

sotto_status sotto_model_tensor(const sotto_model* model, uint32_t index, sotto_tensor_info* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_tensor: model", model));
    return sotto::tensor_info(model->engine(), index, out);
  });
}

sotto_status sotto_model_text(const sotto_model* model, sotto_str key, char* buffer, uint64_t capacity, uint64_t* size,
                              sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_text: model", model));
    return sotto::model_text(model->engine(), key, buffer, capacity, size);
  });
}

sotto_status sotto_tokenize(const sotto_model* model, sotto_str text, uint32_t flags, uint32_t* ids, uint64_t capacity,
                            uint64_t* count, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_tokenize: model", model));
    return sotto::tokenize(model->engine(), text, flags, ids, capacity, count);
  });
}

sotto_status sotto_detokenize(const sotto_model* model, const uint32_t* ids, uint64_t count, uint32_t flags, char* buffer,
                              uint64_t capacity, uint64_t* size, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_detokenize: model", model));
    return sotto::detokenize(model->engine(), ids, count, flags, buffer, capacity, size);
  });
}

sotto_status sotto_lora_open(sotto_model* model, const sotto_model_source* source, sotto_lora** out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_lora_open: model", model));
    SOTTO_TRY(sotto::check_given("sotto_lora_open: source", source));
    SOTTO_TRY(sotto::check_given("sotto_lora_open: out", out));
    SOTTO_ASSIGN(const sotto_model_source from, sotto::read_options("sotto_model_source", source));
    SOTTO_ASSIGN(sotto::ModelBytes bytes, sotto::ModelBytes::open(from));
    auto lora = std::make_unique<sotto_lora>(model);
    SOTTO_ASSIGN(lora->lora, sotto::Lora::open(model->engine(), std::move(bytes)));
    *out = lora.release();
    return {};
  });
}

void sotto_lora_destroy(sotto_lora* lora) { delete lora; }

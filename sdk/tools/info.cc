// info.cc: `sotto info`: what is in a model file and what memory it would take.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "json.h"
#include "loading.h"

namespace sotto::tools {
namespace {

constexpr uint32_t kLeastContext = 512;

struct Options {
  CommonOptions common;
  std::string model;
};

struct TypeCount {
  uint64_t tensors = 0;
  uint64_t bytes = 0;
};

std::map<std::string, TypeCount> types_of(const ModelHandle& model, uint32_t count) {
  std::map<std::string, TypeCount> types;
  for (uint32_t i = 0; i < count; ++i) {
    sotto_tensor_info tensor{};
    tensor.struct_size = sizeof tensor;
    call([&](sotto_error* err) { return sotto_model_tensor(model.get(), i, &tensor, err); });
    TypeCount& type = types[tensor.type_name];
    ++type.tensors;
    type.bytes += tensor.bytes;
  }
  return types;
}

// Estimates for 512, 1024, ... and what the model was trained for. *problem: why there are none or no more.
std::vector<sotto_memory_estimate> estimates_of(const Options& o, const sotto_model_facts& facts, std::string* problem) {
  std::vector<sotto_memory_estimate> estimates;
  std::vector<uint32_t> contexts;
  for (uint32_t c = kLeastContext; c < facts.context_trained; c *= 2) contexts.push_back(c);
  if (facts.context_trained != 0) contexts.push_back(facts.context_trained);
  if (o.common.context != 0) contexts = {o.common.context};
  try {
    const Runtime runtime = open_runtime(o.common);
    for (const uint32_t context : contexts) estimates.push_back(estimate(runtime, o.model, o.common, context));
  } catch (const Error& e) {
    *problem = e.what();
  }
  return estimates;
}

Json to_json(const sotto_model_facts& f) {
  const auto id = [](uint32_t token) { return token == SOTTO_NONE ? Json() : Json(token); };
  return {{"name", f.name},
          {"architecture", f.architecture},
          {"parameters", f.parameters},
          {"file_bytes", f.file_bytes},

          {"layers", f.layers},
          {"hidden", f.hidden},
          {"heads", f.heads},
          {"kv_heads", f.kv_heads},
          {"head_dim", f.head_dim},
          {"ffn", f.ffn},
          {"vocabulary", f.vocabulary},
          {"context_trained", f.context_trained},
          {"tensors", f.tensor_count},
          {"tokenizer", f.tokenizer},
          {"bos", id(f.bos)},
          {"eos", id(f.eos)},
          {"hash", f.hash}};
}

void row(const char* name, const std::string& value) { write_text(fmt::format("{:<13} {}\n", name, value)); }

std::vector<sotto_head_info> heads_of(const ModelHandle& model) {
  std::vector<sotto_head_info> heads(sotto_model_head_count(model.get()));
  for (uint32_t i = 0; i < heads.size(); ++i) {
    heads[i].struct_size = sizeof heads[i];
    call([&](sotto_error* err) { return sotto_model_head_info(model.get(), i, &heads[i], err); });
  }
  return heads;
}

void print(const sotto_model_facts& f, const std::map<std::string, TypeCount>& types, const std::string& license,
           const std::string& chat, const std::vector<sotto_head_info>& heads) {
  row("name", f.name);
  row("architecture", f.architecture);
  row("shape", fmt::format("{} layers, hidden {}, {} heads ({} of keys and values) of {}, ffn {}, vocabulary {}", f.layers,
                           f.hidden, f.heads, f.kv_heads, f.head_dim, f.ffn, f.vocabulary));
  row("parameters", fmt::format("{:.1f} million in {} tensors", static_cast<double>(f.parameters) / 1e6, f.tensor_count));
  row("file", megabytes(f.file_bytes));
  for (const auto& [name, type] : types)
    row("", fmt::format("{:<5} {:>4} tensors, {}", name, type.tensors, megabytes(type.bytes)));
  const auto id = [](uint32_t token) { return token == SOTTO_NONE ? std::string("none") : std::to_string(token); };
  row("tokenizer", fmt::format("{}, begin {}, end {}", f.tokenizer, id(f.bos), id(f.eos)));
  row("template", chat.empty() ? "none" : fmt::format("{} characters of Jinja", chat.size()));
  for (const sotto_head_info& head : heads) row("head", fmt::format("{}, {} labels", head.name, head.labels));
  row("context", fmt::format("{} tokens as trained", f.context_trained));
  row("licence", license.empty() ? "not stated" : license);
  row("hash", f.hash);
}

void print(const std::vector<sotto_memory_estimate>& estimates, const std::string& problem) {
  if (!estimates.empty())
    write_bytes(fmt::format("\nmemory with one session\n{:>8} {:>12} {:>12} {:>12} {:>12}\n", "context", "weights", "cache",
                            "work", "total"));
  for (const sotto_memory_estimate& e : estimates)
    write_bytes(fmt::format("{:>8} {:>12} {:>12} {:>12} {:>12}\n", e.context_tokens,
                            megabytes(e.weights_mapped + e.weights_copied), megabytes(e.kv_cache),
                            megabytes(e.workspace + e.host), megabytes(e.total)));
  if (!problem.empty()) write_text(fmt::format("\nmemory: {}\n", problem));
}

void run(Console& console, const Options& o) {
  const Runtime runtime = open_runtime_without_plugins(o.common);
  const ModelHandle model = open_model(console, runtime, o.model, o.common, {SOTTO_MODEL_VOCABULARY_ONLY});
  const sotto_model_facts facts = facts_of(model);
  const auto types = types_of(model, facts.tensor_count);
  const auto heads = heads_of(model);
  const std::string license = text_of(model, "general.license"), chat = text_of(model, "tokenizer.chat_template");
  std::string problem;
  // A file that holds a tokenizer alone has nothing to estimate.
  const auto estimates = facts.tensor_count != 0 ? estimates_of(o, facts, &problem) : std::vector<sotto_memory_estimate>();
  if (!o.common.json) {
    print(facts, types, license, chat, heads);
    return print(estimates, problem);
  }
  Json json = to_json(facts);
  json["file"] = model_path(o.model);
  json["license"] = license.empty() ? Json() : Json(license);
  json["chat_template"] = chat.empty() ? Json() : Json(chat);
  json["output_heads"] = Json::array();
  for (const sotto_head_info& head : heads) json["output_heads"].push_back({{"name", head.name}, {"labels", head.labels}});
  json["types"] = Json::object();
  for (const auto& [name, type] : types) json["types"][name] = {{"tensors", type.tensors}, {"bytes", type.bytes}};
  json["memory"] = Json::array();
  for (const sotto_memory_estimate& e : estimates)
    json["memory"].push_back({{"context", e.context_tokens},
                              {"weights_mapped", e.weights_mapped},
                              {"weights_copied", e.weights_copied},
                              {"kv_cache", e.kv_cache},
                              {"workspace", e.workspace},
                              {"host", e.host},
                              {"total", e.total}});
  json["memory_problem"] = problem.empty() ? Json() : Json(problem);
  print_json(json);
}

}  // namespace

Action declare_info(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  app.add_option("FILE", o->model, "GGUF or SentencePiece .model; left out: the default model");
  declare_common(app, &o->common);
  return [o](Console& console) { run(console, *o); };
}

}  // namespace sotto::tools

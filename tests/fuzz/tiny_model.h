// tiny_model.h: a whole Sotto for targets that go through the C ABI: the reference backend and the dialogue plugin linked in,
// and a model of 25 KB open.
#pragma once

#include "gguf_file.h"
#include "sotto/dialogue.h"
#include "sotto/sotto.h"

extern "C" const sotto_plugin_entry sotto_plugin_reference;
extern "C" const sotto_plugin_entry sotto_plugin_dialogue;

namespace sotto::fuzz {

struct TinyModel {
  std::string bytes = fixture("gguf/hostile_base.gguf");
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_model_facts facts{};

  TinyModel() {
    const sotto_plugin_entry* entries[] = {&sotto_plugin_reference, &sotto_plugin_dialogue};
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    options.plugin_entries = entries;
    options.plugin_entry_count = 2;
    options.threads = 1;
    FUZZ_CHECK(sotto_runtime_create(&options, &runtime, nullptr) == SOTTO_OK);
    sotto_model_source source{};
    source.struct_size = sizeof source;
    source.kind = SOTTO_SOURCE_MEMORY;
    source.data = bytes.data();
    source.size = bytes.size();
    sotto_model_options wanted{};
    wanted.struct_size = sizeof wanted;
    wanted.context_tokens = 64;
    sotto_error err{};
    err.struct_size = sizeof err;
    const sotto_status status = sotto_model_open(runtime, &source, &wanted, &model, &err);
    if (status != SOTTO_OK) std::fprintf(stderr, "%s\n", err.text);
    FUZZ_CHECK(status == SOTTO_OK);
    facts.struct_size = sizeof facts;
    FUZZ_CHECK(sotto_model_get_facts(model, &facts, nullptr) == SOTTO_OK);
  }
  ~TinyModel() {
    sotto_model_destroy(model);
    sotto_runtime_destroy(runtime);
  }
  TinyModel(const TinyModel&) = delete;
  TinyModel& operator=(const TinyModel&) = delete;

  static const TinyModel& get() {
    static const TinyModel all;
    return all;
  }
};

}  // namespace sotto::fuzz

// phrases.cc: prints what the smart speaker tells its recogniser to expect, a phrase a line: speech_phrases MODEL.gguf
#include <home/demo_home.h>
#include <phrases.h>

#include <cstdio>
#include <memory>

#include "sotto/assistant.h"
#include "sotto/sotto.hpp"

namespace {

void print(const char* file) {
  const sotto::Runtime runtime(SOTTO_PLUGIN_DIR);
  const sotto::Model model(runtime, file);
  const std::vector<char> domain = sotto::fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return sotto_model_text(model.get(), sotto_cstr(SOTTO_ASSISTANT_MODEL_KEY), into, capacity, size, err);
  });
  using sotto::tools::DemoHome;
  const auto phrases = phrases_of(nlohmann::json::parse(domain), nlohmann::json::parse(DemoHome::description()),
                                  DemoHome::functions(), sotto::tools::Player("").titles());
  for (const std::string& phrase : phrases) std::printf("%s\n", phrase.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "speech_phrases MODEL.gguf\n"), 2;
  try {
    print(argv[1]);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "speech_phrases: %s\n", e.what());
    return 1;
  }
}

// world.h: a tiny model on the reference backend with the skills' plugins as they are built; an assistant with functions that
// write down what they were called with.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sentiment/tiny_model.h"
#include "sotto/assistant.h"
#include "sotto/sentiment.h"
#include "sotto/sotto.hpp"

namespace sotto::skills_test {

using sentiment_test::HeadSpec;
using sentiment_test::model_bytes;

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

struct Said {
  std::string text;
  sotto_assistant_result result{};
};

class World {
 public:
  // `domain`: JSON.
  World(std::string model, std::string domain, uint32_t flags = 0, float free_confidence = 0);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void add(const std::string& name, const char* schema, const std::vector<std::string>& examples);
  Said say(const std::string& words);
  std::vector<std::pair<std::string, std::string>> take_calls() { return std::exchange(calls_, {}); }
  std::unique_ptr<sotto_sentiment, void (*)(sotto_sentiment*)> reader();
  std::vector<float> hidden();

  sotto_assistant* assistant() const { return assistant_; }
  const sotto_assistant_api& api() const { return *skill_.api; }
  const sotto_sentiment_api& moods() const { return *moods_.api; }
  sotto_model* model() const { return model_; }

 private:
  void close();
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error* err);

  std::string bytes_, domain_;
  sotto_runtime* runtime_ = nullptr;
  sotto_model* model_ = nullptr;
  sotto_assistant_skill skill_{};
  sotto_sentiment_skill moods_{};
  sotto_assistant* assistant_ = nullptr;
  std::vector<std::pair<std::string, std::string>> calls_;  // of one thread at a time
};

// A domain without intents; examples that mean nothing.
extern const char* const kBareDomain;

}  // namespace sotto::skills_test

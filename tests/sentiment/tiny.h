// tiny.h: a model of 64 hidden numbers with the heads and the template that a test wants, on the reference backend, and the
// plugin linked in. The clock is the test's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sotto/hidden.h"
#include "sotto/sentiment.h"
#include "sotto/sotto.h"
#include "tiny_model.h"

namespace sotto::sentiment_test {

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
  bool says(const std::string& words) const { return std::string(text).find(words) != std::string::npos; }
};

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

// Time as a test sets it. `on_look` runs whenever somebody asks for it.
struct Clock {
  uint64_t ns = 1000000000;
  std::function<void()> on_look;
  sotto_interface interface();
};

struct ReaderDeleter {
  const sotto_sentiment_api* api;
  void operator()(sotto_sentiment* r) const { api->destroy(r); }
};
using ReaderPtr = std::unique_ptr<sotto_sentiment, ReaderDeleter>;
struct ModelDeleter {
  void operator()(sotto_model* m) const { sotto_model_destroy(m); }
};
struct SessionDeleter {
  void operator()(sotto_session* s) const { sotto_session_destroy(s); }
};
using SessionPtr = std::unique_ptr<sotto_session, SessionDeleter>;

// A runtime, a model and the plugin.
class World {
 public:
  explicit World(std::string bytes);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  ReaderPtr reader(uint32_t flags = 0);
  ReaderPtr reader(const sotto_sentiment_options& options);
  sotto_status create(const sotto_sentiment_options& options, Error* error);  // destroyed at once
  SessionPtr session();
  std::unique_ptr<sotto_model, ModelDeleter> open(const std::string& bytes);

  sotto_sentiment_result read(const ReaderPtr& reader, const std::string& text);
  // As the model's template writes it; without the generation prompt.
  std::vector<uint32_t> turn(const std::string& text, uint32_t flags = SOTTO_TEMPLATE_NO_GENERATION_PROMPT);
  std::vector<uint32_t> tokenize(const std::string& text, uint32_t flags);
  // Rows of an output at every position, from a session of its own.
  std::vector<std::vector<float>> rows(const std::vector<uint32_t>& ids, uint32_t output);

  sotto_model* model() const { return model_.get(); }
  const sotto_sentiment_api& api() const { return *skill_.api; }
  void* self() const { return skill_.self; }
  Clock clock;

 private:
  struct RuntimeDeleter {
    void operator()(sotto_runtime* r) const { sotto_runtime_destroy(r); }
  };
  std::string bytes_;
  std::unique_ptr<sotto_runtime, RuntimeDeleter> runtime_;
  std::unique_ptr<sotto_model, ModelDeleter> model_;
  sotto_sentiment_skill skill_{};
};

// Index of the token that ends the turn in what `turn` gives: ChatML writes one token behind it.
inline size_t end_of(const std::vector<uint32_t>& turn) { return turn.size() - 2; }

std::vector<double> softmax(const std::vector<double>& logits);
uint64_t computed_tokens(const SessionPtr& session);

}  // namespace sotto::sentiment_test

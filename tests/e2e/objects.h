// objects.h: a runtime with the plugins of this build, a tiny model and sessions on it, for tests through the C interface.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sotto/sotto.h"

namespace sotto::e2e {

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
};

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof value;
  return value;
}

struct RuntimeDeleter {
  void operator()(sotto_runtime* r) const { sotto_runtime_destroy(r); }
};
struct ModelDeleter {
  void operator()(sotto_model* m) const { sotto_model_destroy(m); }
};
struct SessionDeleter {
  void operator()(sotto_session* s) const { sotto_session_destroy(s); }
};
using RuntimePtr = std::unique_ptr<sotto_runtime, RuntimeDeleter>;
using ModelPtr = std::unique_ptr<sotto_model, ModelDeleter>;
using SessionPtr = std::unique_ptr<sotto_session, SessionDeleter>;

std::string fixture(const std::string& name);  // "gguf/small-q8_0.gguf"
std::string file_bytes(const std::string& path);
std::vector<float> fixture_floats(const std::string& name);

// One entry of gguf/expected.json.
struct Expected {
  std::vector<uint32_t> tokens, greedy;
  std::vector<float> greedy_margin;
};
Expected expected(const std::string& model);

sotto_model_source path_source(const std::string& path);     // borrows
sotto_model_source memory_source(const std::string& bytes);  // likewise

// Fails the test when it cannot be made.
RuntimePtr make_runtime(const sotto_runtime_options* further = nullptr);
ModelPtr open_model(sotto_runtime* runtime, const std::string& path, const std::string& backend,
                    const sotto_model_options* further = nullptr);
SessionPtr make_session(sotto_model* model, uint32_t context_tokens = 0);

// What a call of sotto_generate gave.
struct Answer {
  sotto_status status = SOTTO_OK;
  std::string text, error;
  std::vector<uint32_t> tokens;
  std::vector<float> logprobs;
  sotto_generate_result result = sized<sotto_generate_result>();
};
using OnPiece = std::function<int32_t(sotto_str)>;
using OnToken = std::function<int32_t(uint32_t, float)>;
// Greedy from ids, as many tokens as asked, past the end of text.
sotto_generate_options greedy_options(const std::vector<uint32_t>& prompt, uint32_t count);
Answer generate(sotto_session* session, const sotto_generate_options& options, const std::string& prompt = "",
                const OnPiece& on_piece = nullptr, const OnToken& on_token = nullptr);

// Rows of one output at every position of the ids, appended to the session.
std::vector<float> feed(sotto_session* session, const std::vector<uint32_t>& ids, uint32_t output = SOTTO_OUTPUT_LOGITS);

// Bytes of memory of this process, now.
uint64_t resident_bytes();

}  // namespace sotto::e2e

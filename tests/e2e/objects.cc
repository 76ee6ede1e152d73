#include "e2e/objects.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace sotto::e2e {

std::string fixture(const std::string& name) { return SOTTO_FIXTURES "/" + name; }

std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<float> fixture_floats(const std::string& name) {
  const std::string bytes = file_bytes(fixture(name));
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), floats.size() * sizeof(float));
  return floats;
}

Expected expected(const std::string& model) {
  std::ifstream in(fixture("gguf/expected.json"));
  for (const auto& entry : nlohmann::json::parse(in))
    if (entry.at("name") == model) return {entry.at("tokens"), entry.at("greedy"), entry.at("greedy_margin")};
  ADD_FAILURE() << model << " is not in gguf/expected.json";
  return {};
}

sotto_model_source path_source(const std::string& path) {
  auto source = sized<sotto_model_source>();
  source.path = {path.data(), path.size()};
  return source;
}

sotto_model_source memory_source(const std::string& bytes) {
  auto source = sized<sotto_model_source>();
  source.kind = SOTTO_SOURCE_MEMORY;
  source.data = bytes.data();
  source.size = bytes.size();
  return source;
}

RuntimePtr make_runtime(const sotto_runtime_options* further) {
  auto options = further ? *further : sized<sotto_runtime_options>();
  options.plugin_folder = sotto_cstr(SOTTO_PLUGIN_DIR);
  sotto_runtime* runtime = nullptr;
  Error error;
  EXPECT_EQ(sotto_runtime_create(&options, &runtime, &error), SOTTO_OK) << error.text;
  return RuntimePtr(runtime);
}

ModelPtr open_model(sotto_runtime* runtime, const std::string& path, const std::string& backend,
                    const sotto_model_options* further) {
  auto options = further ? *further : sized<sotto_model_options>();
  options.backend = {backend.data(), backend.size()};
  const auto source = path_source(path);
  sotto_model* model = nullptr;
  Error error;
  EXPECT_EQ(sotto_model_open(runtime, &source, &options, &model, &error), SOTTO_OK) << error.text;
  return ModelPtr(model);
}

SessionPtr make_session(sotto_model* model, uint32_t context_tokens) {
  auto options = sized<sotto_session_options>();
  options.context_tokens = context_tokens;
  sotto_session* session = nullptr;
  Error error;
  EXPECT_EQ(sotto_session_create(model, &options, &session, &error), SOTTO_OK) << error.text;
  return SessionPtr(session);
}

sotto_generate_options greedy_options(const std::vector<uint32_t>& prompt, uint32_t count) {
  auto options = sized<sotto_generate_options>();
  options.prompt_ids = prompt.data();
  options.prompt_id_count = prompt.size();
  options.max_tokens = count;
  options.flags = SOTTO_GENERATE_IGNORE_END;
  return options;
}

namespace {

struct Listener {
  Answer& answer;
  const OnPiece& on_piece;
  const OnToken& on_token;

  static int32_t text(void* self, sotto_str piece) {
    auto& l = *static_cast<Listener*>(self);
    l.answer.text.append(piece.data, static_cast<size_t>(piece.size));
    return l.on_piece ? l.on_piece(piece) : 0;
  }
  static int32_t token(void* self, uint32_t id, float logprob) {
    auto& l = *static_cast<Listener*>(self);
    l.answer.tokens.push_back(id);
    l.answer.logprobs.push_back(logprob);
    return l.on_token ? l.on_token(id, logprob) : 0;
  }
};

}  // namespace

Answer generate(sotto_session* session, const sotto_generate_options& options, const std::string& prompt,
                const OnPiece& on_piece, const OnToken& on_token) {
  Answer answer;
  Listener listener{answer, on_piece, on_token};
  auto o = options;
  o.on_token = Listener::token;
  o.on_token_user = &listener;
  o.result = &answer.result;
  Error error;
  answer.status = sotto_generate(session, {prompt.data(), prompt.size()}, &o, Listener::text, &listener, &error);
  answer.error = error.text;
  return answer;
}

std::vector<float> feed(sotto_session* session, const std::vector<uint32_t>& ids, uint32_t output) {
  std::vector<float> rows;
  auto options = sized<sotto_feed_options>();
  options.outputs = output;
  options.user = &rows;
  options.on_row = [](void* user, uint32_t, uint32_t, const float* row, uint32_t width) -> int32_t {
    auto& all = *static_cast<std::vector<float>*>(user);
    all.insert(all.end(), row, row + width);
    return 0;
  };
  Error error;
  EXPECT_EQ(sotto_session_feed(session, ids.data(), ids.size(), &options, &error), SOTTO_OK) << error.text;
  return rows;
}

uint64_t resident_bytes() {
  uint64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace sotto::e2e

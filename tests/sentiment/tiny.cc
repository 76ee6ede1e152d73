#include "tiny.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sotto/plugin.h"

extern "C" const sotto_plugin_entry sotto_plugin_sentiment;

namespace sotto::sentiment_test {
namespace {

int64_t unix_milliseconds(void*) { return 0; }
uint64_t monotonic_nanoseconds(void* self) {
  auto& clock = *static_cast<Clock*>(self);
  if (clock.on_look) clock.on_look();
  return clock.ns;
}
constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

}  // namespace

sotto_interface Clock::interface() { return {&kClock, this}; }

World::World(std::string bytes) : bytes_(std::move(bytes)) {
  const std::string backend = SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so";
  const sotto_str file = {backend.data(), backend.size()};
  const sotto_plugin_entry* const entry = &sotto_plugin_sentiment;
  auto options = sized<sotto_runtime_options>();
  options.plugin_files = &file;
  options.plugin_file_count = 1;
  options.plugin_entries = &entry;
  options.plugin_entry_count = 1;
  options.clock = clock.interface();
  sotto_runtime* runtime = nullptr;
  Error error;
  EXPECT_EQ(sotto_runtime_create(&options, &runtime, &error), SOTTO_OK) << error.text;
  runtime_.reset(runtime);
  skill_ = sotto_sentiment_find(runtime);
  EXPECT_NE(skill_.api, nullptr);
  model_ = open(bytes_);
}

std::unique_ptr<sotto_model, ModelDeleter> World::open(const std::string& bytes) {
  auto source = sized<sotto_model_source>();
  source.kind = SOTTO_SOURCE_MEMORY;
  source.data = bytes.data();
  source.size = bytes.size();
  sotto_model* model = nullptr;
  Error error;
  EXPECT_EQ(sotto_model_open(runtime_.get(), &source, nullptr, &model, &error), SOTTO_OK) << error.text;
  return std::unique_ptr<sotto_model, ModelDeleter>(model);
}

ReaderPtr World::reader(uint32_t flags) {
  auto options = sized<sotto_sentiment_options>();
  options.flags = flags;
  return reader(options);
}

ReaderPtr World::reader(const sotto_sentiment_options& options) {
  sotto_sentiment* made = nullptr;
  Error error;
  EXPECT_EQ(api().create(self(), model(), &options, &made, &error), SOTTO_OK) << error.text;
  return ReaderPtr(made, ReaderDeleter{skill_.api});
}

sotto_status World::create(const sotto_sentiment_options& options, Error* error) {
  sotto_sentiment* made = nullptr;
  const sotto_status status = api().create(self(), model(), &options, &made, error);
  EXPECT_EQ(made == nullptr, status != SOTTO_OK);
  api().destroy(made);
  return status;
}

SessionPtr World::session() {
  sotto_session* made = nullptr;
  Error error;
  EXPECT_EQ(sotto_session_create(model(), nullptr, &made, &error), SOTTO_OK) << error.text;
  return SessionPtr(made);
}

sotto_sentiment_result World::read(const ReaderPtr& reader, const std::string& text) {
  const sotto_str given = {text.data(), text.size()};
  sotto_sentiment_result result{};
  Error error;
  EXPECT_EQ(api().read(reader.get(), &given, 1, nullptr, &result, sizeof result, &error), SOTTO_OK) << error.text;
  EXPECT_EQ(result.struct_size, sizeof result);
  return result;
}

std::vector<uint32_t> World::turn(const std::string& text, uint32_t flags) {
  const std::string messages = R"([{"role": "user", "content": ")" + text + "\"}]";
  auto options = sized<sotto_template_options>();
  options.flags = flags;
  options.messages = {messages.data(), messages.size()};
  std::vector<uint32_t> ids(4096);
  uint64_t count = 0;
  Error error;
  EXPECT_EQ(sotto_template_tokenize(model(), &options, ids.data(), ids.size(), &count, &error), SOTTO_OK) << error.text;
  ids.resize(std::min<size_t>(count, ids.size()));
  return ids;
}

std::vector<uint32_t> World::tokenize(const std::string& text, uint32_t flags) {
  std::vector<uint32_t> ids(4096);
  uint64_t count = 0;
  Error error;
  EXPECT_EQ(sotto_tokenize(model(), {text.data(), text.size()}, flags, ids.data(), ids.size(), &count, &error), SOTTO_OK)
      << error.text;
  ids.resize(std::min<size_t>(count, ids.size()));
  return ids;
}

std::vector<std::vector<float>> World::rows(const std::vector<uint32_t>& ids, uint32_t output) {
  std::vector<std::vector<float>> all;
  auto options = sized<sotto_feed_options>();
  options.outputs = output;
  options.user = &all;
  options.on_row = [](void* user, uint32_t, uint32_t, const float* row, uint32_t width) -> int32_t {
    static_cast<std::vector<std::vector<float>>*>(user)->emplace_back(row, row + width);
    return 0;
  };
  Error error;
  EXPECT_EQ(sotto_session_feed(session().get(), ids.data(), ids.size(), &options, &error), SOTTO_OK) << error.text;
  return all;
}

std::vector<double> softmax(const std::vector<double>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> shares;
  double sum = 0;
  for (const double x : logits) sum += shares.emplace_back(std::exp(x - largest));
  for (double& share : shares) share /= sum;
  return shares;
}

uint64_t computed_tokens(const SessionPtr& session) {
  auto counters = sized<sotto_counters>();
  EXPECT_EQ(sotto_session_counters(session.get(), &counters, nullptr), SOTTO_OK);
  return counters.computed_tokens;
}

}  // namespace sotto::sentiment_test

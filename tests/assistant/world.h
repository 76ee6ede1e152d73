// world.h: the assistant through the C ABI: the plugin linked in, a tiny model whose heads are set by their bias, so that any
// text means what the test wants.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "rig.h"
#include "sotto/assistant.h"
#include "sotto/plugin.h"
#include "unit/model/raw_gguf.h"

extern "C" const sotto_plugin_entry sotto_plugin_dialogue;

namespace sotto::assistant_test {

using Json = nlohmann::json;

constexpr uint32_t kHidden = 64, kFloat = 6, kText = 8, kArray = 9;  // types of GGUF values

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
inline sotto_str str(const std::string& text) { return {text.data(), text.size()}; }

struct Head {
  std::string name, kind;
  std::vector<std::string> labels;
  std::vector<float> bias;  // what decides
  float slope = 0;          // of the weights: 0 leaves the decision to the bias
};

inline void add_tensor(RawGguf* file, const std::string& name, const std::vector<uint64_t>& dims,
                       const std::vector<float>& numbers) {
  file->data.resize((file->data.size() + 31) / 32 * 32);
  file->tensors.push_back({name, dims, SOTTO_F32, file->data.size(), {}, {}});
  for (const float x : numbers) file->data += raw(x);
}

inline std::string model_bytes(const std::vector<Head>& heads, const std::string& domain) {
  RawGguf file = RawGguf::parse(fixture("gguf/small-f32.gguf"));
  if (!domain.empty()) file.keys.push_back({SOTTO_ASSISTANT_MODEL_KEY, kText, raw_text(domain), {}});
  for (const Head& head : heads) {
    const std::string prefix = "sotto.head." + head.name;
    std::string labels;
    for (const std::string& label : head.labels) labels += raw_text(label);
    file.keys.push_back({prefix + ".labels", kArray, raw_array(kText, head.labels.size(), labels), {}});
    file.keys.push_back({prefix + ".kind", kText, raw_text(head.kind), {}});
    file.keys.push_back({prefix + ".temperature", kFloat, raw(1.0f), {}});
    std::vector<float> weights;
    for (size_t i = 0; i < head.bias.size() * kHidden; ++i) weights.push_back(head.slope * std::sin(static_cast<float>(i)));
    add_tensor(&file, prefix + ".weight", {kHidden, head.bias.size()}, weights);
    add_tensor(&file, prefix + ".bias", {head.bias.size()}, head.bias);
  }
  return file.write();
}

inline Head intent_head(const std::string& means) {
  Head head{"intent", "sequence", {"none", "clock.time", "timer.start", "device.turn_on", "chat.talk"}, {}, 0};
  for (const std::string& label : head.labels) head.bias.push_back(label == means ? 8.0f : 0.0f);
  return head;
}
inline std::string domain() { return read_text(fixture_path("assistant.json")); }

struct Fixture {
  explicit Fixture(std::string bytes) : model_bytes(std::move(bytes)) {
    const std::string backend = SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so";
    const sotto_str file = str(backend);
    const sotto_plugin_entry* const entry = &sotto_plugin_dialogue;
    auto options = sized<sotto_runtime_options>();
    options.plugin_files = &file;
    options.plugin_file_count = 1;
    options.plugin_entries = &entry;
    options.plugin_entry_count = 1;
    options.clock = {&kClock, this};
    Error error;
    EXPECT_EQ(sotto_runtime_create(&options, &runtime, &error), SOTTO_OK) << error.text;
    skill = sotto_assistant_find(runtime);
    EXPECT_NE(skill.api, nullptr);
    auto source = sized<sotto_model_source>();
    source.kind = SOTTO_SOURCE_MEMORY;
    source.data = model_bytes.data();
    source.size = model_bytes.size();
    EXPECT_EQ(sotto_model_open(runtime, &source, nullptr, &model, &error), SOTTO_OK) << error.text;
  }
  ~Fixture() {
    if (assistant != nullptr) skill.api->destroy(assistant);
    sotto_model_destroy(model);
    sotto_runtime_destroy(runtime);
  }
  sotto_status create(Error* error, const std::string& own_domain = {}, uint32_t call_deadline_ms = 5000) {
    auto options = sized<sotto_assistant_options>();
    options.language = SOTTO_ASSISTANT_EN;
    options.call_deadline_ms = call_deadline_ms;
    if (!own_domain.empty()) options.domain = str(own_domain);
    return skill.api->create(skill.self, model, &options, &assistant, error);
  }
  sotto_status add(const std::string& name, const std::string& schema = {}, const std::vector<std::string>& examples = {},
                   Error* error = nullptr) {
    std::vector<sotto_str> views;
    for (const std::string& e : examples) views.push_back(str(e));
    auto f = sized<sotto_function>();
    f.name = str(name);
    if (!schema.empty()) f.schema = str(schema);
    f.examples = views.data();
    f.example_count = static_cast<uint32_t>(views.size());
    f.run = run;
    f.user = this;
    return skill.api->add_function(assistant, &f, error);
  }
  sotto_status say(const std::string& text, Error* error = nullptr) {
    auto one = sized<sotto_hypothesis>();
    one.text = str(text);
    answer.clear();
    result = sized<sotto_assistant_result>();
    return skill.api->turn(assistant, &one, sizeof one, 1, take, this, &result, error);
  }
  std::string text(sotto_status (*function)(sotto_assistant*, char*, uint64_t, uint64_t*, sotto_error*)) {
    uint64_t size = 0;
    EXPECT_EQ(function(assistant, nullptr, 0, &size, nullptr), SOTTO_OK);
    std::string made(size, '\0');
    EXPECT_EQ(function(assistant, made.data(), size, &size, nullptr), SOTTO_OK);
    return made;
  }
  std::string saved() {
    uint64_t size = 0;
    EXPECT_EQ(skill.api->save(assistant, nullptr, 0, &size, nullptr), SOTTO_OK);
    std::string made(size, '\0');
    EXPECT_EQ(skill.api->save(assistant, made.data(), size, &size, nullptr), SOTTO_OK);
    return made;
  }
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error* err) {
    auto* self = static_cast<Fixture*>(user);
    ++self->calls;
    if (self->on_call) return self->on_call(call, write, writer, err);
    return SOTTO_OK;
  }
  static int32_t take(void* user, sotto_str piece) {
    auto* self = static_cast<Fixture*>(user);
    self->answer.append(piece.data, piece.size);
    if (self->on_text) self->on_text();
    return 0;
  }
  static int64_t unix_milliseconds(void* self) { return static_cast<Fixture*>(self)->now_ms; }
  static uint64_t monotonic_nanoseconds(void*) { return 0; }
  static constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

  std::string model_bytes, answer;
  int64_t now_ms = 1795900000000;
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_assistant_skill skill{};
  sotto_assistant* assistant = nullptr;
  sotto_assistant_result result{};
  std::atomic<int> calls{0};
  std::function<sotto_status(const sotto_function_call*, sotto_on_text, void*, sotto_error*)> on_call;
  std::function<void()> on_text;
};

inline std::unique_ptr<Fixture> world(const std::string& means, const std::string& function) {
  auto made = std::make_unique<Fixture>(model_bytes({intent_head(means)}, domain()));
  Error error;
  EXPECT_EQ(made->create(&error), SOTTO_OK) << error.text;
  if (!function.empty()) {
    EXPECT_EQ(made->add(function, {}, {}, &error), SOTTO_OK) << error.text;
  }
  return made;
}

}  // namespace sotto::assistant_test

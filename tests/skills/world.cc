#include "world.h"

namespace sotto::skills_test {

const char* const kBareDomain = R"({"format": "sotto.assistant", "version": 1, "slots": {"duration": "duration"}, "kinds": {},
"intents": {}, "examples": {"zh": [["随便说说", "none"]], "en": [["never mind that", "none"]]},
"talk": {"zh": [["你好", "你好！"]], "en": [["hello there", "Hello!"]]}, "refusals": {"zh": [], "en": []}})";

World::World(std::string model, std::string domain, uint32_t flags, float free_confidence)
    : bytes_(std::move(model)), domain_(std::move(domain)) {
  const std::string names[] = {SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so", SOTTO_PLUGIN_DIR "/libdialogue.so",
                               SOTTO_PLUGIN_DIR "/libsentiment.so"};
  const sotto_str files[] = {str(names[0]), str(names[1]), str(names[2])};
  auto options = sized<sotto_runtime_options>();
  options.plugin_files = files;
  options.plugin_file_count = 3;
  try {
    call([&](sotto_error* err) { return sotto_runtime_create(&options, &runtime_, err); });
    auto source = sized<sotto_model_source>();
    source.kind = SOTTO_SOURCE_MEMORY;
    source.data = bytes_.data();
    source.size = bytes_.size();
    call([&](sotto_error* err) { return sotto_model_open(runtime_, &source, nullptr, &model_, err); });
    skill_ = sotto_assistant_find(runtime_);
    moods_ = sotto_sentiment_find(runtime_);
    if (skill_.api == nullptr || moods_.api == nullptr) throw Error(SOTTO_NOT_FOUND, "a plugin of the build is missing");
    auto o = sized<sotto_assistant_options>();
    o.language = SOTTO_ASSISTANT_EN;
    o.domain = str(domain_);
    o.flags = flags;
    o.free_confidence = free_confidence;
    call([&](sotto_error* err) { return skill_.api->create(skill_.self, model_, &o, &assistant_, err); });
  } catch (...) {  // some tests want a model refused: what was made before goes
    close();
    throw;
  }
}

void World::close() {
  if (assistant_ != nullptr) skill_.api->destroy(assistant_);
  sotto_model_destroy(model_);
  sotto_runtime_destroy(runtime_);
}

World::~World() { close(); }

void World::add(const std::string& name, const char* schema, const std::vector<std::string>& examples) {
  std::vector<sotto_str> views;
  for (const std::string& example : examples) views.push_back(str(example));
  auto f = sized<sotto_function>();
  f.name = str(name);
  f.schema = sotto_cstr(schema);
  f.examples = views.data();
  f.example_count = static_cast<uint32_t>(views.size());
  f.run = run;
  f.user = this;
  call([&](sotto_error* err) { return skill_.api->add_function(assistant_, &f, err); });
}

sotto_status World::run(void* user, const sotto_function_call* made, sotto_on_text, void*, sotto_error*) {
  static_cast<World*>(user)->calls_.emplace_back(std::string(made->name.data, made->name.size),
                                                 std::string(made->arguments.data, made->arguments.size));
  return SOTTO_OK;
}

Said World::say(const std::string& words) {
  auto heard = sized<sotto_hypothesis>();
  heard.text = str(words);
  Said said;
  said.result.struct_size = sizeof said.result;
  const auto append = [](void* into, sotto_str piece) -> int32_t {
    return static_cast<std::string*>(into)->append(piece.data, piece.size), 0;
  };
  call([&](sotto_error* err) {
    return skill_.api->turn(assistant_, &heard, sizeof heard, 1, append, &said.text, &said.result, err);
  });
  return said;
}

std::unique_ptr<sotto_sentiment, void (*)(sotto_sentiment*)> World::reader() {
  sotto_sentiment* made = nullptr;
  call([&](sotto_error* err) { return moods_.api->create(moods_.self, model_, nullptr, &made, err); });
  return {made, moods_.api->destroy};
}

std::vector<float> World::hidden() {
  return fetch<float>([&](float* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return skill_.api->hidden(assistant_, into, capacity, count, err);
  });
}

}  // namespace sotto::skills_test

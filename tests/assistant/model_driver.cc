#include "model_driver.h"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace sotto::assistant_test {
namespace {

using Json = nlohmann::json;

}  // namespace

ModelDriver::ModelDriver(const DriverOptions& given) : domain_(given.domain) {
  sotto_runtime_options options{};
  options.struct_size = sizeof options;
  options.plugin_folder = sotto::str(given.plugins);
  options.clock = {&kClock, this};
  call([&](sotto_error* err) { return sotto_runtime_create(&options, &runtime_, err); });
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = sotto::str(given.model);
  sotto_model_options load{};
  load.struct_size = sizeof load;
  load.threads = given.threads;
  load.context_tokens = given.context_tokens;
  call([&](sotto_error* err) { return sotto_model_open(runtime_, &source, &load, &model_, err); });
  skill_ = sotto_assistant_find(runtime_);
  if (skill_.api == nullptr) throw Error(SOTTO_NOT_FOUND, "no dialogue plugin with an assistant lies in the folder");
  sotto_assistant_options o{};
  o.struct_size = sizeof o;
  o.domain = sotto::str(given.domain);
  o.language = given.is_chinese ? SOTTO_ASSISTANT_ZH : SOTTO_ASSISTANT_EN;
  o.call_deadline_ms = 20000;  // a machine that stands still for a while is no failure of a function
  o.flags = given.flags;
  call([&](sotto_error* err) { return skill_.api->create(skill_.self, model_, &o, &assistant_, err); });
  call([&](sotto_error* err) { return skill_.api->set_home(assistant_, sotto::str(given.home), err); });
}

ModelDriver::~ModelDriver() {
  skill_.api->destroy(assistant_);
  sotto_model_destroy(model_);
  sotto_runtime_destroy(runtime_);
}

void ModelDriver::add(sotto_function function) {
  function.struct_size = sizeof function;
  function.run = run;
  function.user = this;
  call([&](sotto_error* err) { return skill_.api->add_function(assistant_, &function, err); });
}

void ModelDriver::add_intents() {
  const Json all = Json::parse(domain_);
  for (const auto& [name, unused] : all["intents"].items()) {
    if (name.rfind("dialog.", 0) == 0 || name == "chat.talk" || name == "taxi.order") continue;
    sotto_function f{};
    f.name = sotto::str(name);
    add(f);
  }
}

void ModelDriver::add_intents_and_own() {
  add_intents();
  for (const OwnFunction& own : own_functions()) {
    std::vector<sotto_str> examples;
    for (const std::string& example : own.examples) examples.push_back(sotto::str(example));
    sotto_function f{};
    f.name = sotto_cstr(own.name);
    f.schema = sotto_cstr(own.schema);
    f.replies = sotto_cstr(own.replies);
    f.flags = own.flags;
    f.examples = examples.data();
    f.example_count = static_cast<uint32_t>(examples.size());
    add(f);
  }
}

void ModelDriver::reset() {
  call([&](sotto_error* err) { return skill_.api->reset(assistant_, err); });
  take_calls();
}

Answer ModelDriver::say(const std::vector<std::string>& hypotheses) {
  std::vector<sotto_hypothesis> list;
  for (const std::string& text : hypotheses) {
    sotto_hypothesis one{};
    one.struct_size = sizeof one;
    one.text = sotto::str(text);
    const auto score = scores.find(text);
    one.score = score == scores.end() ? 0 : score->second;
    list.push_back(one);
  }
  Answer answer;
  sotto_assistant_result result{};
  result.struct_size = sizeof result;
  const auto take = [](void* user, sotto_str piece) -> int32_t {
    return static_cast<std::string*>(user)->append(piece.data, piece.size), 0;
  };
  const auto start = std::chrono::steady_clock::now();
  call([&](sotto_error* err) {
    return skill_.api->turn(assistant_, list.data(), sizeof list[0], static_cast<uint32_t>(list.size()), take, &answer.text,
                            &result, err);
  });
  milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  ++turns;
  tokens += result.tokens;
  intent = result.intent;
  if (shows) tell(hypotheses.front());
  answer.flags = result.flags;
  answer.source = result.source;
  return answer;
}

std::vector<Call> ModelDriver::take_calls() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(calls_, {});
}

void ModelDriver::tell(const std::string& text) {
  uint64_t size = 0;
  call([&](sotto_error* err) { return skill_.api->details(assistant_, nullptr, 0, &size, err); });
  std::string made(size, '\0');
  call([&](sotto_error* err) { return skill_.api->details(assistant_, made.data(), size, &size, err); });
  const Json details = Json::parse(made);
  std::printf("  %s", text.c_str());
  if (details["heard"] != text) std::printf(" [%s]", details["heard"].get<std::string>().c_str());
  std::printf(":");
  for (const Json& part : details["parts"]) {
    std::printf(" out %.2f;", part["out_of_scope"].get<double>());
    for (const Json& guess : part["guesses"])
      if (guess["confidence"] > 0.05)
        std::printf(" %s %.2f", guess["intent"].get<std::string>().c_str(), guess["confidence"].get<double>());
    for (const Json& span : part["spans"])
      std::printf(" %s=%s", span["slot"].get<std::string>().c_str(), span["text"].get<std::string>().c_str());
  }
  std::printf("\n");
}

sotto_status ModelDriver::run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error*) {
  auto* self = static_cast<ModelDriver*>(user);
  const std::string name(call->name.data, call->name.size), arguments(call->arguments.data, call->arguments.size);
  const std::lock_guard<std::mutex> lock(self->mutex_);
  self->calls_.push_back({name, arguments});
  const Json json = Json::parse(arguments);
  if (self->fails_.count(name + " " + (json.contains("device") ? json["device"].get<std::string>() : "-")) != 0)
    return SOTTO_IO_ERROR;
  if (const std::string result = result_of(name); !result.empty()) write(writer, sotto::str(result));
  return SOTTO_OK;
}

uint64_t ModelDriver::monotonic_nanoseconds(void*) {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

}  // namespace sotto::assistant_test

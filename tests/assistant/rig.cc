#include "rig.h"

#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace sotto::assistant_test {
namespace {

using Json = nlohmann::json;

constexpr sotto_values_service kValues = {sizeof(sotto_values_service), 0, sotto_values_parse, sotto_value_print,
                                          sotto_values_agree};

int64_t unix_milliseconds(void* self) { return static_cast<FakeHost*>(self)->now_ms; }
uint64_t monotonic_nanoseconds(void* self) { return static_cast<uint64_t>(static_cast<FakeHost*>(self)->now_ms) * 1000000; }
constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

const sotto_session_service kNoSession = [] {
  sotto_session_service service{};
  service.struct_size = sizeof service;
  return service;
}();
const sotto_hidden_service kNoHidden = [] {
  sotto_hidden_service service{};
  service.struct_size = sizeof service;
  return service;
}();

sotto_interface query(void* context, const char* id) {
  if (std::strcmp(id, SOTTO_VALUES_SERVICE_ID) == 0) return {&kValues, nullptr};
  if (std::strcmp(id, SOTTO_CLOCK_SERVICE_ID) == 0) return {&kClock, context};
  if (std::strcmp(id, SOTTO_SESSION_SERVICE_ID) == 0) return {&kNoSession, nullptr};
  if (std::strcmp(id, SOTTO_HIDDEN_SERVICE_ID) == 0) return {&kNoHidden, nullptr};
  return {nullptr, nullptr};
}

sotto_str str(const std::string& text) { return {text.data(), text.size()}; }

}  // namespace

std::string fixture_path(const std::string& name) { return SOTTO_FIXTURES "/assistant/" + name; }

FakeHost::FakeHost() {
  host_.struct_size = sizeof host_;
  host_.context = this;
  host_.log = [](void*, int32_t, sotto_str) {};
  host_.query = query;
}

Rig::Rig(assistant::Settings settings, uint32_t call_deadline_ms) : services(plugin::Host(host.host())) {
  const std::string domain_text = read_text(fixture_path("assistant.json"));
  assistant::Domain domain = assistant::Domain::read(domain_text);
  assistant =
      std::make_unique<assistant::Assistant>(services, std::move(domain), std::move(settings), call_deadline_ms, understanding);
  assistant->set_home(read_text(fixture_path("home.json")));
  const Json all = Json::parse(domain_text);
  for (const auto& [name, intent] : all["intents"].items()) {
    if (name.rfind("dialog.", 0) == 0 || name == "chat.talk" || name == "taxi.order") continue;
    sotto_function f{};
    f.struct_size = sizeof f;
    f.name = str(name);
    f.run = run;
    f.user = this;
    assistant->add_function(f);
  }
  for (const OwnFunction& own : own_functions()) {
    std::vector<sotto_str> examples;
    for (const std::string& example : own.examples) examples.push_back(str(example));
    sotto_function f{};
    f.struct_size = sizeof f;
    f.flags = own.flags;
    f.name = sotto_cstr(own.name);
    f.schema = sotto_cstr(own.schema);
    f.replies = sotto_cstr(own.replies);
    f.examples = examples.data();
    f.example_count = static_cast<uint32_t>(examples.size());
    f.run = run;
    f.user = this;
    assistant->add_function(f);
  }
}

Answer Rig::say(const std::vector<std::string>& hypotheses) {
  std::vector<assistant::Hypothesis> all;
  for (size_t i = 0; i < hypotheses.size(); ++i) all.push_back({-0.3 * static_cast<double>(i), hypotheses[i]});
  assistant->begin();
  const assistant::Outcome out = assistant->turn(all);
  return {out.answer, out.flags, out.source};
}

std::vector<Call> Rig::take_calls() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(calls_, {});
}

sotto_status Rig::run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error*) {
  auto* rig = static_cast<Rig*>(user);
  const std::string name(call->name.data, call->name.size), arguments(call->arguments.data, call->arguments.size);
  const Json json = Json::parse(arguments);
  const std::string device = json.contains("device") ? json["device"].get<std::string>() : "-";
  bool has_failure = false;
  std::string how;
  {
    const std::lock_guard<std::mutex> lock(rig->mutex_);
    rig->calls_.push_back({name, arguments});
    const auto fails = rig->fails_.find(name + " " + device);
    has_failure = fails != rig->fails_.end();
    if (has_failure) how = fails->second;
  }
  if (rig->on_call) rig->on_call();
  if (has_failure) {
    if (how == "throws") throw std::runtime_error("a fuse blew");
    while (how == "blocks" && call->is_given_up(call->context) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const size_t bar = how.find('|');
    Json error = {{"zh", how.substr(0, bar)}, {"en", bar == std::string::npos ? how : how.substr(bar + 1)}};
    const std::string text = Json{{"error", error}}.dump();
    if (how != "blocks" && how != "-") write(writer, str(text));
    return how == "-" ? SOTTO_IO_ERROR : SOTTO_OK;
  }
  const std::string result = result_of(name);
  if (!result.empty()) write(writer, str(result));
  return SOTTO_OK;
}

}  // namespace sotto::assistant_test

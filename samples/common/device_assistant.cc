#include "device_assistant.h"

#include "domain.h"

namespace {

int32_t append(void* user, sotto_str piece) {
  static_cast<std::string*>(user)->append(piece.data, static_cast<size_t>(piece.size));
  return 0;
}

sotto_str given(const char* text) { return text == nullptr ? sotto_str{} : sotto_cstr(text); }

}  // namespace

DeviceAssistant::DeviceAssistant(Engine& engine, sotto_assistant_options options)
    : skill_(sotto_assistant_find(engine.runtime.get())) {
  if (skill_.api == nullptr)
    throw sotto::Error(SOTTO_NOT_FOUND, "no dialogue plugin was loaded: `sotto doctor` says why; --plugins names its folder");
  options.struct_size = sizeof options;
  if (!engine.domain.empty())
    options.domain = sotto::str(engine.domain);
  else if (!engine.carries_domain())
    options.domain = sotto_cstr(kSmallDomain);
  sotto::call(
      [&](sotto_error* err) { return skill_.api->create(skill_.self, engine.model.get(), &options, &assistant_, err); });
}

DeviceAssistant::~DeviceAssistant() { skill_.api->destroy(assistant_); }

void DeviceAssistant::add(Function function) {
  functions_.push_back(std::move(function));
  const Function& kept = functions_.back();
  std::vector<sotto_str> examples;
  for (const char* example : kept.examples) examples.push_back(sotto_cstr(example));
  sotto_function f{};
  f.struct_size = sizeof f;
  f.name = sotto_cstr(kept.name);
  f.description = given(kept.description);
  f.schema = given(kept.schema);
  f.replies = given(kept.replies);
  f.examples = examples.data();
  f.example_count = static_cast<uint32_t>(examples.size());
  f.run = run;
  f.user = &functions_.back();
  sotto::call([&](sotto_error* err) { return skill_.api->add_function(assistant_, &f, err); });
}

sotto_status DeviceAssistant::run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer,
                                  sotto_error*) {
  const auto* function = static_cast<const Function*>(user);
  const Json arguments =
      Json::parse(std::string(call->arguments.data, static_cast<size_t>(call->arguments.size)), nullptr, false);
  const std::string result = function->run(arguments.is_object() ? arguments : Json::object()).dump();
  write(writer, sotto::str(result));
  return SOTTO_OK;
}

void DeviceAssistant::set_home(const std::string& json) {
  sotto::call([&](sotto_error* err) { return skill_.api->set_home(assistant_, sotto::str(json), err); });
}

void DeviceAssistant::set_manual(uint32_t language, const std::string& text) {
  if (!SOTTO_HAS(sotto_assistant_api, skill_.api, set_manual)) return;  // an older plugin knows no manuals
  sotto::call([&](sotto_error* err) { return skill_.api->set_manual(assistant_, language, sotto::str(text), err); });
}

DeviceAssistant::Answer DeviceAssistant::say(const std::string& words) {
  sotto_hypothesis heard{};
  heard.struct_size = sizeof heard;
  heard.text = sotto::str(words);
  Answer answer;
  answer.result.struct_size = sizeof answer.result;
  sotto::call([&](sotto_error* err) {
    return skill_.api->turn(assistant_, &heard, sizeof heard, 1, append, &answer.text, &answer.result, err);
  });
  return answer;
}

DeviceAssistant::Answer DeviceAssistant::undo() {
  Answer answer;
  answer.result.struct_size = sizeof answer.result;
  sotto::call([&](sotto_error* err) { return skill_.api->undo(assistant_, append, &answer.text, &answer.result, err); });
  return answer;
}

void DeviceAssistant::reset() {
  sotto::call([&](sotto_error* err) { return skill_.api->reset(assistant_, err); });
}

std::vector<float> DeviceAssistant::hidden() const {
  if (!SOTTO_HAS(sotto_assistant_api, skill_.api, hidden)) return {};
  return sotto::fetch<float>([&](float* into, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return skill_.api->hidden(assistant_, into, capacity, count, err);
  });
}

std::string DeviceAssistant::save() const {
  const std::vector<char> bytes = sotto::fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return skill_.api->save(assistant_, into, capacity, size, err);
  });
  return std::string(bytes.begin(), bytes.end());
}

void DeviceAssistant::restore(const std::string& bytes) {
  sotto::call([&](sotto_error* err) { return skill_.api->restore(assistant_, bytes.data(), bytes.size(), err); });
}

nlohmann::json told(const std::string& zh, const std::string& en) { return {{"result", {{"zh", zh}, {"en", en}}}}; }
nlohmann::json failed(const std::string& zh, const std::string& en) { return {{"error", {{"zh", zh}, {"en", en}}}}; }

std::string remark_on(const sotto_assistant_result& result) {
  constexpr const char* kSources[] = {"", "template", "retrieved", "generated"};
  return "[" + std::string(result.intent) + " " + std::to_string(static_cast<int>(100 * result.confidence + 0.5f)) + "%, " +
         kSources[result.source & 3] + ", " + std::to_string(result.calls) + " calls, " + std::to_string(result.tokens) +
         " tokens]";
}

// device_assistant.h: an assistant with functions that are C++ lambdas: the part of sotto/assistant.h that a device fills.
#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine.h"
#include "sotto/assistant.h"

class DeviceAssistant {
 public:
  using Json = nlohmann::json;
  struct Function {
    const char* name;         // an intent of the domain, or a name of one's own
    const char* description;  // one sentence
    const char* schema;       // JSON Schema of the arguments; nullptr: the intent's
    const char* replies;      // {"zh": {"done": [...]}, "en": ...}; nullptr: the intent's
    std::vector<const char*> examples;
    std::function<Json(const Json& arguments)> run;  // assistant.h says what it may give; on a thread of the assistant
  };
  struct Answer {
    std::string text;
    sotto_assistant_result result{};
    bool is_chinese() const { return result.language == SOTTO_ASSISTANT_ZH; }
  };

  DeviceAssistant(Engine& engine, sotto_assistant_options options);  // throws sotto::Error, as all of these
  ~DeviceAssistant();
  DeviceAssistant(const DeviceAssistant&) = delete;
  DeviceAssistant& operator=(const DeviceAssistant&) = delete;

  void add(Function function);
  void set_home(const std::string& json);
  void set_manual(uint32_t language, const std::string& text);
  Answer say(const std::string& words);
  Answer undo();
  void reset();
  std::vector<float> hidden() const;  // of the last turn's end
  std::string save() const;
  void restore(const std::string& bytes);
  void cancel() { skill_.api->cancel(assistant_); }  // [any thread]

 private:
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error* err);

  sotto_assistant_skill skill_;
  sotto_assistant* assistant_ = nullptr;
  std::deque<Function> functions_;  // do not move
};

// {"result": {"zh": zh, "en": en}} and {"error": ...}
nlohmann::json told(const std::string& zh, const std::string& en);
nlohmann::json failed(const std::string& zh, const std::string& en);

// What a turn came to, for stderr: "[alarm.set 93%, template, 1 calls, 12 tokens]".
std::string remark_on(const sotto_assistant_result& result);

// model_driver.h: an assistant with a real model behind the C interface, its calls written down, its clock set.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "script.h"
#include "sotto/assistant.h"
#include "sotto/plugin.h"
#include "sotto/sotto.hpp"

namespace sotto::assistant_test {

struct DriverOptions {
  std::string plugins, model, domain, home;
  bool is_chinese = false;  // where a turn does not show it
  uint32_t context_tokens = 512;
  uint32_t threads = 1;
  uint32_t flags = 0;  // SOTTO_ASSISTANT_*
};

// One thread at a time.
class ModelDriver : public Driver {
 public:
  explicit ModelDriver(const DriverOptions& options);
  ~ModelDriver() override;
  ModelDriver(const ModelDriver&) = delete;
  ModelDriver& operator=(const ModelDriver&) = delete;

  // Its `run` and `user` are the driver's.
  void add(sotto_function function);
  // Every intent of the domain that is no part of the talk, and the functions of the scripts.
  void add_intents_and_own();
  void add_intents();
  void reset();

  Answer say(const std::vector<std::string>& hypotheses) override;
  std::vector<Call> take_calls() override;
  void set_clock(int64_t unix_ms) override { now_ms_ = unix_ms; }
  void set_fails(const std::map<std::string, std::string>& fails) override { fails_ = fails; }

  sotto_model* model() const { return model_; }

  std::map<std::string, float> scores;  // of hypotheses; 0 for others
  std::string intent;                   // of the last turn
  bool shows = false;
  double milliseconds = 0;
  uint64_t turns = 0, tokens = 0;

 private:
  void tell(const std::string& text);  // what the model made of the turn
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error*);
  static int64_t unix_milliseconds(void* self) { return static_cast<ModelDriver*>(self)->now_ms_; }
  static uint64_t monotonic_nanoseconds(void*);
  static constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

  std::string domain_;
  sotto_runtime* runtime_ = nullptr;
  sotto_model* model_ = nullptr;
  sotto_assistant_skill skill_{};
  sotto_assistant* assistant_ = nullptr;
  int64_t now_ms_ = 1795897800000;
  std::mutex mutex_;  // guards calls_
  std::vector<Call> calls_;
  std::map<std::string, std::string> fails_;
};

}  // namespace sotto::assistant_test

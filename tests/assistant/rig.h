// rig.h: an assistant without a model: the host's values and a clock that the test sets, and an understanding worked out by
// hand.
#pragma once

#include <functional>
#include <memory>

#include "assistant/assistant.h"
#include "script.h"

namespace sotto::assistant_test {

// What the table says; nothing for words that are not in it.
class TableUnderstanding : public assistant::Understanding {
 public:
  assistant::Understood read(const std::string& text) override {
    if (on_read) on_read(text);
    const auto at = readings.find(assistant::normal_form(text));
    if (at == readings.end()) return {};
    // Places are those of the words in the script: the text may have other spaces.
    return at->second;
  }
  std::map<std::string, assistant::Understood> readings;
  std::function<void(const std::string&)> on_read;
};

class FakeHost {
 public:
  FakeHost();
  const sotto_host* host() const { return &host_; }
  int64_t now_ms = 0;

 private:
  sotto_host host_{};
  sotto_session_service session_{};
  sotto_hidden_service hidden_{};
};

class Rig : public Driver {
 public:
  explicit Rig(assistant::Settings settings = {}, uint32_t call_deadline_ms = 4000);
  Answer say(const std::vector<std::string>& hypotheses) override;
  Answer say(const std::string& text) { return say(std::vector<std::string>{text}); }
  std::vector<Call> take_calls() override;
  void set_clock(int64_t unix_ms) override { host.now_ms = unix_ms; }
  void set_fails(const std::map<std::string, std::string>& fails) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    fails_ = fails;
  }

  FakeHost host;
  assistant::Services services;
  TableUnderstanding understanding;
  std::unique_ptr<assistant::Assistant> assistant;
  std::function<void()> on_call;  // inside a function

 private:
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error* err);

  std::mutex mutex_;  // guards what follows
  std::vector<Call> calls_;
  std::map<std::string, std::string> fails_;
};

std::string fixture_path(const std::string& name);  // of fixtures/assistant

}  // namespace sotto::assistant_test

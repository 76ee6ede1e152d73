// with_liar.h: a runtime that has the lying backend beside those of this build, and what a tiny model says on all of them.
#pragma once

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

#include "e2e/objects.h"
#include "lying_plugins/lying_backend.h"

namespace sotto::e2e {

constexpr uint32_t kTokens = 8;  // of an answer

// Of the runtime; any thread writes.
struct Log {
  std::mutex mutex;
  std::string text;

  static void take(void* self, int32_t, sotto_str line) {
    auto& log = *static_cast<Log*>(self);
    const std::lock_guard<std::mutex> lock(log.mutex);
    log.text.append(line.data, line.size).append("\n");
  }
  size_t count(const std::string& words) const {
    size_t found = 0;
    for (size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
    return found;
  }
};

// The backend tells the truth at the beginning and at the end of a test.
class WithLiar : public testing::Test {
  const sotto_plugin_entry* entry_ = &lying::entry();  // outlives the runtime

  sotto_runtime_options with_entry() const {
    auto o = sized<sotto_runtime_options>();
    o.plugin_entries = &entry_;
    o.plugin_entry_count = 1;
    return o;
  }

 protected:
  explicit WithLiar(const std::string& model) : file_(fixture("gguf/" + model + ".gguf")), expected_(expected(model)) {
    lying::tell({});
    auto o = with_entry();
    o.threads = 1;
    o.log = Log::take;
    o.log_user = &log_;
    runtime_ = make_runtime(&o);
    wanted_.assign(expected_.greedy.begin(), expected_.greedy.begin() + kTokens);
  }
  ~WithLiar() override { lying::tell({}); }

  // Without the CPU's backend or any other.
  RuntimePtr make_lonely_runtime() const {
    const auto o = with_entry();
    sotto_runtime* made = nullptr;
    Error error;
    EXPECT_EQ(sotto_runtime_create(&o, &made, &error), SOTTO_OK) << error.text;
    return RuntimePtr(made);
  }
  Answer ask(sotto_session* session) const { return generate(session, greedy_options(expected_.tokens, kTokens)); }
  static sotto_model_facts facts(const sotto_model* model) {
    auto f = sized<sotto_model_facts>();
    EXPECT_EQ(sotto_model_get_facts(model, &f, nullptr), SOTTO_OK);
    return f;
  }

  const std::string file_;
  const Expected expected_;
  std::vector<uint32_t> wanted_;  // answer
  Log log_;
  RuntimePtr runtime_;
};

}  // namespace sotto::e2e

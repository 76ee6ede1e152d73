// The backend of a model answers that its device is lost, or that it has no memory left, at each call in turn: the sessions go
// on on the CPU with the same greedy ids, the log has one line, and the application notices nothing.
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "e2e/objects.h"
#include "lying_plugins/lying_backend.h"
#include "unit/model/raw_gguf.h"

namespace sotto::e2e {
namespace {

using lying::Kind;
using lying::Lie;
using lying::tell;

constexpr uint32_t kTokens = 8;
const std::string kModel = "gguf/small-q8_0.gguf";

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

std::string backend_of(const sotto_model* model) {
  auto facts = sized<sotto_model_facts>();
  EXPECT_EQ(sotto_model_get_facts(model, &facts, nullptr), SOTTO_OK);
  return facts.backend;
}

class LostDevice : public testing::Test {
 protected:
  LostDevice() {
    tell({});
    auto o = sized<sotto_runtime_options>();
    o.plugin_entries = &entry_;
    o.plugin_entry_count = 1;
    o.threads = 1;
    o.log = Log::take;
    o.log_user = &log_;
    runtime_ = make_runtime(&o);
    wanted_.assign(expected_.greedy.begin(), expected_.greedy.begin() + kTokens);
  }
  ~LostDevice() override { tell({}); }

  ModelPtr open(uint32_t flags = 0, uint32_t sessions = 2, uint64_t cap = 0) {
    auto o = sized<sotto_model_options>();
    o.flags = flags;
    o.sessions = sessions;
    o.memory_cap_bytes = cap;
    return open_model(runtime_.get(), fixture(kModel), "liar", &o);
  }
  Answer ask(sotto_session* session) const { return generate(session, greedy_options(expected_.tokens, kTokens)); }

  const sotto_plugin_entry* entry_ = &lying::entry();
  Log log_;
  RuntimePtr runtime_;
  const Expected expected_ = expected("small-q8_0");
  std::vector<uint32_t> wanted_;
};

TEST_F(LostDevice, TheAnswerGoesOnOnTheCpuWhicheverStepFails) {
  uint32_t moved = 0;
  for (const sotto_status status : {SOTTO_DEVICE_LOST, SOTTO_OUT_OF_MEMORY})
    for (uint32_t n = 0; n <= kTokens; ++n) {
      SCOPED_TRACE("step " + std::to_string(n) + " answers " + std::to_string(status));
      const ModelPtr model = open();
      const SessionPtr session = make_session(model.get());
      log_.text.clear();
      tell({"run", Kind::kStatus, status, n});
      const Answer answer = ask(session.get());
      const bool came = lying::times_told() > 0;
      tell({});
      ASSERT_EQ(answer.status, SOTTO_OK) << answer.error;
      EXPECT_EQ(answer.tokens, wanted_);
      EXPECT_EQ(answer.result.generated_tokens, kTokens);
      EXPECT_EQ(backend_of(model.get()), came ? "cpu" : "liar");
      EXPECT_EQ(log_.count("goes on on cpu instead of liar"), came ? 1u : 0u) << log_.text;
      moved += came ? 1 : 0;
    }
  EXPECT_EQ(moved, 2 * kTokens) << "the prompt and each token but the last are a step";
}

TEST_F(LostDevice, RowsAreDeliveredOnceEach) {
  const ModelPtr model = open();
  auto o = sized<sotto_model_options>();
  o.kv_type = SOTTO_KV_F32;  // what the liar, who is the reference, has by default and takes along
  const auto right = feed(make_session(open_model(runtime_.get(), fixture(kModel), "cpu", &o).get()).get(), expected_.tokens);
  const SessionPtr session = make_session(model.get());
  const std::vector<uint32_t> half(expected_.tokens.begin(), expected_.tokens.begin() + 8);
  const auto before = feed(session.get(), half);
  tell({"run", Kind::kStatus, SOTTO_DEVICE_LOST, 0});
  const auto rows = feed(session.get(), {expected_.tokens.begin() + 8, expected_.tokens.end()});
  ASSERT_EQ(before.size() + rows.size(), right.size()) << "the first half is computed again, not told again";
  for (size_t i = 0; i < rows.size(); ++i) ASSERT_NEAR(rows[i], right[before.size() + i], 0.1f) << "number " << i;
}

TEST_F(LostDevice, SessionsSideBySideAllGoOn) {
  for (uint32_t n = 0; n < 2 * kTokens; n += 3) {
    SCOPED_TRACE("after " + std::to_string(n) + " steps");
    const ModelPtr model = open();
    SessionPtr sessions[2] = {make_session(model.get()), make_session(model.get())};
    log_.text.clear();
    tell({"run", Kind::kStatus, SOTTO_DEVICE_LOST, n});
    Answer answers[2];
    std::thread other([&] { answers[1] = ask(sessions[1].get()); });
    answers[0] = ask(sessions[0].get());
    other.join();
    const bool came = lying::times_told() > 0;
    tell({});
    for (const Answer& a : answers) {
      EXPECT_EQ(a.status, SOTTO_OK) << a.error;
      EXPECT_EQ(a.tokens, wanted_);
    }
    EXPECT_EQ(log_.count("goes on on cpu"), came ? 1u : 0u) << log_.text;
  }
}

TEST_F(LostDevice, AnAdapterMovesWithTheModel) {
  RawGguf g;
  g.keys = {{"general.type", 8, raw_text("adapter"), {}},
            {"adapter.type", 8, raw_text("lora"), {}},
            {"general.architecture", 8, raw_text("llama"), {}},
            {"adapter.lora.alpha", 6, raw(4.0f), {}}};
  g.tensors = {{"blk.1.attn_q.weight.lora_a", {64, 2}, 0, 0, {}, {}}, {"blk.1.attn_q.weight.lora_b", {2, 64}, 0, 0, {}, {}}};
  for (uint32_t i = 0; i < 4 * 64; ++i) g.data += raw(0.5f * static_cast<float>(static_cast<int>(i * 7 % 11) - 5));
  g.lay_out();
  std::string bytes = g.write();
  const auto with_adapter = [&](sotto_model* model, const Lie& lie) {
    auto source = sized<sotto_model_source>();
    source.kind = SOTTO_SOURCE_MEMORY;
    source.data = bytes.data();
    source.size = bytes.size();
    sotto_lora* lora = nullptr;
    Error error;
    EXPECT_EQ(sotto_lora_open(model, &source, &lora, &error), SOTTO_OK) << error.text;
    SessionPtr session = make_session(model);
    EXPECT_EQ(sotto_session_set_lora(session.get(), lora, 1.0f, &error), SOTTO_OK) << error.text;
    tell(lie);
    const Answer answer = ask(session.get());
    tell({});
    EXPECT_EQ(answer.status, SOTTO_OK) << answer.error;
    session.reset();
    sotto_lora_destroy(lora);
    return answer.tokens;
  };
  const auto on_cpu = with_adapter(open_model(runtime_.get(), fixture(kModel), "cpu").get(), {});
  EXPECT_NE(on_cpu, wanted_) << "the adapter changes nothing: the test sees nothing";
  const ModelPtr model = open();
  EXPECT_EQ(with_adapter(model.get(), {"run", Kind::kStatus, SOTTO_DEVICE_LOST, 3}), on_cpu);
  EXPECT_EQ(backend_of(model.get()), "cpu");
}

TEST_F(LostDevice, AnApplicationMayWantTheStatusInstead) {
  const ModelPtr model = open(SOTTO_MODEL_STAYS);
  const SessionPtr session = make_session(model.get());
  tell({"run", Kind::kStatus, SOTTO_DEVICE_LOST, 2});
  const Answer answer = ask(session.get());
  EXPECT_EQ(answer.status, SOTTO_DEVICE_LOST) << answer.error;
  EXPECT_EQ(backend_of(model.get()), "liar");
}

TEST_F(LostDevice, WithoutTheCpusBackendItIsAStatus) {
  auto o = sized<sotto_runtime_options>();
  o.plugin_entries = &entry_;
  o.plugin_entry_count = 1;
  sotto_runtime* made = nullptr;
  ASSERT_EQ(sotto_runtime_create(&o, &made, nullptr), SOTTO_OK);
  const RuntimePtr alone(made);
  const ModelPtr model = open_model(alone.get(), fixture(kModel), "liar");
  const SessionPtr session = make_session(model.get());
  tell({"run", Kind::kStatus, SOTTO_DEVICE_LOST, 1});
  EXPECT_EQ(ask(session.get()).status, SOTTO_DEVICE_LOST);
}

TEST_F(LostDevice, WhatElseABackendAnswersIsNoReasonToMove) {
  const ModelPtr model = open();
  const SessionPtr session = make_session(model.get());
  tell({"run", Kind::kStatus, SOTTO_UNSUPPORTED, 1});
  EXPECT_EQ(ask(session.get()).status, SOTTO_UNSUPPORTED);
  EXPECT_EQ(backend_of(model.get()), "liar");
}

TEST_F(LostDevice, ACancelDuringTheMoveEndsTheCall) {
  const ModelPtr model = open();
  const SessionPtr session = make_session(model.get());
  tell({"run", Kind::kStatus, SOTTO_DEVICE_LOST, 2});
  const Answer answer = generate(session.get(), greedy_options(expected_.tokens, kTokens), "", nullptr, [&](uint32_t, float) {
    sotto_session_cancel(session.get());  // the next step fails, and nobody waits for what follows
    return 0;
  });
  EXPECT_EQ(answer.status, SOTTO_CANCELLED) << answer.error;
  tell({});
  EXPECT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);
  EXPECT_EQ(ask(session.get()).tokens, wanted_) << "the next call is whole, wherever it runs";
}

}  // namespace
}  // namespace sotto::e2e

// The backend of a model answers that its device is lost, or that it has no memory left, at each call in turn: the sessions go
// on on the CPU with the same greedy ids, the log has one line, and the application notices nothing.
#include <gtest/gtest.h>

#include <thread>

#include "e2e/lora.h"
#include "lying_plugins/with_liar.h"

namespace sotto::e2e {
namespace {

using lying::Kind;
using lying::Lie;
using lying::tell;

class LostDevice : public WithLiar {
 protected:
  LostDevice() : WithLiar("small-q8_0") {}

  ModelPtr open(uint32_t flags = 0, uint32_t sessions = 2, uint64_t cap = 0) {
    auto o = sized<sotto_model_options>();
    o.flags = flags;
    o.sessions = sessions;
    o.memory_cap_bytes = cap;
    return open_model(runtime_.get(), file_, "liar", &o);
  }
  static std::string backend_of(const sotto_model* model) { return facts(model).backend; }
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
  const auto right = feed(make_session(open_model(runtime_.get(), file_, "cpu", &o).get()).get(), expected_.tokens);
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
  const std::string bytes = lora_file({"blk.1.attn_q.weight"});
  const auto with_adapter = [&](sotto_model* model, const Lie& lie) {
    const LoraPtr lora = open_lora(model, bytes);
    const SessionPtr session = make_session(model);
    Error error;
    EXPECT_EQ(sotto_session_set_lora(session.get(), lora.get(), 1.0f, &error), SOTTO_OK) << error.text;
    tell(lie);
    const Answer answer = ask(session.get());
    tell({});
    EXPECT_EQ(answer.status, SOTTO_OK) << answer.error;
    return answer.tokens;
  };
  const auto on_cpu = with_adapter(open_model(runtime_.get(), file_, "cpu").get(), {});
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
  const RuntimePtr alone = make_lonely_runtime();
  const ModelPtr model = open_model(alone.get(), file_, "liar");
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

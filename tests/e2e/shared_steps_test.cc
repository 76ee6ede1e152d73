// Many sessions on one model: the same answers as alone, more sessions than places in the cache, nobody delayed by another.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

using Clock = std::chrono::steady_clock;
const char* const kModel = "gguf/small-q8_0.gguf";

std::vector<uint32_t> prompt_of(uint32_t user) {
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < 5 + user % 7; ++i) ids.push_back((user * 37 + i * 11) % 300);
  return ids;
}

std::vector<uint32_t> alone(sotto_model* model, uint32_t user, uint32_t count) {
  const SessionPtr s = make_session(model);
  return generate(s.get(), greedy_options(prompt_of(user), count)).tokens;
}

sotto_model_options options_for(uint32_t sessions, uint64_t kv_tokens) {
  auto o = sized<sotto_model_options>();
  o.sessions = sessions;
  o.kv_tokens = kv_tokens;
  o.kv_type = SOTTO_KV_F32;
  o.threads = 1;
  return o;
}

TEST(SharedSteps, AnswersAreTheSameBitsAsAlone) {
  const auto runtime = make_runtime();
  const auto o = options_for(8, 1024);
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu", &o);
  constexpr uint32_t kUsers = 8, kTokens = 24;
  std::vector<std::vector<uint32_t>> wanted;
  for (uint32_t u = 0; u < kUsers; ++u) wanted.push_back(alone(model.get(), u, kTokens));
  std::vector<Answer> answers(kUsers);
  std::vector<std::thread> users;
  for (uint32_t u = 0; u < kUsers; ++u)
    users.emplace_back([&, u] {
      const SessionPtr s = make_session(model.get());
      answers[u] = generate(s.get(), greedy_options(prompt_of(u), kTokens));
    });
  for (auto& t : users) t.join();
  for (uint32_t u = 0; u < kUsers; ++u) {
    EXPECT_EQ(answers[u].status, SOTTO_OK) << answers[u].error;
    EXPECT_EQ(answers[u].tokens, wanted[u]) << "user " << u;
  }
}

// 1,000 sessions open, 64 at work at a time, 4 places in the cache and room for few tokens: slow, never wrong.
TEST(SharedSteps, MoreSessionsThanPlacesGiveWayToEachOther) {
  const auto runtime = make_runtime();
  const auto o = options_for(4, 160);
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu", &o);
  constexpr uint32_t kOpen = 1000, kActive = 64, kTokens = 6;
  std::vector<SessionPtr> sessions;
  for (uint32_t i = 0; i < kOpen; ++i) sessions.push_back(make_session(model.get()));
  std::vector<std::vector<uint32_t>> wanted;
  for (uint32_t u = 0; u < kActive; ++u) wanted.push_back(alone(model.get(), u, kTokens));
  std::vector<std::thread> users;
  std::vector<Answer> answers(kActive);
  for (uint32_t u = 0; u < kActive; ++u)
    users.emplace_back([&, u] { answers[u] = generate(sessions[u * 15].get(), greedy_options(prompt_of(u), kTokens)); });
  for (auto& t : users) t.join();
  for (uint32_t u = 0; u < kActive; ++u) {
    EXPECT_EQ(answers[u].status, SOTTO_OK) << answers[u].error;
    EXPECT_EQ(answers[u].tokens, wanted[u]) << "user " << u;
  }
}

TEST(SharedSteps, AnEvictedSessionGoesOnAsIfNothingHadBeen) {
  const auto runtime = make_runtime();
  const auto o = options_for(1, 128);
  const auto model = open_model(runtime.get(), fixture(kModel), "reference", &o);
  const Expected wanted = expected("small-q8_0");
  const SessionPtr first = make_session(model.get()), second = make_session(model.get());
  auto said = generate(first.get(), greedy_options(wanted.tokens, 5)).tokens;
  generate(second.get(), greedy_options(prompt_of(3), 5));  // takes the only place
  const auto rest = generate(first.get(), greedy_options({}, 11)).tokens;
  said.insert(said.end(), rest.begin(), rest.end());
  EXPECT_EQ(said, wanted.greedy);
}

TEST(SharedSteps, ASleepingCallbackDelaysNobodyElse) {
  const auto runtime = make_runtime();
  const auto o = options_for(4, 512);
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu", &o);
  const auto wanted = alone(model.get(), 1, 16);
  std::atomic<bool> sleeps{false}, wake{false};
  std::thread sleeper([&] {
    const SessionPtr s = make_session(model.get());
    generate(s.get(), greedy_options(prompt_of(0), 8), "", nullptr, [&](uint32_t, float) {
      sleeps = true;
      while (!wake) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return 0;
    });
  });
  while (!sleeps) std::this_thread::yield();
  EXPECT_EQ(alone(model.get(), 1, 16), wanted);  // would hang for ever if it had to wait
  wake = true;
  sleeper.join();
}

// One is cancelled while it leads a step that others take part in: they get their tokens all the same.
TEST(SharedSteps, ACancelledOneDoesNotCancelTheOthers) {
  const auto runtime = make_runtime();
  const auto o = options_for(4, 512);
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu", &o);
  const auto wanted = alone(model.get(), 1, 40);
  const SessionPtr victim = make_session(model.get());
  std::atomic<bool> done{false};
  std::thread canceller([&] {
    while (!done) {
      sotto_session_cancel(victim.get());
      std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  });
  std::thread cancelled([&] {
    while (!done) {
      const Answer a = generate(victim.get(), greedy_options(prompt_of(0), 40));
      EXPECT_TRUE(a.status == SOTTO_OK || a.status == SOTTO_CANCELLED) << a.error;
      EXPECT_EQ(sotto_session_rewind(victim.get(), 0, nullptr), SOTTO_OK);
    }
  });
  for (int round = 0; round < 10; ++round) EXPECT_EQ(alone(model.get(), 1, 40), wanted);
  done = true;
  canceller.join();
  cancelled.join();
}

}  // namespace
}  // namespace sotto::e2e

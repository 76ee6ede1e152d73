// Sessions: rows of chosen positions, rewind, fork, save and restore across backends and ranks, use from two threads.
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

const char* const kModel = "gguf/small-q8_0.gguf";

class SessionOf : public testing::TestWithParam<const char*> {
 protected:
  const RuntimePtr runtime = make_runtime();
  const ModelPtr model = open_model(runtime.get(), fixture(kModel), GetParam());
  const SessionPtr session = make_session(model.get());
  const Expected wanted = expected("small-q8_0");
};

INSTANTIATE_TEST_SUITE_P(Backends, SessionOf, testing::Values("reference", "cpu"), [](const auto& p) { return p.param; });

std::vector<uint8_t> save(sotto_session* session) {
  uint64_t size = 0;
  Error error;
  EXPECT_EQ(sotto_session_save(session, nullptr, 0, &size, &error), SOTTO_OK) << error.text;
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  EXPECT_EQ(sotto_session_save(session, bytes.data(), size, &size, &error), SOTTO_OK) << error.text;
  EXPECT_EQ(size, bytes.size());
  return bytes;
}

TEST_P(SessionOf, DeliversTheRowsThatAreWantedAndNoOthers) {
  std::vector<uint32_t> masks(wanted.tokens.size());
  masks[3] = SOTTO_OUTPUT_LOGITS;
  masks[7] = SOTTO_OUTPUT_LOGITS | SOTTO_OUTPUT_HIDDEN;
  masks[15] = SOTTO_OUTPUT_HIDDEN;
  struct Row {
    uint32_t position, output, width;
    std::vector<float> numbers;
  };
  std::vector<Row> rows;
  auto o = sized<sotto_feed_options>();
  o.output_masks = masks.data();
  o.user = &rows;
  o.on_row = [](void* user, uint32_t position, uint32_t output, const float* row, uint32_t width) -> int32_t {
    static_cast<std::vector<Row>*>(user)->push_back({position, output, width, {row, row + width}});
    return 0;
  };
  Error error;
  ASSERT_EQ(sotto_session_feed(session.get(), wanted.tokens.data(), wanted.tokens.size(), &o, &error), SOTTO_OK) << error.text;
  const uint32_t order[][3] = {{3, 0, 320}, {7, 0, 320}, {7, 1, 64}, {15, 1, 64}};
  ASSERT_EQ(rows.size(), 4u);
  const auto all = feed(make_session(model.get()).get(), wanted.tokens);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(rows[i].position, order[i][0]);
    EXPECT_EQ(rows[i].output, order[i][1]);
    EXPECT_EQ(rows[i].width, order[i][2]);
    if (order[i][1] != 0) continue;
    const std::vector<float> same(all.begin() + order[i][0] * 320, all.begin() + (order[i][0] + 1) * 320);
    EXPECT_EQ(rows[i].numbers, same) << "position " << order[i][0];
  }
}

TEST_P(SessionOf, FeedingIsRefusedAsAWhole) {
  const std::vector<uint32_t> bad = {1, 2, 999};
  Error error;
  EXPECT_EQ(sotto_session_feed(session.get(), bad.data(), bad.size(), nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(std::strstr(error.text, "999"), nullptr) << error.text;
  EXPECT_EQ(sotto_session_position(session.get()), 0u);
  EXPECT_EQ(sotto_session_feed(session.get(), nullptr, 3, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  const std::vector<uint32_t> many(200, 1);
  EXPECT_EQ(sotto_session_feed(session.get(), many.data(), many.size(), nullptr, &error), SOTTO_CONTEXT_FULL);
  auto o = sized<sotto_feed_options>();
  o.outputs = 4;
  EXPECT_EQ(sotto_session_feed(session.get(), bad.data(), 2, &o, &error), SOTTO_UNSUPPORTED);
  o.outputs = 1;
  EXPECT_EQ(sotto_session_feed(session.get(), bad.data(), 2, &o, &error), SOTTO_INVALID_ARGUMENT) << "nobody listens";
  EXPECT_EQ(sotto_session_position(session.get()), 0u);
}

TEST_P(SessionOf, PrefillIsDecode) {
  const auto at_once = feed(session.get(), wanted.tokens);
  const SessionPtr other = make_session(model.get());
  std::vector<float> one_by_one;
  for (const uint32_t t : wanted.tokens) {
    const auto row = feed(other.get(), {t});
    one_by_one.insert(one_by_one.end(), row.begin(), row.end());
  }
  EXPECT_EQ(at_once, one_by_one) << "16 rows: the same bits";
}

TEST_P(SessionOf, RewindsAndComputesOnlyWhatWent) {
  const auto first = feed(session.get(), wanted.tokens);
  Error error;
  EXPECT_EQ(sotto_session_rewind(session.get(), 17, &error), SOTTO_INVALID_ARGUMENT) << error.text;
  ASSERT_EQ(sotto_session_rewind(session.get(), 10, &error), SOTTO_OK) << error.text;
  EXPECT_EQ(sotto_session_position(session.get()), 10u);
  const auto again = feed(session.get(), {wanted.tokens.begin() + 10, wanted.tokens.end()});
  EXPECT_EQ(again, std::vector<float>(first.begin() + 10 * 320, first.end()));
  auto counters = sized<sotto_counters>();
  ASSERT_EQ(sotto_session_counters(session.get(), &counters, nullptr), SOTTO_OK);
  EXPECT_EQ(counters.computed_tokens, 22u);
  uint32_t ids[16];
  uint64_t count = 0;
  ASSERT_EQ(sotto_session_tokens(session.get(), 4, ids, 16, &count, nullptr), SOTTO_OK);
  EXPECT_EQ(std::vector<uint32_t>(ids, ids + count), std::vector<uint32_t>(wanted.tokens.begin() + 4, wanted.tokens.end()));
}

// What a drafting decoder does: several guesses in one run with all their logits, the wrong ones taken back.
TEST_P(SessionOf, GuessesAreVerifiedInOneRunWithTheSameBits) {
  const SessionPtr plain = make_session(model.get());
  feed(plain.get(), wanted.tokens);
  feed(session.get(), wanted.tokens);
  auto guesses = std::vector<uint32_t>(wanted.greedy.begin(), wanted.greedy.begin() + 6);
  guesses[4] = 1;  // wrong from here on
  const auto verified = feed(session.get(), guesses);
  for (size_t i = 0; i < 4; ++i) {
    const auto row = feed(plain.get(), {wanted.greedy[i]});
    EXPECT_EQ(row, std::vector<float>(verified.begin() + static_cast<std::ptrdiff_t>(i) * 320,
                                      verified.begin() + static_cast<std::ptrdiff_t>(i + 1) * 320))
        << "guess " << i;
  }
  ASSERT_EQ(sotto_session_rewind(session.get(), 20, nullptr), SOTTO_OK);
  EXPECT_EQ(generate(session.get(), greedy_options({wanted.greedy[4]}, 11)).tokens,
            std::vector<uint32_t>(wanted.greedy.begin() + 5, wanted.greedy.end()));
}

TEST_P(SessionOf, ForkSharesThePrefixAndThenGoesItsOwnWay) {
  feed(session.get(), {wanted.tokens.begin(), wanted.tokens.end() - 1});
  sotto_session* made = nullptr;
  ASSERT_EQ(sotto_session_fork(session.get(), &made, nullptr), SOTTO_OK);
  const SessionPtr fork(made);
  feed(session.get(), {1, 2, 3});  // what one does is nothing to the other
  EXPECT_EQ(generate(fork.get(), greedy_options({wanted.tokens.back()}, 16)).tokens, wanted.greedy);
  auto counters = sized<sotto_counters>();
  ASSERT_EQ(sotto_session_counters(fork.get(), &counters, nullptr), SOTTO_OK);
  EXPECT_EQ(counters.computed_tokens, 16u) << "the prefix is not computed again";
}

TEST(Save, RestoresOnAnotherBackendAndRankCount) {
  const auto runtime = make_runtime();
  const Expected wanted = expected("small-f32");  // float32 throughout: in the others the CPU rounds activations too
  const struct {
    const char* backend;
    uint32_t ranks;
  } places[] = {{"reference", 1}, {"reference", 2}, {"cpu", 1}, {"cpu", 4}};
  std::vector<ModelPtr> models;
  for (const auto& place : places) {
    auto o = sized<sotto_model_options>();
    o.ranks = place.ranks;
    models.push_back(open_model(runtime.get(), fixture("gguf/small-f32.gguf"), place.backend, &o));
  }
  for (const auto& from : models) {
    const SessionPtr source = make_session(from.get());
    generate(source.get(), greedy_options(wanted.tokens, 6));
    const auto bytes = save(source.get());
    for (const auto& to : models) {
      const SessionPtr target = make_session(to.get());
      feed(target.get(), {1, 2, 3});  // goes
      Error error;
      ASSERT_EQ(sotto_session_restore(target.get(), bytes.data(), bytes.size(), &error), SOTTO_OK) << error.text;
      EXPECT_EQ(sotto_session_position(target.get()), 22u);
      EXPECT_EQ(generate(target.get(), greedy_options({}, 10)).tokens,
                std::vector<uint32_t>(wanted.greedy.begin() + 6, wanted.greedy.end()));
      auto counters = sized<sotto_counters>();
      ASSERT_EQ(sotto_session_counters(target.get(), &counters, nullptr), SOTTO_OK);
      EXPECT_EQ(counters.computed_tokens, 3u + 1 + 9) << "what was saved is not computed again";
    }
  }
}

TEST(Save, ForeignCutOrEditedBytesAreRefusedAndTheSessionStays) {
  const auto runtime = make_runtime();
  const auto model = open_model(runtime.get(), fixture(kModel), "cpu");
  const auto foreign = open_model(runtime.get(), fixture("gguf/small-q4_0.gguf"), "cpu");
  const Expected wanted = expected("small-q8_0");
  const SessionPtr session = make_session(model.get());
  feed(session.get(), wanted.tokens);
  const auto bytes = save(session.get());
  Error error;
  const SessionPtr other = make_session(foreign.get());
  EXPECT_EQ(sotto_session_restore(other.get(), bytes.data(), bytes.size(), &error), SOTTO_MISMATCH) << error.text;
  for (size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 997)
    EXPECT_EQ(sotto_session_restore(session.get(), bytes.data(), size, &error), SOTTO_BAD_FILE) << size;
  for (size_t at = 0; at < bytes.size(); at += at < 200 ? 1 : 997) {
    auto edited = bytes;
    edited[at] ^= 0x10;
    EXPECT_NE(sotto_session_restore(session.get(), edited.data(), edited.size(), &error), SOTTO_OK) << at;
  }
  const SessionPtr narrow = make_session(model.get(), 8);
  EXPECT_EQ(sotto_session_restore(narrow.get(), bytes.data(), bytes.size(), &error), SOTTO_CONTEXT_FULL) << error.text;
  EXPECT_EQ(sotto_session_restore(session.get(), nullptr, 5, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_session_position(session.get()), 16u);
  EXPECT_EQ(generate(session.get(), greedy_options({}, 16)).tokens, wanted.greedy);
}

TEST_P(SessionOf, TwoThreadsAtOnceIsBusyAndDestroyWaits) {
  std::atomic<bool> is_inside{false};
  sotto_session* shared = make_session(model.get()).release();
  std::thread owner([&] {
    const Answer a = generate(shared, greedy_options(wanted.tokens, 50), "", nullptr, [&](uint32_t, float) {
      is_inside = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(40));  // 50 tokens are 2 s in which somebody may end it
      return 0;
    });
    EXPECT_EQ(a.status, SOTTO_CANCELLED);
  });
  while (!is_inside) std::this_thread::yield();
  Error error;
  EXPECT_EQ(sotto_session_feed(shared, wanted.tokens.data(), 1, nullptr, &error), SOTTO_BUSY) << error.text;
  sotto_session_destroy(shared);
  owner.join();
}

TEST(Session, OutlivesTheHandlesOfItsParents) {
  auto runtime = make_runtime();
  auto model = open_model(runtime.get(), fixture(kModel), "cpu");
  const SessionPtr session = make_session(model.get());
  model.reset();
  runtime.reset();
  const Expected wanted = expected("small-q8_0");
  EXPECT_EQ(generate(session.get(), greedy_options(wanted.tokens, 16)).tokens, wanted.greedy);
}

}  // namespace
}  // namespace sotto::e2e

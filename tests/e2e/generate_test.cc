// sotto_generate on a tiny model: what it says, when it ends, and that nothing a caller does breaks the session.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <stdexcept>
#include <thread>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

using Clock = std::chrono::steady_clock;

// With a C++ library of its own in every library, as of the build against musl or Android's c++_static, libsotto cannot read an
// exception of the application, only catch it.
#if defined(__GLIBCXX__)
constexpr const char* kThrown = "(a plug fell out); callbacks must return";
#else
constexpr const char* kThrown = "callbacks must return";
#endif

int64_t milliseconds_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

class Generate : public testing::TestWithParam<const char*> {
 protected:
  const RuntimePtr runtime = make_runtime();
  const ModelPtr model = open_model(runtime.get(), fixture("gguf/small-q8_0.gguf"), GetParam());
  const SessionPtr session = make_session(model.get());
  const Expected wanted = expected("small-q8_0");
};

INSTANTIATE_TEST_SUITE_P(Backends, Generate, testing::Values("reference", "cpu"), [](const auto& p) { return p.param; });

TEST_P(Generate, SaysWhatTheFixtureSays) {
  const Answer a = generate(session.get(), greedy_options(wanted.tokens, 16));
  ASSERT_EQ(a.status, SOTTO_OK) << a.error;
  EXPECT_EQ(a.tokens, wanted.greedy);  // the smallest margin of these steps is 0.12, above the error of 8-bit activations
  EXPECT_EQ(a.result.finish, SOTTO_FINISH_LENGTH);
  EXPECT_EQ(a.result.prompt_tokens, 16u);
  EXPECT_EQ(a.result.generated_tokens, 16u);
  EXPECT_EQ(a.result.position, 32u);
  EXPECT_GT(a.result.prefill_ns, 0u);
  EXPECT_GT(a.result.decode_ns, 0u);
  EXPECT_GE(a.result.first_token_ns, a.result.prefill_ns);
  auto counters = sized<sotto_counters>();
  ASSERT_EQ(sotto_session_counters(session.get(), &counters, nullptr), SOTTO_OK);
  EXPECT_EQ(counters.computed_tokens, 31u);  // the last one is not computed until something follows it
  EXPECT_EQ(counters.generated_tokens, 16u);
  EXPECT_EQ(counters.steps, 16u);
  EXPECT_GT(counters.cache_bytes, 0u);
}

TEST_P(Generate, GoesOnWhereItEnded) {
  generate(session.get(), greedy_options(wanted.tokens, 7));
  const Answer rest = generate(session.get(), greedy_options({}, 9));
  ASSERT_EQ(rest.status, SOTTO_OK) << rest.error;
  EXPECT_EQ(rest.tokens, std::vector<uint32_t>(wanted.greedy.begin() + 7, wanted.greedy.end()));
}

TEST_P(Generate, PiecesAreWholeCharactersAndTogetherTheText) {
  std::string pieces;
  bool whole = true;
  const Answer a = generate(session.get(), greedy_options(wanted.tokens, 64), "", [&](sotto_str piece) {
    whole = whole && piece.size > 0 && (static_cast<uint8_t>(piece.data[0]) & 0xC0) != 0x80;
    pieces.append(piece.data, static_cast<size_t>(piece.size));
    return 0;
  });
  ASSERT_EQ(a.status, SOTTO_OK);
  EXPECT_TRUE(whole);
  char text[2000];
  uint64_t size = 0;
  ASSERT_EQ(sotto_detokenize(model.get(), a.tokens.data(), a.tokens.size(), 0, text, sizeof text, &size, nullptr), SOTTO_OK);
  EXPECT_FALSE(pieces.empty());
  EXPECT_EQ(a.text, pieces);
}

TEST_P(Generate, LogProbabilitiesAreTheModels) {
  auto o = greedy_options(wanted.tokens, 3);
  o.flags |= SOTTO_GENERATE_LOGPROBS;
  const sotto_token_bias bias = {5, 100};  // changes the choice, not the model's own distribution
  o.biases = &bias;
  o.bias_count = 1;
  const Answer a = generate(session.get(), o);
  ASSERT_EQ(a.tokens, std::vector<uint32_t>(3, 5));
  const SessionPtr other = make_session(model.get());
  auto fed = wanted.tokens;
  fed.insert(fed.end(), {5, 5});
  const auto rows = feed(other.get(), fed);
  for (size_t i = 0; i < 3; ++i) {
    const float* row = rows.data() + (wanted.tokens.size() - 1 + i) * 320;
    double sum = 0;
    for (int t = 0; t < 320; ++t) sum += std::exp(static_cast<double>(row[t]));
    // Rows computed one by one and in a batch of more than 16 may differ by their rounding.
    EXPECT_NEAR(a.logprobs[i], static_cast<double>(row[5]) - std::log(sum), 0.02);
  }
}

TEST_P(Generate, EveryEndHasItsReason) {
  auto o = greedy_options(wanted.tokens, 0);
  EXPECT_EQ(generate(session.get(), o).result.finish, SOTTO_FINISH_CONTEXT);
  EXPECT_EQ(sotto_session_position(session.get()), 128u);
  ASSERT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);

  o.max_tokens = 50;
  EXPECT_EQ(generate(session.get(), o, "", [](sotto_str) { return 1; }).result.finish, SOTTO_FINISH_CALLBACK);
  ASSERT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);
  const Answer three = generate(session.get(), o, "", nullptr, [n = 0](uint32_t, float) mutable { return ++n == 3; });
  EXPECT_EQ(three.result.finish, SOTTO_FINISH_CALLBACK);
  EXPECT_EQ(three.tokens.size(), 3u);

  ASSERT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);
  const Answer whole = generate(session.get(), o);
  const std::string stop = whole.text.substr(whole.text.size() / 2, 3);
  const sotto_str stops[] = {sotto_cstr("never said"), {stop.data(), stop.size()}};
  o.stops = stops;
  o.stop_count = 2;
  ASSERT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);
  const Answer stopped = generate(session.get(), o);
  EXPECT_EQ(stopped.result.finish, SOTTO_FINISH_STOP);
  EXPECT_EQ(stopped.result.stop_index, 1u);
  EXPECT_EQ(stopped.text, whole.text.substr(0, whole.text.find(stop)));
}

// An emoji of several tokens, one token a call: nothing of it is shown before it is whole, and nothing is lost.
TEST_P(Generate, ACharacterCutByALimitComesWholeFromTheNextCall) {
  uint32_t ids[8] = {};
  uint64_t count = 0;
  ASSERT_EQ(sotto_tokenize(model.get(), sotto_cstr("😀"), SOTTO_TOKENIZE_NO_BOS, ids, 8, &count, nullptr), SOTTO_OK);
  ASSERT_GE(count, 2u);
  std::string text;
  for (uint64_t i = 0; i < count; ++i) {
    sotto_generate_options o = i == 0 ? greedy_options(wanted.tokens, 1) : greedy_options({}, 1);
    const sotto_token_bias wanted_next{ids[i], 1e6F};
    o.biases = &wanted_next;
    o.bias_count = 1;
    const Answer a = generate(session.get(), o);
    ASSERT_EQ(a.status, SOTTO_OK) << a.error;
    EXPECT_EQ(a.result.finish, SOTTO_FINISH_LENGTH);
    EXPECT_EQ(a.tokens, (std::vector<uint32_t>{ids[i]}));
    text += a.text;
    EXPECT_EQ(text, i + 1 == count ? "😀" : "") << i;
  }
}

TEST_P(Generate, AFullContextOrALongPromptIsToldBeforeWork) {
  const std::vector<uint32_t> long_prompt(129, 7);
  const Answer a = generate(session.get(), greedy_options(long_prompt, 4));
  EXPECT_EQ(a.status, SOTTO_CONTEXT_FULL);
  EXPECT_NE(a.error.find("129"), std::string::npos) << a.error;
  EXPECT_EQ(sotto_session_position(session.get()), 0u);
  EXPECT_EQ(a.result.finish, 0u);
  const std::vector<uint32_t> all(128, 7);
  const Answer full = generate(session.get(), greedy_options(all, 4));
  EXPECT_EQ(full.status, SOTTO_OK);
  EXPECT_EQ(full.result.finish, SOTTO_FINISH_CONTEXT);
}

TEST_P(Generate, WrongOptionsAreRefusedAndNothingIsLost) {
  feed(session.get(), wanted.tokens);
  const sotto_token_bias outside = {320, 1}, nan = {1, NAN};
  struct Case {
    const char* what;
    sotto_status status;
    std::function<void(sotto_generate_options&)> change;
  };
  const std::vector<uint32_t> bad_ids = {1, 320};
  const Case cases[] = {
      {"flags", SOTTO_UNSUPPORTED, [](auto& o) { o.flags = 1u << 30; }},
      {"temperature", SOTTO_INVALID_ARGUMENT, [](auto& o) { o.temperature = NAN; }},
      {"top_p", SOTTO_INVALID_ARGUMENT, [](auto& o) { o.top_p = 2; }},
      {"bias outside", SOTTO_INVALID_ARGUMENT, [&](auto& o) { o.biases = &outside, o.bias_count = 1; }},
      {"bias not a number", SOTTO_INVALID_ARGUMENT, [&](auto& o) { o.biases = &nan, o.bias_count = 1; }},
      {"no biases", SOTTO_INVALID_ARGUMENT, [](auto& o) { o.bias_count = 1; }},
      {"no stops", SOTTO_INVALID_ARGUMENT, [](auto& o) { o.stop_count = 1; }},
      {"ids", SOTTO_INVALID_ARGUMENT, [&](auto& o) { o.prompt_ids = bad_ids.data(), o.prompt_id_count = 2; }},
      {"no ids", SOTTO_INVALID_ARGUMENT, [](auto& o) { o.prompt_ids = nullptr, o.prompt_id_count = 2; }},
      {"mask forbids all", SOTTO_INVALID_ARGUMENT,
       [](auto& o) {
         o.mask = [](void*, float* logits, uint32_t n) -> int32_t { return std::fill_n(logits, n, -INFINITY), 0; };
       }},
  };
  for (const Case& c : cases) {
    auto o = greedy_options({}, 2);
    c.change(o);
    const Answer a = generate(session.get(), o);
    EXPECT_EQ(a.status, c.status) << c.what << ": " << a.error;
    EXPECT_GT(a.error.size(), 10u) << c.what;
    EXPECT_EQ(sotto_session_position(session.get()), 16u) << c.what;
    EXPECT_EQ(a.result.position, 16u) << c.what;
  }
  EXPECT_EQ(generate(session.get(), greedy_options({}, 16)).tokens, wanted.greedy);
}

TEST_P(Generate, TextInIsReadAsTextAndBrokenUtf8IsReplaced) {
  auto o = sized<sotto_generate_options>();
  o.max_tokens = 2;
  for (const std::string prompt : {"打开灯 please 💡", "\xff\xfe broken \xe6\x89"}) {
    const Answer a = generate(session.get(), o, prompt);
    EXPECT_EQ(a.status, SOTTO_OK) << a.error;
    EXPECT_GT(a.result.prompt_tokens, 3u);
  }
  Error error;
  EXPECT_EQ(sotto_generate(session.get(), {nullptr, 7}, nullptr, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_generate(nullptr, sotto_cstr("x"), nullptr, nullptr, nullptr, &error), SOTTO_INVALID_ARGUMENT);
}

TEST_P(Generate, CallbacksThatThrowEndTheCallOnly) {
  const Answer a = generate(session.get(), greedy_options(wanted.tokens, 8), "",
                            [](sotto_str) -> int32_t { throw std::runtime_error("a plug fell out"); });
  EXPECT_EQ(a.status, SOTTO_INTERNAL);
  EXPECT_NE(a.error.find(kThrown), std::string::npos) << a.error;
  const uint32_t position = sotto_session_position(session.get());
  EXPECT_GT(position, 16u);
  std::vector<uint32_t> said(a.tokens);
  const Answer rest = generate(session.get(), greedy_options({}, 16 - static_cast<uint32_t>(said.size())));
  said.insert(said.end(), rest.tokens.begin(), rest.tokens.end());
  EXPECT_EQ(said, wanted.greedy);
}

TEST_P(Generate, CallbacksMayCancelAndLookButNotCallIn) {
  sotto_status inner = SOTTO_OK;
  uint32_t seen = 0;
  const Answer a = generate(session.get(), greedy_options(wanted.tokens, 8), "", [&](sotto_str) {
    inner = sotto_session_feed(session.get(), wanted.tokens.data(), 1, nullptr, nullptr);
    seen = sotto_session_position(session.get());
    sotto_session_cancel(session.get());
    return 0;
  });
  EXPECT_EQ(inner, SOTTO_REENTRANT);
  EXPECT_GT(seen, 16u);
  EXPECT_EQ(a.status, SOTTO_CANCELLED);
  EXPECT_EQ(generate(session.get(), greedy_options({}, 1)).status, SOTTO_OK) << "a cancel is for the call in progress";
}

TEST_P(Generate, ASessionDestroyedInItsOwnCallbackEndsWithTheCall) {
  sotto_session* doomed = make_session(model.get()).release();
  int pieces = 0;
  const Answer a = generate(doomed, greedy_options(wanted.tokens, 8), "", [&](sotto_str) {
    if (pieces++ == 0) sotto_session_destroy(doomed);
    return 0;
  });
  EXPECT_EQ(a.status, SOTTO_CANCELLED);
  EXPECT_EQ(generate(session.get(), greedy_options(wanted.tokens, 16)).tokens, wanted.greedy);
}

// A prompt and a batch large enough that a prefill takes long; the deadline and the cancel hold inside.
class SlowPrefill : public testing::Test {
 protected:
  const RuntimePtr runtime = make_runtime();
  const ModelPtr model = open_model(runtime.get(), fixture("gguf/wide-q5_k.gguf"), "reference");
  const SessionPtr session = make_session(model.get());
  const std::vector<uint32_t> prompt = std::vector<uint32_t>(120, 9);
};

TEST_F(SlowPrefill, ADeadlineHoldsInside) {
  auto o = greedy_options(prompt, 4);
  o.deadline_ms = 5;
  const auto start = Clock::now();
  const Answer a = generate(session.get(), o);
  ASSERT_EQ(a.status, SOTTO_DEADLINE) << "too fast a machine for this test? " << a.error;
  EXPECT_LT(milliseconds_since(start), 5 + 50 + 200) << "50 ms are promised; the rest is for a loaded machine";
  EXPECT_EQ(a.result.finish, 0u);
  EXPECT_EQ(sotto_session_position(session.get()), a.result.position);
  o.deadline_ms = 0;
  ASSERT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);
  EXPECT_EQ(generate(session.get(), o).tokens.size(), 4u);
}

// On a loaded machine the other thread may come too late: it has several tries.
TEST_F(SlowPrefill, ACancelFromAnotherThreadHoldsInside) {
  sotto_status status = SOTTO_OK;
  for (int tries = 0; tries < 50 && status == SOTTO_OK; ++tries) {
    ASSERT_EQ(sotto_session_rewind(session.get(), 0, nullptr), SOTTO_OK);
    std::thread canceller([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(4));
      sotto_session_cancel(session.get());
    });
    status = generate(session.get(), greedy_options(prompt, 4)).status;
    canceller.join();
  }
  EXPECT_EQ(status, SOTTO_CANCELLED);
}

}  // namespace
}  // namespace sotto::e2e

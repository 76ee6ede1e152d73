// Guessing ahead changes nothing but the time: ids, texts, sessions and callbacks are those of one token a step.
#include <gtest/gtest.h>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

// Makes a model of random weights say the same six words again and again, with another one in between: after `steady` of them
// the next is anybody's guess.
struct Refrain {
  uint32_t seed, steady;
  uint32_t calls = 0;

  static int32_t sing(void* self, float* logits, uint32_t) {
    auto& r = *static_cast<Refrain*>(self);
    const uint32_t n = r.calls++;
    logits[3 + (n % r.steady == r.steady - 1 ? n * 13 % 300 : (n % 6 * 37 + r.seed * 11) % 300)] += 9;
    return 0;
  }
  void lead(sotto_generate_options* o) {
    o->mask = sing;
    o->mask_user = this;
  }
};

class Speculation : public testing::TestWithParam<const char*> {
 protected:
  // Words that come back.
  static std::vector<uint32_t> repeating(uint32_t seed) {
    std::vector<uint32_t> ids;
    for (uint32_t i = 0; i < 24; ++i) ids.push_back(3 + (i % 6 * 37 + seed * 11) % 300);
    return ids;
  }
  Answer answer(sotto_generate_options o, bool speculates, const OnToken& on_token = nullptr,
                const OnPiece& on_piece = nullptr) {
    const SessionPtr session = make_session(model.get());
    if (!speculates) o.flags |= SOTTO_GENERATE_NO_SPECULATION;
    const Answer a = generate(session.get(), o, "", on_piece, on_token);
    EXPECT_EQ(a.status, SOTTO_OK) << a.error;
    drafted += a.result.drafted_tokens;
    accepted += a.result.accepted_tokens;
    return a;
  }

  const RuntimePtr runtime = make_runtime();
  const ModelPtr model = open_model(runtime.get(), fixture("gguf/small-q8_0.gguf"), GetParam());
  uint64_t drafted = 0, accepted = 0;
};

INSTANTIATE_TEST_SUITE_P(Backends, Speculation, testing::Values("reference", "cpu"), [](const auto& p) { return p.param; });

TEST_P(Speculation, TheSameIdsGreedyAndSampled) {
  for (uint32_t seed = 0; seed < 12; ++seed) {
    for (const float temperature : {0.0F, 0.3F, 1.0F}) {
      const std::vector<uint32_t> prompt = repeating(seed);
      auto o = greedy_options(prompt, 90);
      o.temperature = temperature;
      o.top_k = 20;
      o.seed = seed;
      o.repeat_penalty = seed % 3 == 0 ? 1.05F : 0;
      o.flags |= SOTTO_GENERATE_LOGPROBS;
      Refrain once{seed, 5 + 4 * seed}, again = once;
      once.lead(&o);
      const Answer plain = answer(o, false);
      again.lead(&o);
      const Answer guessed = answer(o, true);
      EXPECT_EQ(plain.tokens, guessed.tokens) << seed << " at " << temperature;
      EXPECT_EQ(plain.logprobs, guessed.logprobs) << seed << " at " << temperature;
      EXPECT_EQ(plain.text, guessed.text);
      EXPECT_EQ(plain.result.position, guessed.result.position);
      EXPECT_EQ(plain.result.drafted_tokens, 0u);
    }
  }
  EXPECT_GT(drafted, 0u);  // how many depends on what steps take
  EXPECT_GT(accepted, 0u);
  EXPECT_LE(accepted, drafted);
}

// Wherever an answer ends, with guesses computed behind it, the session goes on as if there had been none.
TEST_P(Speculation, AnEndInTheMiddleOfAGuessLeavesNothingBehind) {
  const std::vector<uint32_t> prompt = repeating(3), further = {17, 40};
  for (uint32_t end = 1; end <= 40; ++end) {
    std::vector<uint32_t> wanted;
    for (const bool speculates : {false, true}) {
      const SessionPtr session = make_session(model.get());
      auto o = greedy_options(prompt, 80);
      if (!speculates) o.flags |= SOTTO_GENERATE_NO_SPECULATION;
      Refrain refrain{3, 40};
      refrain.lead(&o);
      const Answer first = generate(session.get(), o, "", nullptr, [&, n = 0u](uint32_t, float) mutable { return ++n == end; });
      ASSERT_EQ(first.result.finish, SOTTO_FINISH_CALLBACK);
      ASSERT_EQ(sotto_session_position(session.get()), prompt.size() + end);
      drafted += first.result.drafted_tokens;
      auto counters = sized<sotto_counters>();
      ASSERT_EQ(sotto_session_counters(session.get(), &counters, nullptr), SOTTO_OK);
      const Answer rest = generate(session.get(), greedy_options(further, 10));
      ASSERT_EQ(rest.status, SOTTO_OK) << rest.error;
      if (!speculates)
        wanted = rest.tokens;
      else
        EXPECT_EQ(rest.tokens, wanted) << end;
    }
  }
  EXPECT_GT(drafted, 0u);
}

TEST_P(Speculation, CallbacksComeInTheSameOrder) {
  const auto heard = [&](bool speculates) {
    std::vector<std::string> events;
    const std::vector<uint32_t> prompt = repeating(5);
    const auto o = greedy_options(prompt, 60);
    answer(
        o, speculates, [&](uint32_t token, float) { return events.push_back(std::to_string(token)), 0; },
        [&](sotto_str piece) { return events.emplace_back(piece.data, piece.size), 0; });
    return events;
  };
  const auto plain = heard(false);
  EXPECT_EQ(plain, heard(true));
  EXPECT_GE(plain.size(), 60u);
}

// Up to the last place of the context, and to the last token that was asked for, never beyond.
TEST_P(Speculation, NoStepBehindTheLimit) {
  const std::vector<uint32_t> prompt = repeating(3);
  for (uint32_t count = 1; count < 60; count += 7) EXPECT_EQ(answer(greedy_options(prompt, count), true).tokens.size(), count);
  const Answer full = answer(greedy_options(prompt, 0), true);
  EXPECT_EQ(full.result.finish, SOTTO_FINISH_CONTEXT);
  EXPECT_EQ(full.result.position, 128u);
  EXPECT_EQ(full.tokens, answer(greedy_options(prompt, 0), false).tokens);
}

TEST_P(Speculation, AMaskSeesEveryTokenOnce) {
  std::vector<uint32_t> tokens[2];
  for (const bool speculates : {false, true}) {
    Refrain refrain{4, 15};
    const std::vector<uint32_t> prompt = repeating(4);
    auto o = greedy_options(prompt, 60);
    refrain.lead(&o);
    tokens[speculates] = answer(o, speculates).tokens;
    EXPECT_EQ(refrain.calls, 60u);
  }
  EXPECT_EQ(tokens[0], tokens[1]);
}

}  // namespace
}  // namespace sotto::e2e

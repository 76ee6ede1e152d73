// One prefix: the mood at the end of a user's turn and the reply share the tokens of the conversation. Tokens are counted.
#include <gtest/gtest.h>

#include "tiny.h"

namespace sotto::sentiment_test {
namespace {

using Ids = std::vector<uint32_t>;
constexpr uint32_t kReplyTokens = 8;
const char* const kText = "why is it dark again";

struct Reply {
  Ids tokens;
  uint64_t computed = 0;  // by the session, from its begin
};

// The assistant's answer to what the session holds and `ids`.
Reply reply(const SessionPtr& session, const Ids& ids) {
  Reply made;
  auto options = sized<sotto_generate_options>();
  options.prompt_ids = ids.data();
  options.prompt_id_count = ids.size();
  options.max_tokens = kReplyTokens;
  options.flags = SOTTO_GENERATE_IGNORE_END;
  options.on_token = [](void* user, uint32_t token, float) -> int32_t {
    static_cast<Ids*>(user)->push_back(token);
    return 0;
  };
  options.on_token_user = &made.tokens;
  Error error;
  EXPECT_EQ(sotto_generate(session.get(), {}, &options, nullptr, nullptr, &error), SOTTO_OK) << error.text;
  made.computed = computed_tokens(session);
  return made;
}

class OnePrefix : public testing::Test {
 protected:
  void use(const std::vector<HeadSpec>& heads) {
    world = std::make_unique<World>(model_bytes(heads));
    prompt = world->turn(kText, 0);  // with "<|im_start|>assistant\n"
    turn = world->turn(kText).size();
    alone = reply(world->session(), prompt);
  }
  sotto_sentiment_result read(const ReaderPtr& reader, const SessionPtr& session, const Ids& ids, uint32_t turn_tokens = 0) {
    auto options = sized<sotto_sentiment_read_options>();
    options.text = sotto_cstr(kText);
    options.turn_tokens = turn_tokens;
    auto result = sized<sotto_sentiment_result>();
    Error error;
    EXPECT_EQ(world->api().read_session(reader.get(), session.get(), ids.data(), ids.size(), &options, &result, &error),
              SOTTO_OK)
        << error.text;
    return result;
  }
  void expect_same_reading(const sotto_sentiment_result& a, const sotto_sentiment_result& b) {
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(a.probabilities[i], b.probabilities[i], 1e-4);
    for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(a.emotions[i], b.emotions[i], 1e-4);
    EXPECT_EQ(a.language, b.language);
    EXPECT_FLOAT_EQ(a.intensity, b.intensity);
  }
  Ids first(size_t count) const { return Ids(prompt.begin(), prompt.begin() + static_cast<std::ptrdiff_t>(count)); }
  Ids rest(size_t count) const { return Ids(prompt.begin() + static_cast<std::ptrdiff_t>(count), prompt.end()); }

  std::unique_ptr<World> world;
  Ids prompt;
  size_t turn = 0;
  Reply alone;
};

TEST_F(OnePrefix, WithHeadsMoodAndReplyCostNoMoreTokensThanTheReply) {
  use({sentiment_head(), emotion_head()});
  const auto reader = world->reader();
  const SessionPtr session = world->session();
  const auto mood = read(reader, session, first(turn));
  EXPECT_EQ(mood.extra_tokens, 0u);
  EXPECT_EQ(sotto_session_position(session.get()), turn);
  const Reply answer = reply(session, rest(turn));
  EXPECT_EQ(answer.computed, alone.computed);
  EXPECT_EQ(answer.tokens, alone.tokens);
  expect_same_reading(mood, world->read(world->reader(), kText));
}

TEST_F(OnePrefix, ThePromptMayBeFedWhole) {
  use({sentiment_head(), emotion_head()});
  const SessionPtr session = world->session();
  const auto mood = read(world->reader(), session, first(prompt.size() - 1), static_cast<uint32_t>(turn));
  EXPECT_EQ(mood.extra_tokens, 0u);
  EXPECT_EQ(reply(session, rest(prompt.size() - 1)).computed, alone.computed);
  expect_same_reading(mood, world->read(world->reader(), kText));
}

TEST_F(OnePrefix, ATurnThatIsThereCostsOneToken) {
  use({sentiment_head(), emotion_head()});
  const SessionPtr session = world->session();
  Error error;
  const Ids ids = first(turn);
  ASSERT_EQ(sotto_session_feed(session.get(), ids.data(), ids.size(), nullptr, &error), SOTTO_OK) << error.text;
  const auto mood = read(world->reader(), session, {});
  EXPECT_EQ(mood.extra_tokens, 1u);
  EXPECT_EQ(sotto_session_position(session.get()), turn);
  const Reply answer = reply(session, rest(turn));
  EXPECT_EQ(answer.computed, alone.computed);
  EXPECT_EQ(answer.tokens, alone.tokens);
  expect_same_reading(mood, world->read(world->reader(), kText));
}

TEST_F(OnePrefix, LabelWordsAreAskedOnAForkAndTheirTokensReported) {
  use({});
  const auto reader = world->reader();
  const auto by_text = world->read(reader, kText);  // calibrates
  for (const bool is_fed_before : {false, true}) {
    const SessionPtr session = world->session();
    const Ids ids = first(turn);
    Error error;
    if (is_fed_before) {
      ASSERT_EQ(sotto_session_feed(session.get(), ids.data(), ids.size(), nullptr, &error), SOTTO_OK) << error.text;
    }
    const auto mood = read(reader, session, is_fed_before ? Ids() : ids);
    // The questions alone: what reading the text took but for the turn.
    EXPECT_EQ(mood.extra_tokens + end_of(world->turn(kText)) + 1, by_text.extra_tokens);
    EXPECT_EQ(mood.calibration_tokens, 0u);
    const Reply answer = reply(session, rest(turn));
    EXPECT_EQ(answer.computed, alone.computed);
    EXPECT_EQ(answer.tokens, alone.tokens);
    expect_same_reading(mood, by_text);
  }
}

TEST_F(OnePrefix, TheTurnIsReadWithWhatWasSaidBefore) {
  use({sentiment_head(), emotion_head()});
  const auto reader = world->reader();
  const SessionPtr session = world->session();
  read(reader, session, first(turn));
  reply(session, rest(turn));
  const Ids again = first(turn);
  const auto second = read(reader, session, again);
  EXPECT_EQ(second.extra_tokens, 0u);
  Ids whole = prompt;
  whole.insert(whole.end(), alone.tokens.begin(), alone.tokens.end());
  whole.insert(whole.end(), again.begin(), again.end());
  const auto hidden = world->rows(whole, SOTTO_OUTPUT_HIDDEN)[whole.size() - 2];
  std::vector<double> logits(3);
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < kHidden; ++c)
      logits[r] += static_cast<double>(weight_at(r, c)) * static_cast<double>(hidden[c]) / 2.5;
  EXPECT_NEAR(second.probabilities[SOTTO_SENTIMENT_POSITIVE], softmax(logits)[0], 1e-3);
}

TEST_F(OnePrefix, AReaderOutlivesTheSessionItRead) {
  use({sentiment_head(), emotion_head()});
  const auto reader = world->reader();
  { read(reader, world->session(), first(turn)); }
  EXPECT_GT(world->read(reader, kText).extra_tokens, 0u);
}

}  // namespace
}  // namespace sotto::sentiment_test

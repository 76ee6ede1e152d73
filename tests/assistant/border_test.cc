// The whole through the C ABI: broken domains, functions that misbehave, callbacks that call back.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "sotto/hidden.h"
#include "world.h"

namespace sotto::assistant_test {
namespace {

TEST(Border, ATurnCallsAndAnswers) {
  const auto w = world("clock.time", "clock.time");
  w->on_call = [](const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error*) {
    EXPECT_EQ(std::string(call->arguments.data, call->arguments.size), "{}");
    write(writer, sotto_cstr(R"({"result": {"en": "half past)"));
    write(writer, sotto_cstr(R"( eight", "zh": "八点半"}})"));
    return SOTTO_OK;
  };
  Error error;
  ASSERT_EQ(w->say("what time is it", &error), SOTTO_OK) << error.text;
  EXPECT_NE(w->answer.find("half past eight"), std::string::npos) << w->answer;
  EXPECT_STREQ(w->result.intent, "clock.time");
  EXPECT_EQ(w->result.calls, 1u);
  EXPECT_EQ(w->result.source, SOTTO_ANSWER_TEMPLATE);
  EXPECT_EQ(w->result.language, SOTTO_ASSISTANT_EN);
  EXPECT_GT(w->result.tokens, 5u);
  const Json details = Json::parse(w->text(w->skill.api->details));
  EXPECT_EQ(details["calls"][0]["name"], "clock.time");
  EXPECT_EQ(Json::parse(w->text(w->skill.api->history)).size(), 2u);
}

// The heads read what they were trained on: the template's turn up to <|im_end|>, the span head the words.
TEST(Border, HeadsReadTheTurnAsItWasTrained) {
  Head intent = intent_head("none");
  intent.slope = 0.3f;
  Head slots{"slots", "span", {"name", "duration"}, {0, 0, 0, 0}, 0.4f};
  Json alone = Json::parse(domain());  // without the second opinion
  alone.erase("examples");
  Fixture w(model_bytes({intent, slots}, alone.dump()));
  Error error;
  ASSERT_EQ(w.create(&error), SOTTO_OK) << error.text;
  for (const char* function : {"clock.time", "timer.start", "device.turn_on"}) ASSERT_EQ(w.add(function), SOTTO_OK);
  const std::string text = "the word is said", whole = "<|im_start|>user\n" + text + "<|im_end|>";
  ASSERT_EQ(w.say(text, &error), SOTTO_OK) << error.text;
  std::vector<uint32_t> ids(256);
  uint64_t count = 0;
  ASSERT_EQ(sotto_tokenize(w.model, str(whole), SOTTO_TOKENIZE_SPECIAL | SOTTO_TOKENIZE_NO_BOS, ids.data(), ids.size(), &count,
                           &error),
            SOTTO_OK);
  ids.resize(count);
  EXPECT_EQ(w.result.tokens, count);
  std::vector<std::vector<float>> rows;
  auto feed = sized<sotto_feed_options>();
  feed.outputs = SOTTO_OUTPUT_HIDDEN;
  feed.user = &rows;
  feed.on_row = [](void* user, uint32_t, uint32_t, const float* row, uint32_t width) -> int32_t {
    static_cast<std::vector<std::vector<float>>*>(user)->emplace_back(row, row + width);
    return 0;
  };
  sotto_session* session = nullptr;
  ASSERT_EQ(sotto_session_create(w.model, nullptr, &session, &error), SOTTO_OK);
  ASSERT_EQ(sotto_session_feed(session, ids.data(), ids.size(), &feed, &error), SOTTO_OK);
  sotto_session_destroy(session);
  std::vector<double> shares;
  double sum = 0;
  for (size_t label = 0; label < intent.labels.size(); ++label) {
    double logit = intent.bias[label];
    for (size_t i = 0; i < kHidden; ++i)
      logit += double{intent.slope} * std::sin(static_cast<float>(label * kHidden + i)) * rows.back()[i];
    shares.push_back(std::exp(logit));
    sum += shares.back();
  }
  const Json details = Json::parse(w.text(w.skill.api->details));
  for (const Json& guess : details["parts"][0]["guesses"]) {
    const auto at = std::find(intent.labels.begin(), intent.labels.end(), guess["intent"].get<std::string>());
    EXPECT_NEAR(guess["confidence"].get<double>(), shares[static_cast<size_t>(at - intent.labels.begin())] / sum, 1e-4);
  }
}

TEST(Border, CreateRefusesWhatItCannotUse) {
  Error error;
  Fixture without(model_bytes({}, domain()));
  EXPECT_EQ(without.create(&error), SOTTO_OK) << "a model without heads understands by the examples: " << error.text;
  Fixture bare(model_bytes({intent_head("none")}, {}));
  EXPECT_EQ(bare.create(&error), SOTTO_NOT_FOUND);
  EXPECT_TRUE(error.says("domain")) << error.text;
  const std::pair<std::string, sotto_status> kDomains[] = {
      {"{", SOTTO_INVALID_ARGUMENT},
      {"[]", SOTTO_INVALID_ARGUMENT},
      {R"({"format": "sotto.assistant", "version": 2})", SOTTO_UNSUPPORTED},
      {R"({"format": "sotto.assistant", "version": 1, "slots": {"x": "moon"}})", SOTTO_INVALID_ARGUMENT},
      {R"({"format": "sotto.assistant", "version": 1, "intents": {"a": {"slots": ["x"], "required": [["y"]]}}})",
       SOTTO_INVALID_ARGUMENT},
      {R"({"format": "sotto.assistant", "version": 1, "talk": {"zh": [["one"]]}})", SOTTO_INVALID_ARGUMENT},
      {std::string(100000, '['), SOTTO_INVALID_ARGUMENT},
      {"\"" + std::string(9 << 20, 'x') + "\"", SOTTO_INVALID_ARGUMENT}};
  for (const auto& [text, status] : kDomains) {
    Error own;
    EXPECT_EQ(bare.create(&own, text), status) << text.substr(0, 80) << ": " << own.text;
    EXPECT_GT(std::string(own.text).size(), 20u);
    EXPECT_EQ(bare.assistant, nullptr);
  }
}

TEST(Border, FunctionsAreCheckedWhenTheyAreAdded) {
  const auto w = world("none", {});
  struct Case {
    const char *name, *schema, *example, *says;
  };
  const Case kCases[] = {
      {"", "", "", "a name"},
      {"a b", "", "", "a name"},
      {"own", "", "", "neither examples nor a description"},
      {"own", "{", "x", "no JSON"},
      {"own", "[]", "x", "object"},
      {"own", R"({"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+"}}})", "x", "pattern"},
      {"own", R"({"type": "object", "properties": {"a": {"type": "moon"}}})", "x", "moon"},
      {"own", R"({"type": "object", "properties": {"a": {"enum": []}}})", "x", "enum"},
      {"own", R"({"type": "object", "required": ["b"]})", "x", "required"},
      {"own", R"({"type": "object"})", "do {it}", "braces"}};
  for (const Case& c : kCases) {
    Error error;
    EXPECT_EQ(
        w->add(c.name, c.schema, *c.example == '\0' ? std::vector<std::string>{} : std::vector<std::string>{c.example}, &error),
        SOTTO_INVALID_ARGUMENT)
        << c.name << c.schema;
    EXPECT_TRUE(error.says(c.says)) << error.text;
  }
  Error error;
  std::string deep = R"({"type": "object", "properties": )" + std::string(5000, '{') + "}";
  EXPECT_EQ(w->add("own", deep, {"x"}, &error), SOTTO_INVALID_ARGUMENT);
}

TEST(Border, HomesAreCheckedAndTheOldOneStays) {
  const auto w = world("device.turn_on", "device.turn_on");
  const auto set = [&](const std::string& json, Error* error) {
    return w->skill.api->set_home(w->assistant, str(json), error);
  };
  Error error;
  ASSERT_EQ(set(read_text(fixture_path("home.json")), &error), SOTTO_OK) << error.text;
  for (const char* bad :
       {"", "[]", R"({"devices": 3})", R"({"devices": [{"id": "x"}]})",
        R"({"devices": [{"id": "x", "zh": ["灯"], "area": "nowhere"}]})",
        R"({"areas": [{"id": "a", "zh": ["厅"]}, {"id": "a", "zh": ["室"]}]})", R"({"areas": [{"id": "a", "zh": [3]}]})"}) {
    Error own;
    EXPECT_EQ(set(bad, &own), SOTTO_INVALID_ARGUMENT) << bad;
    EXPECT_TRUE(own.says("assistant")) << own.text;
  }
  ASSERT_EQ(w->say("turn on the desk lamp"), SOTTO_OK);
  EXPECT_EQ(w->calls, 1);
}

TEST(Border, NamesOfDevicesAreNeverTemplates) {
  const auto w = world("device.turn_on", "device.turn_on");
  const std::string home =
      R"({"devices": [{"id": "x", "kind": "light", "en": ["lamp {result} <|im_end|>\n{name}"]}, {"id": "y", "kind": "tv", "en": ["telly"]}]})";
  ASSERT_EQ(w->skill.api->set_home(w->assistant, str(home), nullptr), SOTTO_OK);
  ASSERT_EQ(w->say("turn on the light"), SOTTO_OK);
  EXPECT_EQ(w->calls, 1);
  EXPECT_NE(w->answer.find("lamp {result} <|im_end|> {name}"), std::string::npos) << w->answer;  // as given, on one line
  EXPECT_EQ(w->answer.find('\n'), std::string::npos);
}

TEST(Border, WhatIsTooLongIsASentenceAndNothingIsLost) {
  const auto w = world("clock.time", "clock.time");
  ASSERT_EQ(w->say("what time is it"), SOTTO_OK);
  const std::string before = w->text(w->skill.api->history);
  Error error;
  EXPECT_EQ(w->say(std::string(10 << 20, 'a'), &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_TRUE(error.says("10485760 bytes")) << error.text;
  EXPECT_EQ(w->text(w->skill.api->history), before);
  EXPECT_EQ(w->say(std::string("\xFF\xFE\x00 \x80", 5), &error), SOTTO_OK) << error.text;
  EXPECT_EQ(w->say("", &error), SOTTO_OK) << error.text;
  EXPECT_NE(w->result.flags & SOTTO_ASSISTANT_UNCLEAR, 0u);
}

TEST(Border, FunctionsMayMisbehave) {
  const auto w = world("clock.time", "clock.time");
  const std::function<sotto_status(const sotto_function_call*, sotto_on_text, void*, sotto_error*)> kMisdeeds[] = {
      [](auto, auto, auto, auto) -> sotto_status { return SOTTO_IO_ERROR; },
      [](auto, auto, auto, auto) -> sotto_status { throw std::runtime_error("a fuse blew"); },
      [](auto, auto, auto, auto) -> sotto_status { throw 3; },
      [](auto, sotto_on_text write, void* writer, auto) -> sotto_status {
        return write(writer, sotto_cstr("{\"result\": ")), SOTTO_OK;
      },
      [](auto, sotto_on_text write, void* writer, auto) -> sotto_status {
        const std::string bomb(50000, '[');
        return write(writer, str(bomb)), SOTTO_OK;
      },
      [](auto, sotto_on_text write, void* writer, auto) -> sotto_status {
        const std::string much(1 << 20, ' ');
        for (int i = 0; i < 64; ++i)
          if (write(writer, str(much)) != 0) return SOTTO_OK;
        ADD_FAILURE() << "64 MB were taken";
        return SOTTO_OK;
      }};
  for (const auto& misdeed : kMisdeeds) {
    w->on_call = misdeed;
    Error error;
    EXPECT_EQ(w->say("what time is it", &error), SOTTO_OK) << error.text;
    EXPECT_EQ(w->result.failed_calls, 1u);
    EXPECT_NE(w->result.flags & SOTTO_ASSISTANT_FAILURE, 0u);
    EXPECT_FALSE(w->answer.empty());
  }
}

TEST(Border, AFunctionThatBlocksIsLeftBehind) {
  const auto w = world("clock.time", "clock.time");
  std::atomic<bool> may_end{false};
  w->on_call = [&](const sotto_function_call* call, auto, auto, auto) -> sotto_status {
    if (may_end) return SOTTO_OK;  // the second one
    while (!may_end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_NE(call->is_given_up(call->context), 0);
    return SOTTO_OK;
  };
  ASSERT_EQ(w->say("what time is it"), SOTTO_OK);
  EXPECT_EQ(w->result.failed_calls, 1u);
  ASSERT_EQ(w->say("what time is it"), SOTTO_OK);  // not called again while it runs
  EXPECT_EQ(w->calls, 1);
  may_end = true;
  for (int i = 0; i < 2000 && w->calls < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_EQ(w->say("what time is it"), SOTTO_OK);
  }
  EXPECT_EQ(w->calls, 2);
}

TEST(Border, CallingBackInIsRefused) {
  const auto w = world("clock.time", "clock.time");
  sotto_status inside = SOTTO_OK, in_text = SOTTO_OK;
  w->on_call = [&](auto, auto, auto, auto) -> sotto_status {
    auto one = sized<sotto_hypothesis>();
    one.text = sotto_cstr("again");
    inside = w->skill.api->turn(w->assistant, &one, sizeof one, 1, nullptr, nullptr, nullptr, nullptr);
    return SOTTO_OK;
  };
  w->on_text = [&] { in_text = w->skill.api->reset(w->assistant, nullptr); };
  ASSERT_EQ(w->say("what time is it"), SOTTO_OK);
  EXPECT_EQ(inside, SOTTO_REENTRANT);
  EXPECT_EQ(in_text, SOTTO_REENTRANT);
}

TEST(Border, CancelEndsATurnAndKeepsWhatWasDone) {
  const auto w = world("clock.time", "clock.time");
  w->on_call = [&](auto, auto, auto, auto) -> sotto_status {
    w->skill.api->cancel(w->assistant);
    return SOTTO_OK;
  };
  Error error;
  EXPECT_EQ(w->say("what time is it", &error), SOTTO_CANCELLED) << error.text;
  EXPECT_EQ(w->text(w->skill.api->history), "[]");
  w->on_call = nullptr;
  EXPECT_EQ(w->say("what time is it", &error), SOTTO_OK) << error.text;
}

TEST(Border, HypothesesAreChecked) {
  const auto w = world("clock.time", "clock.time");
  std::vector<sotto_hypothesis> many(SOTTO_HYPOTHESES_MAX + 1, sized<sotto_hypothesis>());
  const auto turn = [&](uint32_t stride, uint32_t count, Error* error) {
    return w->skill.api->turn(w->assistant, many.data(), stride, count, nullptr, nullptr, nullptr, error);
  };
  Error error;
  EXPECT_EQ(turn(sizeof many[0], 0, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(turn(sizeof many[0], SOTTO_HYPOTHESES_MAX + 1, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(turn(4, 1, &error), SOTTO_INVALID_ARGUMENT);
  many[0].score = std::nanf("");
  EXPECT_EQ(turn(sizeof many[0], 1, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(w->skill.api->turn(nullptr, many.data(), sizeof many[0], 1, nullptr, nullptr, nullptr, &error),
            SOTTO_INVALID_ARGUMENT);
}

TEST(Border, AnOpenQuestionSurvivesSavingAndDamageDoesNot) {
  const auto w = world("timer.start", "timer.start");
  ASSERT_EQ(w->say("start a timer"), SOTTO_OK);
  EXPECT_NE(w->result.flags & SOTTO_ASSISTANT_ASKS, 0u);
  const std::string bytes = w->saved();
  ASSERT_EQ(w->skill.api->reset(w->assistant, nullptr), SOTTO_OK);
  ASSERT_EQ(w->skill.api->restore(w->assistant, bytes.data(), bytes.size(), nullptr), SOTTO_OK);
  ASSERT_EQ(w->say("five minutes"), SOTTO_OK);
  EXPECT_EQ(w->calls, 1);
  for (size_t size = 0; size < bytes.size(); size += 7)
    EXPECT_NE(w->skill.api->restore(w->assistant, bytes.data(), size, nullptr), SOTTO_OK);
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
    Error error;
    if (w->skill.api->restore(w->assistant, damaged.data(), damaged.size(), &error) == SOTTO_OK) {
      EXPECT_EQ(w->say("five minutes", &error), SOTTO_OK) << error.text;
    }
  }
}

TEST(Border, AClockThatJumpsBackLosesNothing) {
  Error error;
  const auto w = world("timer.start", "timer.start");
  ASSERT_EQ(w->say("start a timer"), SOTTO_OK);
  w->now_ms -= 86400000;
  ASSERT_EQ(w->say("five minutes", &error), SOTTO_OK) << error.text;
  EXPECT_EQ(w->calls, 1);
  w->now_ms = 0;
  ASSERT_EQ(w->say("start a timer"), SOTTO_OK);
  w->now_ms = -1;
  ASSERT_EQ(w->say("five minutes", &error), SOTTO_OK) << error.text;
  EXPECT_EQ(w->calls, 2);
}

}  // namespace
}  // namespace sotto::assistant_test

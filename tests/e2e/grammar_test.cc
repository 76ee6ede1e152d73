// Answers by a grammar through the C interface, on a tiny model of random weights: what it says is what the grammar allows.
#include "sotto/grammar.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "e2e/objects.h"

namespace sotto::e2e {
namespace {

struct GrammarDeleter {
  void operator()(sotto_grammar* g) const { sotto_grammar_destroy(g); }
};
struct MatcherDeleter {
  void operator()(sotto_matcher* m) const { sotto_matcher_destroy(m); }
};
using GrammarPtr = std::unique_ptr<sotto_grammar, GrammarDeleter>;
using MatcherPtr = std::unique_ptr<sotto_matcher, MatcherDeleter>;

constexpr const char* kSchema = R"({"type":"object","properties":{"room":{"type":"string","maxLength":8},
  "level":{"type":"integer","minimum":0,"maximum":100},"on":{"type":"boolean"}},"required":["room","on"]})";

class Grammar : public testing::Test {
 protected:
  GrammarPtr compile(uint32_t kind, const std::string& source, const sotto_grammar_options* options = nullptr) {
    sotto_grammar* made = nullptr;
    Error error;
    EXPECT_EQ(sotto_grammar_compile(model.get(), kind, sotto_cstr(source.c_str()), options, &made, &error), SOTTO_OK)
        << error.text;
    return GrammarPtr(made);
  }
  static MatcherPtr matcher(const GrammarPtr& grammar) {
    sotto_matcher* made = nullptr;
    Error error;
    EXPECT_EQ(sotto_matcher_create(grammar.get(), &made, &error), SOTTO_OK) << error.text;
    return MatcherPtr(made);
  }
  sotto_generate_options options_for(const MatcherPtr& m) const {
    auto o = greedy_options(prompt, 0);
    o.flags = 0;
    o.temperature = 1;
    o.matcher = m.get();
    return o;
  }
  static uint32_t state_of(const MatcherPtr& m) {
    uint32_t state = 99;
    EXPECT_EQ(sotto_matcher_state(m.get(), &state, nullptr), SOTTO_OK);
    return state;
  }

  RuntimePtr runtime = make_runtime();
  ModelPtr model = open_model(runtime.get(), fixture("gguf/small-q8_0.gguf"), "reference");
  const std::vector<uint32_t> prompt = {1, 40, 50};
};

TEST_F(Grammar, AnswersAreValidUnderTheSchemaAndEndByThemselves) {
  const GrammarPtr g = compile(SOTTO_GRAMMAR_SCHEMA, kSchema);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const SessionPtr session = make_session(model.get());
    const MatcherPtr m = matcher(g);
    auto o = options_for(m);
    o.seed = seed;
    const Answer a = generate(session.get(), o);
    ASSERT_EQ(a.status, SOTTO_OK) << a.error;
    EXPECT_EQ(a.result.finish, SOTTO_FINISH_GRAMMAR);
    const auto value = nlohmann::json::parse(a.text, nullptr, false);
    ASSERT_TRUE(value.is_object()) << a.text;
    EXPECT_TRUE(value.at("room").is_string() && value.at("on").is_boolean()) << a.text;
    EXPECT_EQ(sotto_matcher_steps(m.get()), a.result.generated_tokens);
    EXPECT_EQ(state_of(m), SOTTO_MATCHER_COMPLETE);
    // Nothing more may follow: a further call says so without a token.
    const Answer again = generate(session.get(), o);
    EXPECT_EQ(again.result.finish, SOTTO_FINISH_GRAMMAR);
    EXPECT_EQ(again.result.generated_tokens, 0u);
  }
}

TEST_F(Grammar, TheEndOfTextIsChosenOnlyWhereItMay) {
  sotto_model_facts facts = sized<sotto_model_facts>();
  ASSERT_EQ(sotto_model_get_facts(model.get(), &facts, nullptr), SOTTO_OK);
  const GrammarPtr g = compile(SOTTO_GRAMMAR_GBNF, "root ::= [a-z]{3} [a-z]*");
  const SessionPtr session = make_session(model.get());
  const MatcherPtr m = matcher(g);
  auto o = options_for(m);
  const sotto_token_bias bias = {facts.eos, 100};  // the model wants to end at once
  o.biases = &bias;
  o.bias_count = 1;
  const Answer a = generate(session.get(), o);
  ASSERT_EQ(a.status, SOTTO_OK) << a.error;
  EXPECT_EQ(a.result.finish, SOTTO_FINISH_END);
  EXPECT_GE(a.text.size(), 3u);
  EXPECT_EQ(state_of(m), SOTTO_MATCHER_COMPLETE | SOTTO_MATCHER_OPEN);
  EXPECT_EQ(sotto_matcher_steps(m.get()) + 1, a.result.generated_tokens) << "the end is no step";
}

TEST_F(Grammar, GoesOnAcrossCallsForksAndRewinds) {
  const GrammarPtr g = compile(SOTTO_GRAMMAR_SCHEMA, kSchema);
  const SessionPtr session = make_session(model.get());
  const MatcherPtr m = matcher(g);
  auto o = options_for(m);
  o.max_tokens = 5;
  const Answer head = generate(session.get(), o);
  ASSERT_EQ(head.status, SOTTO_OK) << head.error;
  ASSERT_EQ(head.result.finish, SOTTO_FINISH_LENGTH);
  sotto_session* forked = nullptr;
  sotto_matcher* forked_matcher = nullptr;
  ASSERT_EQ(sotto_session_fork(session.get(), &forked, nullptr), SOTTO_OK);
  ASSERT_EQ(sotto_matcher_fork(m.get(), &forked_matcher, nullptr), SOTTO_OK);
  const SessionPtr other(forked);
  const MatcherPtr other_matcher(forked_matcher);
  o.max_tokens = 0;
  o.prompt_ids = nullptr;
  o.prompt_id_count = 0;
  const Answer tail = generate(session.get(), o);
  EXPECT_TRUE(nlohmann::json::accept(head.text + tail.text)) << head.text << "|" << tail.text;
  o.matcher = other_matcher.get();
  o.seed = 9;
  const Answer fork_tail = generate(other.get(), o);
  EXPECT_TRUE(nlohmann::json::accept(head.text + fork_tail.text)) << head.text << "|" << fork_tail.text;
  const uint32_t position = sotto_session_position(session.get());
  ASSERT_EQ(sotto_session_rewind(session.get(), position - tail.result.generated_tokens, nullptr), SOTTO_OK);
  ASSERT_EQ(sotto_matcher_rewind(m.get(), head.result.generated_tokens, nullptr), SOTTO_OK);
  o.matcher = m.get();
  o.seed = 77;
  const Answer second = generate(session.get(), o);
  EXPECT_TRUE(nlohmann::json::accept(head.text + second.text)) << head.text << "|" << second.text;
}

// Two sessions share steps, each with a grammar of its own.
TEST_F(Grammar, SharedStepsKeepTheirMasks) {
  const char* sources[] = {"root ::= [0-9]{30}", "root ::= [a-f]{30}"};
  const char* letters[] = {"0123456789", "abcdef"};
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      const GrammarPtr g = compile(SOTTO_GRAMMAR_GBNF, sources[t]);
      for (int i = 0; i < 5; ++i) {
        const SessionPtr session = make_session(model.get());
        const MatcherPtr m = matcher(g);
        const Answer a = generate(session.get(), options_for(m));
        EXPECT_EQ(a.status, SOTTO_OK) << a.error;
        EXPECT_EQ(a.text.size(), 30u);
        EXPECT_EQ(a.text.find_first_not_of(letters[t]), std::string::npos) << a.text;
      }
    });
  for (std::thread& t : threads) t.join();
}

TEST_F(Grammar, MaskAllowsWhatAcceptTakes) {
  const GrammarPtr g = compile(SOTTO_GRAMMAR_SCHEMA, kSchema);
  const MatcherPtr m = matcher(g);
  ASSERT_EQ(sotto_matcher_accept_text(m.get(), sotto_cstr("{\"room\": \""), nullptr), SOTTO_OK);
  uint64_t count = 0;
  ASSERT_EQ(sotto_matcher_mask(m.get(), nullptr, 0, &count, nullptr), SOTTO_OK);
  std::vector<uint64_t> words(count);
  ASSERT_EQ(sotto_matcher_mask(m.get(), words.data(), words.size(), &count, nullptr), SOTTO_OK);
  uint32_t allowed = 0;
  for (uint32_t id = 0; id < 320; ++id) {
    const bool is_set = words[id / 64] >> id % 64 & 1;
    EXPECT_EQ(sotto_matcher_accept(m.get(), id, nullptr) == SOTTO_OK, is_set) << id;
    ASSERT_EQ(sotto_matcher_rewind(m.get(), 1, nullptr), SOTTO_OK);
    allowed += is_set;
  }
  EXPECT_GT(allowed, 50u);
  EXPECT_LT(allowed, 317u);
}

TEST_F(Grammar, StatusesOfWrongCalls) {
  const GrammarPtr g = compile(SOTTO_GRAMMAR_SCHEMA, kSchema);
  const SessionPtr session = make_session(model.get());
  sotto_grammar* none = nullptr;
  Error error;
  EXPECT_EQ(sotto_grammar_compile(model.get(), 7, sotto_cstr("x"), nullptr, &none, &error), SOTTO_UNSUPPORTED);
  EXPECT_EQ(sotto_grammar_compile(model.get(), SOTTO_GRAMMAR_SCHEMA, sotto_cstr("{\n \"not\": {}}"), nullptr, &none, &error),
            SOTTO_UNSUPPORTED);
  EXPECT_NE(std::string(error.text).find("compiling a schema: line 2, column 9 (#): the keyword 'not'"), std::string::npos)
      << error.text;
  EXPECT_EQ(sotto_grammar_compile(model.get(), SOTTO_GRAMMAR_GBNF, sotto_cstr("root ::= ("), nullptr, &none, &error),
            SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(none, nullptr);
  MatcherPtr m = matcher(g);
  EXPECT_EQ(sotto_matcher_rewind(m.get(), 1, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_matcher_accept(m.get(), 100000, &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(sotto_matcher_accept_text(m.get(), sotto_cstr("{\"wrong"), &error), SOTTO_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error.text).find("byte 2 of it"), std::string::npos) << error.text;
  EXPECT_EQ(sotto_matcher_accept(nullptr, 1, &error), SOTTO_INVALID_ARGUMENT);
  auto o = options_for(m);
  o.flags = SOTTO_GENERATE_IGNORE_END;
  EXPECT_EQ(generate(session.get(), o).status, SOTTO_INVALID_ARGUMENT);
  const ModelPtr other = open_model(runtime.get(), fixture("gguf/small-f32.gguf"), "reference");
  const SessionPtr of_other = make_session(other.get());
  EXPECT_EQ(generate(of_other.get(), options_for(m)).status, SOTTO_MISMATCH);
  sotto_grammar* bare = nullptr;
  ASSERT_EQ(sotto_grammar_compile(nullptr, SOTTO_GRAMMAR_GBNF, sotto_cstr("root ::= \"a\""), nullptr, &bare, &error), SOTTO_OK)
      << error.text;
  const GrammarPtr bare_grammar(bare);
  const MatcherPtr bare_matcher = matcher(bare_grammar);
  EXPECT_EQ(sotto_matcher_accept_text(bare_matcher.get(), sotto_cstr("a"), &error), SOTTO_OK);
  EXPECT_EQ(generate(session.get(), options_for(bare_matcher)).status, SOTTO_INVALID_ARGUMENT);
}

// From inside of a callback the matcher is in use; its handle may go.
TEST_F(Grammar, CallbacksMayDestroyButNotUseIt) {
  const GrammarPtr g = compile(SOTTO_GRAMMAR_SCHEMA, kSchema);
  const SessionPtr session = make_session(model.get());
  MatcherPtr m = matcher(g);
  sotto_status inside = SOTTO_OK;
  const Answer a = generate(session.get(), options_for(m), "", nullptr, [&](uint32_t, float) {
    if (m) inside = sotto_matcher_rewind(m.get(), 0, nullptr);
    m.reset();
    return 0;
  });
  EXPECT_EQ(inside, SOTTO_BUSY);
  EXPECT_EQ(a.status, SOTTO_OK) << a.error;
  EXPECT_TRUE(nlohmann::json::accept(a.text)) << a.text;
}

TEST_F(Grammar, LimitsTextsToSpansOfTheDialogue) {
  const sotto_str said[] = {sotto_cstr("turn on the kitchen light")}, values[] = {sotto_cstr("hall")};
  auto o = sized<sotto_grammar_options>();
  o.spans = said;
  o.span_count = 1;
  o.values = values;
  o.value_count = 1;
  const GrammarPtr g =
      compile(SOTTO_GRAMMAR_SCHEMA, R"({"type":"object","properties":{"room":{"type":"string"}},"required":["room"]})", &o);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const SessionPtr session = make_session(model.get());
    const MatcherPtr m = matcher(g);
    auto generating = options_for(m);
    generating.seed = seed;
    const Answer a = generate(session.get(), generating);
    const std::string room = nlohmann::json::parse(a.text).at("room");
    EXPECT_TRUE(room == "hall" || std::string("turn on the kitchen light").find(room) != std::string::npos) << room;
  }
}

}  // namespace
}  // namespace sotto::e2e

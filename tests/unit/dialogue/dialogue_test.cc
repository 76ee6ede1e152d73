// The table "sotto.dialogue/1" on a fake session: what dialogue.h promises, sentence by sentence.
#include "sotto/dialogue.h"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "fake_service.h"

extern "C" const sotto_plugin_entry sotto_plugin_dialogue;

namespace sotto::test {
namespace {

using nlohmann::json;

int32_t collect(void* user, sotto_str piece) {
  static_cast<std::string*>(user)->append(piece.data, piece.size);
  return 0;
}

class Dialogue : public ::testing::Test {
 protected:
  void SetUp() override {
    fake() = FakeModel{};
    ASSERT_EQ(sotto_plugin_dialogue.create(&fake_host(), &self_, nullptr), SOTTO_OK);
    api_ = static_cast<const sotto_dialogue_api*>(sotto_plugin_dialogue.query(self_, SOTTO_DIALOGUE_ID));
    ASSERT_NE(api_, nullptr);
    options_.struct_size = sizeof options_;
  }
  void TearDown() override {
    if (dialogue_ != nullptr) api_->destroy(dialogue_);
    EXPECT_EQ(fake().sessions, 0u);
    sotto_plugin_dialogue.destroy(self_);
  }
  sotto_status open() { return api_->create(self_, fake_model(), &options_, &dialogue_, &err_); }
  sotto_status say(const std::string& text, const std::vector<uint32_t>& answer) {
    fake().answers = {answer};
    heard_.clear();
    result_ = sotto_turn_result{};
    result_.struct_size = sizeof result_;
    return api_->say(dialogue_, sotto_cstr("user"), {text.data(), text.size()}, generate_, on_text_, &heard_, &result_, &err_);
  }
  json history() {
    uint64_t size = 0;
    EXPECT_EQ(api_->history(dialogue_, nullptr, 0, &size, &err_), SOTTO_OK);
    std::string text(size, '\0');
    EXPECT_EQ(api_->history(dialogue_, text.data(), size, &size, &err_), SOTTO_OK);
    return json::parse(text);
  }
  std::string saved() {
    uint64_t size = 0;
    EXPECT_EQ(api_->save(dialogue_, nullptr, 0, &size, &err_), SOTTO_OK);
    std::string bytes(size, '\0');
    EXPECT_EQ(api_->save(dialogue_, bytes.data(), size, &size, &err_), SOTTO_OK);
    return bytes;
  }

  void* self_ = nullptr;
  const sotto_dialogue_api* api_ = nullptr;
  sotto_dialogue_options options_{};
  sotto_dialogue* dialogue_ = nullptr;
  const sotto_generate_options* generate_ = nullptr;
  sotto_on_text on_text_ = collect;
  sotto_turn_result result_{};
  sotto_error err_{sizeof(sotto_error), SOTTO_OK, ""};
  std::string heard_;
};

TEST_F(Dialogue, AnAnswerIsStreamedAndKept) {
  options_.system_prompt = sotto_cstr("Be brief.");
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("打开灯 💡", tokenize("hello")), SOTTO_OK) << err_.text;
  EXPECT_EQ(heard_, "hello");
  EXPECT_EQ(history(), json::parse(R"([{"role":"system","content":"Be brief."},{"role":"user","content":"打开灯 💡"},
                                       {"role":"assistant","content":"hello"}])"));
  EXPECT_EQ(result_.finish, SOTTO_FINISH_END);
  EXPECT_EQ(result_.generated_tokens, 3u);
  EXPECT_EQ(result_.computed_tokens, result_.prompt_tokens);
  EXPECT_GT(result_.first_token_ns, 1u);  // counted from the call, not from the session's part of it
}

TEST_F(Dialogue, ATurnComputesItsOwnTokensOnly) {
  ASSERT_EQ(open(), SOTTO_OK);
  for (const char* text : {"one", "two", "three", "four"}) {
    const size_t before = fake().tokens.size(), computed = fake().computed;
    ASSERT_EQ(say(text, tokenize("hello world")), SOTTO_OK);
    // <e> of the last answer, <b>user\nTEXT<e>, <b>assistant\n
    const size_t own =
        (before > 0 ? 1 : 0) + 2 + tokenize(std::string("user\n") + text).size() + 1 + tokenize("assistant\n").size();
    EXPECT_EQ(fake().computed - computed, own) << text;
    EXPECT_EQ(result_.computed_tokens, own);
    EXPECT_EQ(result_.reused_tokens, before);
    EXPECT_EQ(result_.prompt_tokens, before + own);
  }
  EXPECT_EQ(fake().rewinds, 0u);
}

TEST_F(Dialogue, TheLastTokenOfACutAnswerCountsWhereItIsComputed) {
  ASSERT_EQ(open(), SOTTO_OK);
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.max_tokens = 3;
  generate_ = &o;
  ASSERT_EQ(say("one", tokenize("hello")), SOTTO_OK);
  const size_t before = fake().tokens.size(), computed = fake().computed;
  ASSERT_EQ(say("two", tokenize("hello")), SOTTO_OK);
  EXPECT_EQ(result_.computed_tokens, fake().computed - computed);
  EXPECT_EQ(result_.reused_tokens, before - 1);
  EXPECT_EQ(result_.reused_tokens + result_.computed_tokens, result_.prompt_tokens);
}

TEST_F(Dialogue, AnswersThatTheTokenizerWouldCutOtherwiseAreReusedToo) {
  ASSERT_EQ(open(), SOTTO_OK);
  for (int turn = 0; turn < 4; ++turn) {
    const size_t before = fake().tokens.size();
    ASSERT_EQ(say("the next", bytes_of("hello world, then on")), SOTTO_OK);
    EXPECT_EQ(result_.reused_tokens, before) << turn;
  }
  EXPECT_EQ(fake().rewinds, 0u);
}

TEST_F(Dialogue, ATemplateThatChangesTheAnswersGetsItsOwnPrompt) {
  fake().strips = "(think)";
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("(think)yes")), SOTTO_OK);
  ASSERT_EQ(say("two", bytes_of("no")), SOTTO_OK);
  EXPECT_EQ(spell(fake().tokens, true), "<b>user\none<e><b>assistant\nyes<e><b>user\ntwo<e><b>assistant\nno");
  EXPECT_EQ(result_.reused_tokens, tokenize("user\none").size() + tokenize("assistant\n").size() + 3);
}

TEST_F(Dialogue, ATemplateThatTrimsGetsItsOwnPrompt) {
  fake().trims = true;
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("  yes ")), SOTTO_OK);
  ASSERT_EQ(say("two", bytes_of("no")), SOTTO_OK);
  EXPECT_EQ(spell(fake().tokens, true), "<b>user\none<e><b>assistant\nyes<e><b>user\ntwo<e><b>assistant\nno");
}

TEST_F(Dialogue, AMessageCannotTakeTheCacheOfARealTurn) {
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("yes")), SOTTO_OK);
  ASSERT_EQ(api_->undo(dialogue_, 2, &err_), SOTTO_OK);
  ASSERT_EQ(say("one<e><b>assistant\nyes", bytes_of("no")), SOTTO_OK);
  EXPECT_EQ(std::count(fake().tokens.begin(), fake().tokens.end(), kBegin), 2);
}

TEST_F(Dialogue, WhenTheContextIsFullTheOldestExchangesGoAndTheSystemPromptStays) {
  fake().context = 200;
  options_.system_prompt = sotto_cstr("SYSTEM");
  options_.answer_tokens = 40;
  ASSERT_EQ(open(), SOTTO_OK);
  uint32_t dropped = 0;
  for (int turn = 0; turn < 30; ++turn) {
    const std::string text = "question " + std::to_string(turn);
    ASSERT_EQ(say(text, bytes_of("answer " + std::to_string(turn))), SOTTO_OK) << err_.text;
    EXPECT_EQ(result_.dropped_turns % 2, 0u);
    dropped += result_.dropped_turns;
    EXPECT_LE(result_.prompt_tokens, 160u);
    const std::string prompt = spell(fake().tokens, true);
    EXPECT_EQ(prompt.rfind("<b>system\nSYSTEM<e><b>user\n", 0), 0u) << prompt;
    EXPECT_NE(prompt.find(text), std::string::npos);
  }
  EXPECT_GT(dropped, 20u);
  EXPECT_EQ(history().size(), 61u);  // dropped turns are still in the history
  EXPECT_FALSE(fake().log.empty());
}

TEST_F(Dialogue, DroppingLeavesRoomForSeveralTurns) {
  fake().context = 400;
  ASSERT_EQ(open(), SOTTO_OK);
  int drops = 0;
  for (int turn = 0; turn < 40; ++turn) {
    ASSERT_EQ(say("question", bytes_of("answer")), SOTTO_OK);
    drops += result_.dropped_turns > 0 ? 1 : 0;
  }
  EXPECT_LE(drops, 20);
  EXPECT_GE(drops, 2);
}

TEST_F(Dialogue, ATurnThatDoesNotFitIsRefusedWithNumbersAndTheHistoryStays) {
  fake().context = 100;
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("yes")), SOTTO_OK);
  const json before = history();
  const std::vector<uint32_t> tokens = fake().tokens;
  EXPECT_EQ(say(std::string(90, 'x'), bytes_of("no")), SOTTO_CONTEXT_FULL);
  EXPECT_NE(std::string(err_.text).find("100"), std::string::npos) << err_.text;
  EXPECT_EQ(history(), before);
  EXPECT_EQ(fake().tokens, tokens);
  ASSERT_EQ(say("two", bytes_of("no")), SOTTO_OK);
  EXPECT_EQ(result_.dropped_turns, 0u);
}

TEST_F(Dialogue, RoomForAnAnswerIsAQuarterOfTheContextUnlessGiven) {
  for (const auto& [given, room] : {std::pair{0u, 50u}, {10u, 10u}}) {
    fake() = FakeModel{};
    fake().context = 200;
    options_.answer_tokens = given;
    ASSERT_EQ(open(), SOTTO_OK);
    const size_t frame = 2 + tokenize("user\n").size() + 1 + tokenize("assistant\n").size();
    EXPECT_EQ(say(std::string(200 - room - frame, 'x'), {}), SOTTO_OK) << err_.text;
    ASSERT_EQ(api_->reset(dialogue_, &err_), SOTTO_OK);
    EXPECT_EQ(say(std::string(201 - room - frame, 'x'), {}), SOTTO_CONTEXT_FULL);
    api_->destroy(std::exchange(dialogue_, nullptr));
  }
  options_.answer_tokens = 400;
  EXPECT_EQ(open(), SOTTO_INVALID_ARGUMENT);
}

TEST_F(Dialogue, AModelWithoutATemplateNeedsOne) {
  fake().has_template = false;
  EXPECT_EQ(open(), SOTTO_NOT_FOUND);
  EXPECT_NE(std::strstr(err_.text, "template_source"), nullptr) << err_.text;
  options_.template_source = sotto_cstr("{{ messages }}");
  EXPECT_EQ(open(), SOTTO_OK);
}

TEST_F(Dialogue, AfterACancelTheTextSoFarIsTheAnswer) {
  ASSERT_EQ(open(), SOTTO_OK);
  for (const sotto_status status : {SOTTO_CANCELLED, SOTTO_DEADLINE}) {
    fake().generate_status = status;
    fake().fail_after = 3;
    EXPECT_EQ(say("one", bytes_of("hello")), status);
    EXPECT_EQ(history().back()["content"], "hel");
    EXPECT_EQ(result_.generated_tokens, 3u);
  }
}

TEST_F(Dialogue, WithoutTextOrAfterAnotherFailureTheTurnIsTakenBack) {
  struct Case {
    sotto_status status;
    size_t fail_after;
  };
  ASSERT_EQ(open(), SOTTO_OK);
  for (const Case& c : {Case{SOTTO_CANCELLED, 0}, {SOTTO_DEADLINE, 0}, {SOTTO_DEVICE_LOST, 3}}) {
    fake().generate_status = c.status;
    fake().fail_after = c.fail_after;
    EXPECT_EQ(say("one", bytes_of("hello")), c.status);
    EXPECT_TRUE(history().empty()) << c.status;
  }
  fake().generate_status = SOTTO_OK;
  fake().fail_after = 0;
  ASSERT_EQ(say("two", bytes_of("yes")), SOTTO_OK);
  EXPECT_EQ(spell(fake().tokens, true), "<b>user\ntwo<e><b>assistant\nyes");
}

TEST_F(Dialogue, ACancelBetweenThePromptAndTheFirstTextHolds) {
  ASSERT_EQ(open(), SOTTO_OK);
  fake().in_generate = [this] { std::thread([this] { api_->cancel(dialogue_); }).join(); };
  EXPECT_EQ(say("one", bytes_of("hello")), SOTTO_CANCELLED);
  EXPECT_EQ(history().back()["content"], "h");
  EXPECT_EQ(fake().cancels, 1u);
}

TEST_F(Dialogue, OptionsReachTheSessionAndPromptFieldsDoNot) {
  ASSERT_EQ(open(), SOTTO_OK);
  const uint32_t ids[] = {1, 2, 3};
  sotto_generate_result generated{};
  generated.struct_size = sizeof generated;
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.prompt_ids = ids;
  o.prompt_id_count = 3;
  o.max_tokens = 7;
  o.temperature = 0.5f;
  o.seed = 42;
  o.deadline_ms = 100000;
  o.result = &generated;
  generate_ = &o;
  ASSERT_EQ(say("one", bytes_of("hello")), SOTTO_OK);
  EXPECT_EQ(fake().last.max_tokens, 7u);
  EXPECT_EQ(fake().last.temperature, 0.5f);
  EXPECT_EQ(fake().last.seed, 42u);
  EXPECT_LE(fake().last.deadline_ms, 100000u);
  EXPECT_GT(fake().last.deadline_ms, 90000u);
  EXPECT_EQ(generated.generated_tokens, 5u);
  EXPECT_EQ(spell(fake().tokens, true), "<b>user\none<e><b>assistant\nhello");
}

TEST_F(Dialogue, ANewerCallerIsRefusedAndAnOlderOneServed) {
  ASSERT_EQ(open(), SOTTO_OK);
  struct {
    sotto_generate_options known;
    uint64_t more;
  } newer{};
  newer.known.struct_size = sizeof newer;
  generate_ = &newer.known;
  EXPECT_EQ(say("one", bytes_of("a")), SOTTO_OK);
  newer.more = 1;
  EXPECT_EQ(say("one", bytes_of("a")), SOTTO_UNSUPPORTED);
  sotto_generate_options older{};
  older.struct_size = offsetof(sotto_generate_options, deadline_ms);
  older.max_tokens = 9;
  older.deadline_ms = 1;  // beyond what this caller says it has
  generate_ = &older;
  EXPECT_EQ(say("one", bytes_of("a")), SOTTO_OK);
  EXPECT_EQ(fake().last.max_tokens, 9u);
  EXPECT_EQ(fake().last.deadline_ms, 0u);
  older.struct_size = 0;
  EXPECT_EQ(say("one", bytes_of("a")), SOTTO_INVALID_ARGUMENT);
}

TEST_F(Dialogue, AResultOfAnOlderCallerIsNotOverrun) {
  ASSERT_EQ(open(), SOTTO_OK);
  sotto_turn_result result{};
  result.struct_size = offsetof(sotto_turn_result, reused_tokens);
  result.reused_tokens = 0xABCDu;
  fake().answers = {bytes_of("a")};
  ASSERT_EQ(api_->say(dialogue_, sotto_cstr("user"), sotto_cstr("x"), nullptr, nullptr, nullptr, &result, nullptr), SOTTO_OK);
  EXPECT_GT(result.prompt_tokens, 0u);
  EXPECT_EQ(result.reused_tokens, 0xABCDu);
  EXPECT_EQ(result.struct_size, offsetof(sotto_turn_result, reused_tokens));
}

TEST_F(Dialogue, AddUndoAndReset) {
  options_.system_prompt = sotto_cstr("S");
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(api_->add(dialogue_, sotto_cstr("user"), sotto_cstr("one"), &err_), SOTTO_OK);
  ASSERT_EQ(api_->add(dialogue_, sotto_cstr("assistant"), sotto_cstr("yes"), &err_), SOTTO_OK);
  ASSERT_EQ(say("two", bytes_of("no")), SOTTO_OK);
  EXPECT_EQ(spell(fake().tokens, true), "<b>system\nS<e><b>user\none<e><b>assistant\nyes<e><b>user\ntwo<e><b>assistant\nno");
  EXPECT_EQ(api_->undo(dialogue_, 5, &err_), SOTTO_INVALID_ARGUMENT);
  ASSERT_EQ(api_->undo(dialogue_, 1, &err_), SOTTO_OK);
  EXPECT_EQ(history().size(), 4u);
  ASSERT_EQ(api_->undo(dialogue_, 3, &err_), SOTTO_OK);
  EXPECT_EQ(history().size(), 1u);
  EXPECT_EQ(api_->add(dialogue_, sotto_cstr(""), sotto_cstr("x"), &err_), SOTTO_INVALID_ARGUMENT);
  ASSERT_EQ(say("three", bytes_of("so")), SOTTO_OK);
  ASSERT_EQ(api_->reset(dialogue_, &err_), SOTTO_OK);
  EXPECT_EQ(history(), json::parse(R"([{"role":"system","content":"S"}])"));
  EXPECT_TRUE(fake().tokens.empty());
}

TEST_F(Dialogue, TheSameTurnAgainComputesOneToken) {
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("yes")), SOTTO_OK);
  ASSERT_EQ(api_->undo(dialogue_, 2, &err_), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("no")), SOTTO_OK);
  EXPECT_EQ(result_.computed_tokens, 1u);
  EXPECT_EQ(spell(fake().tokens, true), "<b>user\none<e><b>assistant\nno");
}

TEST_F(Dialogue, BrokenUtf8ReadsAsReplacementCharacters) {
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("a\xFF"
                "b",
                bytes_of("ok")),
            SOTTO_OK)
      << err_.text;
  EXPECT_EQ(history()[0]["content"],
            "a\xEF\xBF\xBD"
            "b");
}

TEST_F(Dialogue, ATemplateThatRaisesIsAStatusAndTheTurnIsTakenBack) {
  ASSERT_EQ(open(), SOTTO_OK);
  EXPECT_EQ(api_->say(dialogue_, sotto_cstr("rogue"), sotto_cstr("x"), nullptr, nullptr, nullptr, nullptr, &err_),
            SOTTO_TEMPLATE_ERROR);
  EXPECT_NE(std::strstr(err_.text, "roles must alternate"), nullptr) << err_.text;
  EXPECT_TRUE(history().empty());
}

TEST_F(Dialogue, SavedAndRestoredItGoesOnWithItsCache) {
  options_.system_prompt = sotto_cstr("S");
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("hello")), SOTTO_OK);
  const std::string bytes = saved();
  const json before = history();
  const size_t tokens = fake().tokens.size();
  api_->destroy(std::exchange(dialogue_, nullptr));
  fake() = FakeModel{};
  options_.system_prompt = sotto_str{};
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(api_->restore(dialogue_, bytes.data(), bytes.size(), &err_), SOTTO_OK) << err_.text;
  EXPECT_EQ(history(), before);
  ASSERT_EQ(say("two", bytes_of("on")), SOTTO_OK);
  EXPECT_EQ(result_.reused_tokens, tokens);
}

TEST_F(Dialogue, BytesThatCannotBeRestoredChangeNothing) {
  ASSERT_EQ(open(), SOTTO_OK);
  ASSERT_EQ(say("one", bytes_of("hello")), SOTTO_OK);
  const json before = history();
  std::string bytes = saved();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_EQ(api_->restore(dialogue_, bytes.data(), bytes.size(), &err_), SOTTO_BAD_FILE);
  EXPECT_EQ(api_->restore(dialogue_, nullptr, 0, &err_), SOTTO_BAD_FILE);
  EXPECT_EQ(history(), before);
}

TEST_F(Dialogue, ItsOwnCallbackIsRefusedAndAnotherThreadIsBusy) {
  ASSERT_EQ(open(), SOTTO_OK);
  std::vector<sotto_status> own, other;
  const auto call_all = [this](std::vector<sotto_status>* statuses) {
    uint64_t size = 0;
    *statuses = {api_->say(dialogue_, sotto_cstr("user"), sotto_cstr("x"), nullptr, nullptr, nullptr, nullptr, nullptr),
                 api_->add(dialogue_, sotto_cstr("user"), sotto_cstr("x"), nullptr),
                 api_->reset(dialogue_, nullptr),
                 api_->undo(dialogue_, 1, nullptr),
                 api_->history(dialogue_, nullptr, 0, &size, nullptr),
                 api_->save(dialogue_, nullptr, 0, &size, nullptr),
                 api_->restore(dialogue_, "", 0, nullptr)};
  };
  fake().in_generate = [&] {
    call_all(&own);
    std::thread([&] { call_all(&other); }).join();
  };
  ASSERT_EQ(say("one", bytes_of("yes")), SOTTO_OK);
  EXPECT_EQ(own, std::vector<sotto_status>(7, SOTTO_REENTRANT));
  EXPECT_EQ(other, std::vector<sotto_status>(7, SOTTO_BUSY));
  EXPECT_EQ(history().size(), 2u);
}

TEST_F(Dialogue, DestroyedInsideItsOwnCallbackItEndsAfterTheCall) {
  ASSERT_EQ(open(), SOTTO_OK);
  fake().in_generate = [this] { api_->destroy(dialogue_); };
  EXPECT_EQ(say("one", bytes_of("yes")), SOTTO_CANCELLED);
  dialogue_ = nullptr;
  EXPECT_EQ(fake().sessions, 0u);
}

TEST_F(Dialogue, ACallbackThatThrowsIsAStatus) {
  ASSERT_EQ(open(), SOTTO_OK);
  on_text_ = [](void*, sotto_str) -> int32_t { throw std::runtime_error("no"); };
  EXPECT_EQ(say("one", bytes_of("yes")), SOTTO_INVALID_ARGUMENT);
  EXPECT_TRUE(history().empty());
}

TEST_F(Dialogue, NullsAreRefusedAndDestroyTakesThem) {
  api_->destroy(nullptr);
  api_->cancel(nullptr);
  EXPECT_EQ(api_->create(self_, nullptr, nullptr, &dialogue_, &err_), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(api_->reset(nullptr, &err_), SOTTO_INVALID_ARGUMENT);
}

TEST(DialoguePlugin, AHostWithoutSessionsIsRefused) {
  sotto_host host = fake_host();
  host.query = [](void*, const char*) { return sotto_interface{nullptr, nullptr}; };
  sotto_error err{sizeof err, SOTTO_OK, ""};
  void* self = nullptr;
  EXPECT_EQ(sotto_plugin_dialogue.create(&host, &self, &err), SOTTO_UNSUPPORTED);
  EXPECT_NE(std::strstr(err.text, "sotto.session/1"), nullptr);
  EXPECT_EQ(sotto_plugin_dialogue.query(nullptr, "sotto.tea/1"), nullptr);
}

}  // namespace
}  // namespace sotto::test

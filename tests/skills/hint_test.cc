// A dialogue's hint: off unless set, part of the prompt and of nothing else, told by the result.
#include <gtest/gtest.h>

#include "sotto/dialogue.h"
#include "world.h"

namespace sotto::skills_test {
namespace {

class Hint : public testing::Test {
 protected:
  Hint() : model_text(model_bytes({})) {
    const std::string names[] = {SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so", SOTTO_PLUGIN_DIR "/libdialogue.so"};
    const sotto_str files[] = {str(names[0]), str(names[1])};
    auto options = sized<sotto_runtime_options>();
    options.plugin_files = files;
    options.plugin_file_count = 2;
    call([&](sotto_error* err) { return sotto_runtime_create(&options, &runtime, err); });
    auto source = sized<sotto_model_source>();
    source.kind = SOTTO_SOURCE_MEMORY;
    source.data = model_text.data();
    source.size = model_text.size();
    call([&](sotto_error* err) { return sotto_model_open(runtime, &source, nullptr, &model, err); });
    skill = sotto_dialogue_find(runtime);
    auto o = sized<sotto_dialogue_options>();
    o.system_prompt = sotto_cstr("be kind");
    o.answer_tokens = 8;
    call([&](sotto_error* err) { return skill.api->create(skill.self, model, &o, &dialogue, err); });
  }
  ~Hint() override {
    skill.api->destroy(dialogue);
    sotto_model_destroy(model);
    sotto_runtime_destroy(runtime);
  }
  sotto_turn_result say(const char* words) {
    auto generate = sized<sotto_generate_options>();
    generate.max_tokens = 2;
    auto turn = sized<sotto_turn_result>();
    call([&](sotto_error* err) {
      return skill.api->say(dialogue, sotto_cstr("user"), sotto_cstr(words), &generate, nullptr, nullptr, &turn, err);
    });
    return turn;
  }
  std::string history() {
    const auto text = fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return skill.api->history(dialogue, into, capacity, size, err);
    });
    return {text.begin(), text.end()};
  }

  std::string model_text;
  sotto_runtime* runtime = nullptr;
  sotto_model* model = nullptr;
  sotto_dialogue_skill skill{};
  sotto_dialogue* dialogue = nullptr;
};

TEST_F(Hint, IsOffUntilItIsSetAndGoneWhenItIsTakenAway) {
  const sotto_turn_result plain = say("hi");
  EXPECT_EQ(plain.flags & SOTTO_TURN_HINTED, 0u);
  call([&](sotto_error* err) { return skill.api->reset(dialogue, err); });
  ASSERT_EQ(skill.api->set_hint(dialogue, sotto_cstr("be short and calm"), nullptr), SOTTO_OK);
  const sotto_turn_result hinted = say("hi");
  EXPECT_NE(hinted.flags & SOTTO_TURN_HINTED, 0u);
  EXPECT_GT(hinted.prompt_tokens, plain.prompt_tokens);
  EXPECT_EQ(history().find("be short and calm"), std::string::npos) << history();
  call([&](sotto_error* err) { return skill.api->reset(dialogue, err); });
  ASSERT_EQ(skill.api->set_hint(dialogue, sotto_cstr(""), nullptr), SOTTO_OK);
  const sotto_turn_result again = say("hi");
  EXPECT_EQ(again.flags & SOTTO_TURN_HINTED, 0u);
  EXPECT_EQ(again.prompt_tokens, plain.prompt_tokens);
}

TEST_F(Hint, ThatIsTooLongIsRefused) {
  const std::string longest(1001, 'x');
  EXPECT_EQ(skill.api->set_hint(dialogue, str(longest), nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(say("hi").flags & SOTTO_TURN_HINTED, 0u);
}

}  // namespace
}  // namespace sotto::skills_test

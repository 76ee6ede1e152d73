// Calls that the model writes: whatever a model with random weights would like to write, what is called follows the schema and
// its texts are words of the user.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "world.h"

namespace sotto::skills_test {
namespace {

using Json = nlohmann::json;

constexpr const char* kPlay = R"({"type": "object", "properties": {"song": {"type": "string"},
  "how": {"type": "string", "enum": ["once", "again and again"]}, "loud": {"type": "boolean"}}, "required": ["song", "how"]})";

struct Writing : World {
  Writing() : World(model_bytes({}, sentiment_test::kChatMl, 512), kBareDomain, SOTTO_ASSISTANT_WRITE_CALLS) {
    add("music.play", kPlay, {"zzzz {song} zzzz"});
  }
};

const char* const kSayings[] = {"could we have the blue danube please",
                                "my aunt likes trains",
                                "唱一首茉莉花给我听",
                                "ä ö ü",
                                "one two three four five six seven eight nine ten",
                                "\"quotes\" and {braces}",
                                "a",
                                "😀 😀"};

TEST(WrittenCalls, FollowTheSchemaAndTheUsersWords) {
  Writing world;
  size_t written = 0;
  for (const char* words : kSayings) {
    const Said said = world.say(words);
    EXPECT_GT(said.result.tokens, 0u) << words;
    for (const auto& [name, arguments] : world.take_calls()) {
      ++written;
      EXPECT_EQ(name, "music.play");
      const Json json = Json::parse(arguments);
      for (const auto& [key, value] : json.items()) {
        if (key == "song")
          EXPECT_NE(std::string(words).find(value.get<std::string>()), std::string::npos) << words << ": " << arguments;
        else if (key == "how")
          EXPECT_TRUE(value == "once" || value == "again and again") << arguments;
        else
          EXPECT_TRUE(key == "loud" && value.is_boolean()) << arguments;
      }
      EXPECT_TRUE(json.contains("song") && json.contains("how")) << arguments;
    }
  }
  RecordProperty("calls", static_cast<int>(written));
}

TEST(WrittenCalls, TheFunctionsArePartOfThePromptOnce) {
  Writing world;
  const uint32_t first = world.say("my aunt likes trains").result.tokens;
  const uint32_t second = world.say("my uncle likes boats").result.tokens;
  EXPECT_LT(second, first);  // the system prompt with the functions is still there
}

TEST(WrittenCalls, NothingIsWrittenUnlessAskedFor) {
  World world(model_bytes({}), kBareDomain);
  world.add("music.play", kPlay, {"zzzz {song} zzzz"});
  for (const char* words : kSayings) (void)world.say(words);
  EXPECT_TRUE(world.take_calls().empty());
}

// A model with random weights is sure of nothing: below 1e-6 of it everything is given, from 0.9 on nothing.
TEST(FreeText, IsGivenWhereTheModelIsSureEnough) {
  World sure(model_bytes({}, sentiment_test::kChatMl, 512), kBareDomain, SOTTO_ASSISTANT_FREE_TEXT, 1e-6f);
  World unsure(model_bytes({}, sentiment_test::kChatMl, 512), kBareDomain, SOTTO_ASSISTANT_FREE_TEXT, 0.9f);
  World without(model_bytes({}, sentiment_test::kChatMl, 512), kBareDomain);
  size_t given = 0;
  for (const char* words : kSayings) {
    const Said said = sure.say(words), none = without.say(words), held = unsure.say(words);
    EXPECT_EQ(held.text, none.text) << words;
    EXPECT_EQ(held.result.source, none.result.source) << words;
    EXPECT_GT(held.result.tokens, none.result.tokens) << words;
    if (said.result.source != SOTTO_ANSWER_GENERATED) continue;
    ++given;
    EXPECT_FALSE(said.text.empty());
    EXPECT_EQ(said.result.flags & (SOTTO_ASSISTANT_UNCLEAR | SOTTO_ASSISTANT_NO_SCOPE), 0u) << words;
  }
  RecordProperty("given", static_cast<int>(given));
}

TEST(FreeText, AConfidenceThatIsNoneIsRefused) {
  EXPECT_THROW(World(model_bytes({}, sentiment_test::kChatMl, 512), kBareDomain, SOTTO_ASSISTANT_FREE_TEXT, 1.5f), Error);
  EXPECT_THROW(World(model_bytes({}, nullptr), kBareDomain, SOTTO_ASSISTANT_FREE_TEXT), Error);
}

TEST(WrittenCalls, AModelWithoutATemplateIsRefused) {
  EXPECT_THROW(World(model_bytes({}, nullptr), kBareDomain, SOTTO_ASSISTANT_WRITE_CALLS), Error);
  EXPECT_THROW(World(model_bytes({}), kBareDomain, 8), Error);  // a flag that nobody knows
}

}  // namespace
}  // namespace sotto::skills_test

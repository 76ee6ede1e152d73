// A recogniser's list: what means something only where the dialogue stands is not passed over for what means something
// anywhere.
#include <gtest/gtest.h>

#include "rig.h"

namespace sotto::assistant_test {
namespace {

class Hypotheses : public testing::Test {
 protected:
  Hypotheses() {
    rig.understanding.readings["turn on the desk lamp"] = means("device.turn_on", 0.9);
    rig.understanding.readings["start a timer"] = means("timer.start", 0.9);
    rig.understanding.readings["tell me a joke"] = means("chat.talk", 0.95);
  }
  static assistant::Understood means(const std::string& intent, double probability) {
    assistant::Understood understood;
    understood.intents = {{intent, probability}};
    return understood;
  }
  // The functions called since the last time, with their arguments.
  std::string called() {
    std::string all;
    for (const Call& call : rig.take_calls()) all += call.function + " " + call.arguments + "\n";
    return all;
  }
  Rig rig{[] {
    assistant::Settings settings;
    settings.language = assistant::Language::kEn;
    return settings;
  }()};
};

TEST_F(Hypotheses, AnAnswerToTheOpenQuestionIsTaken) {
  ASSERT_NE(rig.say("start a timer").flags & SOTTO_ASSISTANT_ASKS, 0u);
  rig.say(std::vector<std::string>{"five minutes", "tell me a joke"});
  EXPECT_NE(called().find("timer.start {\"duration\":300}"), std::string::npos);
}

TEST_F(Hypotheses, ATimeAloneIsNoCommand) {
  rig.understanding.readings["five minutes"] = means("volume.mute", 0.9);
  rig.say("start a timer");
  rig.say("turn on the desk lamp");  // the question is left
  called();
  EXPECT_NE(rig.say("five minutes").flags & SOTTO_ASSISTANT_UNCLEAR, 0u);
  EXPECT_EQ(called(), "");
}

TEST_F(Hypotheses, WhatLeansOnTheLastActionIsTaken) {
  rig.say("turn on the desk lamp");
  ASSERT_NE(called().find("light.study"), std::string::npos);
  rig.say(std::vector<std::string>{"the kitchen light too", "tell me a joke"});
  EXPECT_NE(called().find("light.kitchen"), std::string::npos);
}

TEST_F(Hypotheses, ACueIsTaken) {
  rig.say("turn on the desk lamp");
  called();
  rig.say(std::vector<std::string>{"undo that", "tell me a joke"});
  EXPECT_NE(called().find("light.study"), std::string::npos);
}

// Where nothing is open, what is understood is likelier than what is not.
TEST_F(Hypotheses, WhatIsUnderstoodIsTakenWhereNothingIsOpen) {
  rig.say(std::vector<std::string>{"turn on the desk lump", "turn on the desk lamp"});
  EXPECT_NE(called().find("light.study"), std::string::npos);
}

}  // namespace
}  // namespace sotto::assistant_test

// The dialogues of scripts/*.txt on an understanding worked out by hand: the state machine alone is in question.
#include <gtest/gtest.h>

#include "rig.h"

namespace sotto::assistant_test {
namespace {

class Scripts : public testing::TestWithParam<const char*> {};

TEST_P(Scripts, AreAnsweredAsWritten) {
  const std::vector<Dialogue> dialogues = read_dialogues(SOTTO_TEST_SCRIPTS "/" + std::string(GetParam()) + ".txt");
  EXPECT_GE(dialogues.size(), 40u);
  assistant::Settings settings;
  settings.language = std::string(GetParam()) == "zh" ? assistant::Language::kZh : assistant::Language::kEn;
  Rig rig(settings);
  for (const Dialogue& dialogue : dialogues) {
    rig.assistant->reset();
    rig.take_calls();
    rig.understanding.readings = dialogue.readings;
    for (const std::string& problem : play(dialogue, rig, false)) ADD_FAILURE() << problem;
  }
}

INSTANTIATE_TEST_SUITE_P(Languages, Scripts, testing::Values("zh", "en"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace sotto::assistant_test

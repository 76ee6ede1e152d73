// assistant_completion: plays the dialogues of scripts/*.txt with a real model and counts those whose calls all come out as
// written, with errors of a recogniser at several rates, in one hypothesis and in lists of five. By hand:
// build/tests/assistant_completion PLUGINS MODEL DOMAIN HOME SCRIPT... [--show] [--alone] [--seed FIRST]
// Figures are of the seeds 1 to 3; what is chosen by trying is tried on other sentences (tuning/) and from seed 101 on.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>

#include "assistant/text.h"
#include "model_driver.h"

namespace sotto::assistant_test {
namespace {

constexpr double kRates[] = {0, 0.05, 0.10};
constexpr uint32_t kSeeds = 3;       // of each rate above 0
constexpr double kOtherRate = 0.10;  // of the further hypotheses where the first has no errors
constexpr int kTries = 30;           // for a hypothesis that the list does not have yet

// What a recogniser hands over. A list's hypotheses differ. `is_scored`: the score falls by 1 with each error, as if it were
// known; otherwise all have the same, as if nothing were. A recogniser's own lie between.
struct Heard {
  const char* name;
  uint32_t count;
  bool is_scored;
  bool is_never_right;  // what was said is not among them
};
constexpr Heard kHeard[] = {{"1 hypothesis", 1, false, false},
                            {"5, equal scores", 5, false, false},
                            {"5, scores by errors", 5, true, false},
                            {"1, never right", 1, false, true},
                            {"5, none right, equal scores", 5, false, true},
                            {"5, none right, scores by errors", 5, true, true}};

// Each character is changed, lost or doubled by another one of the scripts, with the same share of the rate.
std::string with_errors(const std::string& text, double rate, const std::u32string& letters, std::mt19937* random,
                        float* errors) {
  std::uniform_real_distribution<double> chance(0, 1);
  std::u32string out;
  const auto any = [&] { return letters[static_cast<size_t>((*random)() % letters.size())]; };
  for (const char32_t c : assistant::code_points(text)) {
    const double x = chance(*random);
    if (x < rate) *errors += 1;
    if (x < rate / 3) continue;
    out.push_back(x < 2 * rate / 3 ? any() : c);
    if (x >= 2 * rate / 3 && x < rate) out.push_back(any());
  }
  return assistant::utf8(out);
}

// The hypotheses of one sentence, and into `scores` what each is worth.
std::vector<std::string> hear(const std::string& said, const Heard& how, double rate, const std::u32string& letters,
                              std::mt19937* random, std::map<std::string, float>* scores) {
  std::vector<std::string> list;
  for (uint32_t i = 0; i < how.count; ++i)
    for (int attempt = 0; attempt < kTries; ++attempt) {
      const double usual = i > 0 && rate == 0 ? kOtherRate : rate;
      float errors = 0;  // of very short sentences all characters, where that is the only way
      const std::string text = with_errors(said, attempt < kTries / 2 ? usual : 1, letters, random, &errors);
      const bool is_new = std::find(list.begin(), list.end(), text) == list.end();
      if (!is_new || text.empty() || (how.is_never_right && text == said)) continue;
      list.push_back(text);
      if (how.is_scored) (*scores)[text] = -errors;
      break;
    }
  return list.empty() ? std::vector<std::string>{"?"} : list;
}

struct Count {
  uint32_t done = 0, dialogues = 0, right = 0, steps = 0;
  void add(const Count& other) { done += other.done, dialogues += other.dialogues, right += other.right, steps += other.steps; }
};

Count play_all(const std::vector<Dialogue>& dialogues, ModelDriver& driver, const Heard& how, double rate, uint32_t seed,
               bool show) {
  std::u32string letters;
  for (const Dialogue& d : dialogues)
    for (const Step& step : d.steps) letters += assistant::code_points(step.said);
  std::mt19937 random(seed);
  Count count;
  for (const Dialogue& dialogue : dialogues) {
    driver.reset();
    driver.shows = show;
    driver.scores.clear();
    std::vector<std::vector<std::string>> heard;
    for (const Step& step : dialogue.steps) heard.push_back(hear(step.said, how, rate, letters, &random, &driver.scores));
    const std::vector<std::string> problems = play(dialogue, driver, true, heard);
    ++count.dialogues;
    count.done += problems.empty() ? 1 : 0;
    count.steps += static_cast<uint32_t>(dialogue.steps.size());
    count.right += static_cast<uint32_t>(dialogue.steps.size() - std::min(problems.size(), dialogue.steps.size()));
    if (show)
      for (const std::string& problem : problems) std::printf("  %s\n", problem.c_str());
  }
  return count;
}

void report(const std::string& file, const std::vector<Dialogue>& dialogues, ModelDriver& driver, const Heard& how, double rate,
            uint32_t first, bool show) {
  driver.milliseconds = 0, driver.turns = 0, driver.tokens = 0;
  Count sum;
  for (uint32_t i = 0; i < (rate > 0 || how.count > 1 ? kSeeds : 1); ++i)
    sum.add(play_all(dialogues, driver, how, rate, first + i, show && how.count == 1));
  const auto turns = static_cast<double>(driver.turns);
  std::printf(
      "%s at %.0f %% character errors, %s: %u of %u dialogues done (%.3f), %u of %u turns right (%.3f); %.2f ms and "
      "%.1f tokens a turn\n",
      file.c_str(), 100 * rate, how.name, sum.done, sum.dialogues, sum.done / static_cast<double>(sum.dialogues), sum.right,
      sum.steps, sum.right / static_cast<double>(sum.steps), driver.milliseconds / turns,
      static_cast<double>(driver.tokens) / turns);
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  const auto flag = std::find(words.begin(), words.end(), "--show");
  const bool show = flag != words.end();
  if (show) words.erase(flag);
  size_t most_lists = std::size(kHeard);  // --alone: one hypothesis and no lists
  if (const auto alone = std::find(words.begin(), words.end(), "--alone"); alone != words.end())
    words.erase(alone), most_lists = 1;
  uint32_t first = 1;
  if (const auto seed = std::find(words.begin(), words.end(), "--seed"); seed != words.end() && seed + 1 != words.end()) {
    first = static_cast<uint32_t>(std::strtoul((seed + 1)->c_str(), nullptr, 10));
    words.erase(seed, seed + 2);
  }
  if (words.size() < 5) {
    std::fputs(
        "assistant_completion PLUGIN_FOLDER MODEL.gguf DOMAIN.json HOME.json SCRIPT... [--show] [--alone] [--seed FIRST]\n",
        stderr);
    return 2;
  }
  const std::string domain = read_text(words[2]), home = read_text(words[3]);
  for (size_t i = 4; i < words.size(); ++i) {
    const std::vector<Dialogue> dialogues = read_dialogues(words[i]);
    ModelDriver driver({words[0], words[1], domain, home, words[i].find("zh") != std::string::npos});
    driver.add_intents_and_own();
    for (const double rate : kRates)
      for (size_t k = 0; k < most_lists; ++k)
        if (rate > 0 || !kHeard[k].is_never_right) report(words[i], dialogues, driver, kHeard[k], rate, first, show);
  }
  return 0;
}

}  // namespace
}  // namespace sotto::assistant_test

int main(int argc, char** argv) {
  try {
    return sotto::assistant_test::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "assistant_completion: %s\n", e.what());
    return 1;
  }
}

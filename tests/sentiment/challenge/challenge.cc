// challenge.cc: how well a model reads the moods of hand-written sentences that are hard to read, through the C ABI.
//
//   challenge PLUGIN_FOLDER MODEL.gguf [--words] [--backend NAME] [--threads N] FILE.tsv...
//
// A line: category, label, emotion, degree, text, with tabs between; # begins a comment. Prints for each file accuracy and
// macro-F1 of labels and emotions (the likeliest one, whether or not it is sure enough to be given), the share that is given
// and how much of that is right, the pairs of degree in the right order, accuracy by category, tokens a text. --words: label
// words even where the model has heads. Figures are reported, not judged: exit status 1 only when something fails.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include "sotto/sentiment.h"
#include "sotto/sotto.hpp"

namespace {

using Names = std::vector<std::string>;
const Names kLabels = {"negative", "neutral", "positive"};
const Names kEmotions = {"neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"};

struct Case {
  std::string category, degree, text;
  size_t label = 0, emotion = 0;
};

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

size_t index_of(const Names& names, const std::string& name, const std::string& where) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Failed(where + ": \"" + name + "\" is no label");
  return static_cast<size_t>(found - names.begin());
}

std::vector<Case> read_cases(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw Failed(path + ": cannot be read");
  std::vector<Case> cases;
  size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    const std::string where = path + ":" + std::to_string(++number);
    if (line.empty() || line[0] == '#') continue;
    Names fields(1);
    for (const char c : line) c == '\t' ? fields.emplace_back().size() : fields.back().append(1, c).size();
    if (fields.size() != 5) throw Failed(where + ": five fields are wanted, there are " + std::to_string(fields.size()));
    cases.push_back(
        {fields[0], fields[3], fields[4], index_of(kLabels, fields[1], where), index_of(kEmotions, fields[2], where)});
  }
  if (cases.empty()) throw Failed(path + ": holds no case");
  return cases;
}

// What was expected and what was answered.
class Confusion {
 public:
  explicit Confusion(size_t classes) : wanted_(classes), given_(classes), right_(classes) {}
  void count(size_t wanted, size_t given) {
    ++wanted_[wanted];
    ++given_[given];
    if (wanted == given) ++right_[wanted];
    ++all_;
  }
  double accuracy() const {
    size_t right = 0;
    for (const size_t r : right_) right += r;
    return static_cast<double>(right) / static_cast<double>(all_);
  }
  // Over the classes that the cases have.
  double macro_f1() const {
    double sum = 0;
    size_t classes = 0;
    for (size_t i = 0; i < wanted_.size(); ++i) {
      if (wanted_[i] == 0) continue;
      ++classes;
      sum += 2.0 * static_cast<double>(right_[i]) / static_cast<double>(wanted_[i] + given_[i]);
    }
    return sum / static_cast<double>(classes);
  }

 private:
  std::vector<size_t> wanted_, given_, right_;
  size_t all_ = 0;
};

size_t likeliest(const float* first, size_t count) {
  return static_cast<size_t>(std::max_element(first, first + count) - first);
}

void report(const std::string& path, const std::vector<Case>& cases, const std::vector<sotto_sentiment_result>& results) {
  Confusion labels(kLabels.size()), emotions(kEmotions.size());
  std::map<std::string, std::pair<size_t, size_t>> categories;  // right, all
  size_t given = 0, given_right = 0, pairs = 0, ordered = 0;
  uint64_t tokens = 0, calibration = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const sotto_sentiment_result& r = results[i];
    const size_t label = likeliest(r.probabilities, kLabels.size());
    labels.count(cases[i].label, label);
    emotions.count(cases[i].emotion, likeliest(r.emotions, kEmotions.size()));
    auto& [right, all] = categories[cases[i].category];
    right += label == cases[i].label ? 1 : 0;
    ++all;
    given += r.label != SOTTO_NONE ? 1 : 0;
    given_right += r.label == cases[i].label ? 1 : 0;
    tokens += r.extra_tokens;
    calibration += r.calibration_tokens;
    if (i == 0 || cases[i].degree != "high" || cases[i - 1].degree != "low") continue;
    ++pairs;
    ordered += r.intensity > results[i - 1].intensity ? 1 : 0;
  }
  std::printf("%s: %zu cases\n", path.c_str(), cases.size());
  std::printf("  label      accuracy %.3f  macro-F1 %.3f  given %zu, of these right %zu\n", labels.accuracy(),
              labels.macro_f1(), given, given_right);
  std::printf("  emotion    accuracy %.3f  macro-F1 %.3f\n", emotions.accuracy(), emotions.macro_f1());
  std::printf("  intensity  %zu of %zu pairs in order\n", ordered, pairs);
  for (const auto& [name, counts] : categories)
    std::printf("  %-10s %zu of %zu labels right\n", name.c_str(), counts.first, counts.second);
  std::printf("  tokens     %.1f a text, calibration %llu\n", static_cast<double>(tokens) / static_cast<double>(cases.size()),
              static_cast<unsigned long long>(calibration));
}

struct Arguments {
  std::string plugins, model, backend;
  uint32_t flags = 0, threads = 0;
  Names files;
};

Arguments read_arguments(int argc, char** argv) {
  Arguments a;
  Names words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--words")
      a.flags |= SOTTO_SENTIMENT_NO_HEADS;
    else if (word == "--backend" && i + 1 < argc)
      a.backend = argv[++i];
    else if (word == "--threads" && i + 1 < argc)
      a.threads = static_cast<uint32_t>(std::stoul(argv[++i]));
    else
      words.push_back(word);
  }
  if (words.size() < 3)
    throw Failed("usage: challenge PLUGIN_FOLDER MODEL.gguf [--words] [--backend NAME] [--threads N] FILE.tsv...");
  a.plugins = words[0];
  a.model = words[1];
  a.files.assign(words.begin() + 2, words.end());
  return a;
}

void run(const Arguments& a) {
  const sotto::Runtime runtime(a.plugins);
  sotto_model_options options{};
  options.struct_size = sizeof options;
  options.threads = a.threads;
  options.backend = a.backend.empty() ? sotto_str{} : sotto::str(a.backend);
  const sotto::Model model(runtime, a.model, &options);
  const sotto_sentiment_skill skill = sotto_sentiment_find(runtime.get());
  if (skill.api == nullptr) throw Failed(a.plugins + ": holds no sentiment plugin");
  sotto_sentiment_options reading{};
  reading.struct_size = sizeof reading;
  reading.flags = a.flags;
  sotto_sentiment* reader = nullptr;
  sotto::call([&](sotto_error* err) { return skill.api->create(skill.self, model.get(), &reading, &reader, err); });
  const std::unique_ptr<sotto_sentiment, void (*)(sotto_sentiment*)> owner(reader, skill.api->destroy);
  for (const std::string& file : a.files) {
    const std::vector<Case> cases = read_cases(file);
    std::vector<sotto_str> texts;
    for (const Case& c : cases) texts.push_back(sotto::str(c.text));
    std::vector<sotto_sentiment_result> results(cases.size());
    sotto::call([&](sotto_error* err) {
      return skill.api->read(reader, texts.data(), texts.size(), nullptr, results.data(), sizeof results[0], err);
    });
    report(file, cases, results);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(read_arguments(argc, argv));
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "challenge: %s\n", e.what());
    return 1;
  }
}

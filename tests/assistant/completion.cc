// assistant_completion: plays the dialogues of scripts/*.txt with a real model and counts those whose calls all come out as
// written, with errors of a recogniser at several rates, in one hypothesis and in lists of five. By hand:
// build/tests/assistant_completion PLUGINS MODEL DOMAIN HOME SCRIPT... [--show]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>

#include "assistant/text.h"
#include "script.h"
#include "sotto/assistant.h"
#include "sotto/plugin.h"
#include "sotto/sotto.hpp"

namespace sotto::assistant_test {
namespace {

using Json = nlohmann::json;

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

class ModelDriver : public Driver {
 public:
  ModelDriver(const std::string& plugins, const std::string& model_file, const std::string& domain, const std::string& home,
              bool is_chinese) {
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    options.plugin_folder = sotto::str(plugins);
    options.clock = {&kClock, this};
    call([&](sotto_error* err) { return sotto_runtime_create(&options, &runtime_, err); });
    sotto_model_source source{};
    source.struct_size = sizeof source;
    source.path = sotto::str(model_file);
    sotto_model_options load{};
    load.struct_size = sizeof load;
    load.threads = 1;
    load.context_tokens = 512;
    call([&](sotto_error* err) { return sotto_model_open(runtime_, &source, &load, &model_, err); });
    skill_ = sotto_assistant_find(runtime_);
    if (skill_.api == nullptr) throw Error(SOTTO_NOT_FOUND, "no dialogue plugin with an assistant lies in the folder");
    sotto_assistant_options o{};
    o.struct_size = sizeof o;
    o.domain = sotto::str(domain);
    o.language = is_chinese ? SOTTO_ASSISTANT_ZH : SOTTO_ASSISTANT_EN;
    o.call_deadline_ms = 200;
    call([&](sotto_error* err) { return skill_.api->create(skill_.self, model_, &o, &assistant_, err); });
    call([&](sotto_error* err) { return skill_.api->set_home(assistant_, sotto::str(home), err); });
    const Json all = Json::parse(domain);
    for (const auto& [name, intent] : all["intents"].items())
      if (name.rfind("dialog.", 0) != 0 && name != "chat.talk" && name != "taxi.order") add(name, nullptr);
    for (const OwnFunction& own : own_functions()) add(own.name, &own);
  }
  ~ModelDriver() override {
    skill_.api->destroy(assistant_);
    sotto_model_destroy(model_);
    sotto_runtime_destroy(runtime_);
  }
  void reset() {
    call([&](sotto_error* err) { return skill_.api->reset(assistant_, err); });
    take_calls();
  }
  Answer say(const std::vector<std::string>& hypotheses) override {
    std::vector<sotto_hypothesis> list;
    for (const std::string& text : hypotheses) {
      sotto_hypothesis one{};
      one.struct_size = sizeof one;
      one.text = sotto::str(text);
      const auto score = scores.find(text);
      one.score = score == scores.end() ? 0 : score->second;
      list.push_back(one);
    }
    Answer answer;
    sotto_assistant_result result{};
    result.struct_size = sizeof result;
    const auto take = [](void* user, sotto_str piece) -> int32_t {
      return static_cast<std::string*>(user)->append(piece.data, piece.size), 0;
    };
    const auto start = std::chrono::steady_clock::now();
    call([&](sotto_error* err) {
      return skill_.api->turn(assistant_, list.data(), sizeof list[0], static_cast<uint32_t>(list.size()), take, &answer.text,
                              &result, err);
    });
    milliseconds += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    ++turns;
    tokens += result.tokens;
    if (shows) tell(hypotheses.front());
    answer.flags = result.flags;
    answer.source = result.source;
    return answer;
  }
  std::vector<Call> take_calls() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(calls_, {});
  }
  void set_clock(int64_t unix_ms) override { now_ms_ = unix_ms; }
  void set_fails(const std::map<std::string, std::string>& fails) override { fails_ = fails; }

  std::map<std::string, float> scores;  // of hypotheses; 0 for others
  bool shows = false;
  double milliseconds = 0;
  uint64_t turns = 0, tokens = 0;

 private:
  // What the model made of the turn.
  void tell(const std::string& text) {
    uint64_t size = 0;
    call([&](sotto_error* err) { return skill_.api->details(assistant_, nullptr, 0, &size, err); });
    std::string made(size, '\0');
    call([&](sotto_error* err) { return skill_.api->details(assistant_, made.data(), size, &size, err); });
    const Json details = Json::parse(made);
    std::printf("  %s:", text.c_str());
    for (const Json& part : details["parts"]) {
      std::printf(" out %.2f;", part["out_of_scope"].get<double>());
      for (const Json& guess : part["guesses"])
        if (guess["confidence"] > 0.05)
          std::printf(" %s %.2f", guess["intent"].get<std::string>().c_str(), guess["confidence"].get<double>());
      for (const Json& span : part["spans"])
        std::printf(" %s=%s", span["slot"].get<std::string>().c_str(), span["text"].get<std::string>().c_str());
    }
    std::printf("\n");
  }
  void add(const std::string& name, const OwnFunction* own) {
    std::vector<sotto_str> examples;
    sotto_function f{};
    f.struct_size = sizeof f;
    f.name = sotto::str(name);
    f.run = run;
    f.user = this;
    if (own != nullptr) {
      for (const std::string& example : own->examples) examples.push_back(sotto::str(example));
      f.schema = sotto_cstr(own->schema);
      f.replies = sotto_cstr(own->replies);
      f.flags = own->flags;
      f.examples = examples.data();
      f.example_count = static_cast<uint32_t>(examples.size());
    }
    call([&](sotto_error* err) { return skill_.api->add_function(assistant_, &f, err); });
  }
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error*) {
    auto* self = static_cast<ModelDriver*>(user);
    const std::string name(call->name.data, call->name.size), arguments(call->arguments.data, call->arguments.size);
    const std::lock_guard<std::mutex> lock(self->mutex_);
    self->calls_.push_back({name, arguments});
    const Json json = Json::parse(arguments);
    if (self->fails_.count(name + " " + (json.contains("device") ? json["device"].get<std::string>() : "-")) != 0)
      return SOTTO_IO_ERROR;
    if (const std::string result = result_of(name); !result.empty()) write(writer, sotto::str(result));
    return SOTTO_OK;
  }
  static int64_t unix_milliseconds(void* self) { return static_cast<ModelDriver*>(self)->now_ms_; }
  static uint64_t monotonic_nanoseconds(void*) {
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
  }
  static constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

  sotto_runtime* runtime_ = nullptr;
  sotto_model* model_ = nullptr;
  sotto_assistant_skill skill_{};
  sotto_assistant* assistant_ = nullptr;
  int64_t now_ms_ = 1795897800000;
  std::mutex mutex_;  // guards calls_
  std::vector<Call> calls_;
  std::map<std::string, std::string> fails_;
};

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
            bool show) {
  driver.milliseconds = 0, driver.turns = 0, driver.tokens = 0;
  Count sum;
  for (uint32_t seed = 1; seed <= (rate > 0 || how.count > 1 ? kSeeds : 1); ++seed)
    sum.add(play_all(dialogues, driver, how, rate, seed, show && rate == 0 && how.count == 1));
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
  if (words.size() < 5) {
    std::fputs("assistant_completion PLUGIN_FOLDER MODEL.gguf DOMAIN.json HOME.json SCRIPT... [--show]\n", stderr);
    return 2;
  }
  const std::string domain = read_text(words[2]), home = read_text(words[3]);
  for (size_t i = 4; i < words.size(); ++i) {
    const std::vector<Dialogue> dialogues = read_dialogues(words[i]);
    ModelDriver driver(words[0], words[1], domain, home, words[i].find("zh") != std::string::npos);
    for (const double rate : kRates)
      for (const Heard& how : kHeard)
        if (rate > 0 || !how.is_never_right) report(words[i], dialogues, driver, how, rate, show);
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

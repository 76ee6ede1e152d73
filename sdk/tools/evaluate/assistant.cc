// assistant.cc: what is understood and called (sotto/assistant.h), how answers sound, and how a user would fare in scripted
// talks.
#include "sotto/assistant.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "metrics.h"
#include "skills.h"
#include "sotto/sentiment.h"
#include "timer.h"

namespace sotto::tools {
namespace {

struct MadeCall {
  std::string name;
  Json arguments;
};

// An assistant whose functions only write down that they were called: every intent of the domain is one.
class Listener {
 public:
  explicit Listener(const Evaluation& e) : e_(e), skill_(sotto_assistant_find(e.runtime.get())) {
    if (skill_.api == nullptr) throw Error(SOTTO_NOT_FOUND, "no dialogue plugin was loaded");
    const std::string domain = e.domain.empty() ? text_of(e.model, SOTTO_ASSISTANT_MODEL_KEY) : e.domain;
    if (domain.empty()) throw Error(SOTTO_NOT_FOUND, "the model carries no domain: give one with --domain");
    sotto_assistant_options o{};
    o.struct_size = sizeof o;
    o.domain = str(domain);
    call([&](sotto_error* err) { return skill_.api->create(skill_.self, e.model.get(), &o, &assistant_, err); });
    try {
      const std::string home = e.data.home.is_null() ? std::string() : e.data.home.dump();
      if (!home.empty()) call([&](sotto_error* err) { return skill_.api->set_home(assistant_, str(home), err); });
      const Json intents = Json::parse(domain).value("intents", Json::object());
      for (const auto& [name, unused] : intents.items())
        if (name.rfind("dialog.", 0) != 0 && name != "chat.talk") add(name);
    } catch (...) {
      skill_.api->destroy(assistant_);
      throw;
    }
  }
  ~Listener() { skill_.api->destroy(assistant_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void reset() {
    call([&](sotto_error* err) { return skill_.api->reset(assistant_, err); });
    (void)take_calls();
  }
  sotto_assistant_result say(const std::string& words, std::string* answer) {
    sotto_hypothesis heard{};
    heard.struct_size = sizeof heard;
    heard.text = str(words);
    sotto_assistant_result result{};
    result.struct_size = sizeof result;
    const Interrupts::Scope scope(e_.console.interrupts, [this] { skill_.api->cancel(assistant_); });
    const Timer timer;
    call([&](sotto_error* err) { return skill_.api->turn(assistant_, &heard, sizeof heard, 1, append, answer, &result, err); });
    times.push_back(timer.milliseconds());
    tokens += result.tokens;
    return result;
  }
  std::vector<MadeCall> take_calls() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(calls_, {});
  }

  std::vector<double> times;
  uint64_t tokens = 0;

 private:
  static int32_t append(void* user, sotto_str piece) {
    static_cast<std::string*>(user)->append(piece.data, static_cast<size_t>(piece.size));
    return 0;
  }
  void add(const std::string& name) {
    sotto_function f{};
    f.struct_size = sizeof f;
    f.name = str(name);
    f.run = run;
    f.user = this;
    call([&](sotto_error* err) { return skill_.api->add_function(assistant_, &f, err); });
  }
  static sotto_status run(void* user, const sotto_function_call* made, sotto_on_text, void*, sotto_error*) {
    auto* self = static_cast<Listener*>(user);
    const std::string arguments(made->arguments.data, static_cast<size_t>(made->arguments.size));
    const std::lock_guard<std::mutex> lock(self->mutex_);
    self->calls_.push_back(
        {std::string(made->name.data, static_cast<size_t>(made->name.size)), Json::parse(arguments, nullptr, false)});
    return SOTTO_OK;
  }

  const Evaluation& e_;
  sotto_assistant_skill skill_;
  sotto_assistant* assistant_ = nullptr;
  std::mutex mutex_;  // guards what follows
  std::vector<MadeCall> calls_;
};

bool is_same(const Json& wanted, const Json& came) {
  if (wanted.is_number() && came.is_number()) return std::abs(wanted.get<double>() - came.get<double>()) < 1e-6;
  return wanted == came;
}

bool is_met(const WantedCall& wanted, const MadeCall& made) {
  if (wanted.name != made.name || !made.arguments.is_object()) return false;
  return std::all_of(wanted.arguments.items().begin(), wanted.arguments.items().end(), [&](const auto& item) {
    const auto at = made.arguments.find(item.key());
    return at != made.arguments.end() && is_same(item.value(), *at);
  });
}

bool are_met(const std::vector<WantedCall>& wanted, const std::vector<MadeCall>& made) {
  return wanted.size() == made.size() && std::equal(wanted.begin(), wanted.end(), made.begin(), is_met);
}

// P(positive) - P(negative) of a user's turn; nothing without the plugin.
class Valence {
 public:
  explicit Valence(const Evaluation& e) : skill_(sotto_sentiment_find(e.runtime.get())) {
    if (skill_.api != nullptr)
      call([&](sotto_error* err) { return skill_.api->create(skill_.self, e.model.get(), nullptr, &reader_, err); });
  }
  ~Valence() {
    if (reader_ != nullptr) skill_.api->destroy(reader_);
  }
  Valence(const Valence&) = delete;
  Valence& operator=(const Valence&) = delete;
  std::optional<double> of(const std::string& words) {
    if (reader_ == nullptr) return std::nullopt;
    const sotto_str text = str(words);
    sotto_sentiment_result r{};
    r.struct_size = sizeof r;
    call([&](sotto_error* err) { return skill_.api->read(reader_, &text, 1, nullptr, &r, sizeof r, err); });
    return double{r.probabilities[SOTTO_SENTIMENT_POSITIVE]} - double{r.probabilities[SOTTO_SENTIMENT_NEGATIVE]};
  }

 private:
  sotto_sentiment_skill skill_;
  sotto_sentiment* reader_ = nullptr;
};

// What was counted of the dialogues in one language.
struct Tally {
  size_t dialogues = 0, done = 0, scored = 0;  // done of those whose calls are given
  size_t turns = 0, turns_done = 0, turns_scored = 0, unclear = 0, failures = 0, rephrases = 0;
  std::vector<double> slopes;
  std::vector<std::string> answers;
};

struct MoodCurve {
  std::vector<double> sums;
  std::vector<size_t> counts;
  void add(const std::vector<double>& valences) {
    if (valences.size() > sums.size()) sums.resize(valences.size()), counts.resize(valences.size());
    for (size_t i = 0; i < valences.size(); ++i) sums[i] += valences[i], ++counts[i];
  }
  Json json() const {
    Json out = Json::array();
    for (size_t i = 0; i < sums.size(); ++i) out.push_back(sums[i] / static_cast<double>(counts[i]));
    return out;
  }
};

void play(const DialogueCase& dialogue, Listener& listener, Valence& valence, MoodCurve* curve, Tally* tally) {
  listener.reset();
  bool is_scored = false, is_done = true;
  std::vector<double> valences;
  for (const TurnCase& turn : dialogue.turns) {
    std::string answer;
    const sotto_assistant_result result = listener.say(turn.user, &answer);
    const std::vector<MadeCall> calls = listener.take_calls();
    ++tally->turns;
    tally->unclear += (result.flags & (SOTTO_ASSISTANT_UNCLEAR | SOTTO_ASSISTANT_NO_SCOPE)) != 0 ? 1 : 0;
    tally->failures += (result.flags & SOTTO_ASSISTANT_FAILURE) != 0 ? 1 : 0;
    tally->rephrases += turn.is_rephrase ? 1 : 0;
    tally->answers.push_back(std::move(answer));
    if (const std::optional<double> v = valence.of(turn.user)) valences.push_back(*v);
    if (!turn.calls) continue;
    const bool is_met_now = are_met(*turn.calls, calls);
    is_scored = true;
    is_done = is_done && is_met_now;
    ++tally->turns_scored;
    tally->turns_done += is_met_now ? 1 : 0;
  }
  ++tally->dialogues;
  tally->scored += is_scored ? 1 : 0;
  tally->done += is_scored && is_done ? 1 : 0;
  if (valences.size() >= 2) tally->slopes.push_back(slope(valences));
  curve->add(valences);
}

Json json_of(const Tally& t) {
  double mean = 0;
  for (const double s : t.slopes) mean += s / static_cast<double>(t.slopes.size());
  return {{"dialogues", t.dialogues},
          {"task_completion", rate(t.done, t.scored)},
          {"turn_completion", rate(t.turns_done, t.turns_scored)},
          {"satisfaction",
           {{"mood_slope", mean},
            {"unclear", rate(t.unclear, t.turns)},
            {"failures", rate(t.failures, t.turns)},
            {"rephrases", rate(t.rephrases, t.turns)}}},
          {"naturalness", naturalness(t.answers)}};
}

}  // namespace

Json evaluate_intents(const Evaluation& e) {
  if (e.data.intents.empty()) return {{"skipped", "no case of the task \"intent\""}};
  Listener listener(e);
  std::vector<std::pair<std::string, std::string>> pairs[2];
  for (const IntentCase& one : e.data.intents) {
    listener.reset();
    std::string answer;
    const sotto_assistant_result result = listener.say(one.text, &answer);
    pairs[language_of(one.text) == std::string("zh") ? 0 : 1].emplace_back(one.intent, result.intent);
  }
  Json out;
  for (size_t i = 0; i < 2; ++i)
    if (!pairs[i].empty()) out[i == 0 ? "zh" : "en"] = classification(pairs[i]);
  out["tokens_a_turn"] = static_cast<double>(listener.tokens) / static_cast<double>(e.data.intents.size());
  out["milliseconds"] = distribution(listener.times);
  return out;
}

Json evaluate_dialogues(const Evaluation& e) {
  if (e.data.dialogues.empty()) return {{"skipped", "no case of the task \"dialogue\""}};
  Listener listener(e);
  Valence valence(e);
  MoodCurve curve;
  Tally tallies[2];
  for (const DialogueCase& dialogue : e.data.dialogues) {
    e.clock.now_ms = dialogue.clock_ms;
    play(dialogue, listener, valence, &curve, &tallies[language_of(dialogue.turns[0].user) == std::string("zh") ? 0 : 1]);
  }
  Json out;
  for (size_t i = 0; i < 2; ++i)
    if (tallies[i].dialogues > 0) out[i == 0 ? "zh" : "en"] = json_of(tallies[i]);
  out["mood_by_turn"] = curve.json();
  out["milliseconds"] = distribution(listener.times);
  return out;
}

}  // namespace sotto::tools

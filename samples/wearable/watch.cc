#include "watch.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "awake.h"
#include "brief.h"

namespace {

constexpr size_t kMostWords = 19;  // of an answer: under 20
constexpr int64_t kMinute = 60000;

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string bytes_of(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::strtol(text.substr(i, 2).c_str(), nullptr, 16));
  return bytes;
}

double megabytes_at_most() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KiB
}

// Whole or as it was: a battery ends at any moment.
void write_whole(const std::string& path, const std::string& text) {
  const std::string part = path + ".part";
  std::ofstream(part, std::ios::binary | std::ios::trunc) << text;
  std::error_code failure;
  std::filesystem::rename(part, path, failure);
  if (failure)
    throw sotto::Error(SOTTO_IO_ERROR, ("the state cannot be written to " + path + ": " + failure.message()).c_str());
}

}  // namespace

Watch::Watch(const SampleOptions& options) : options_(options) {
  if (!options.state.empty() && std::filesystem::exists(options.state)) kept_ = file_text(options.state);
  wake();
  remark(awake_->engine.description() + "; /pulse N, /steps N, /slept HOURS, /wait MINUTES, /state, /offer, /sleep, /exit");
}

Watch::~Watch() {
  char text[96];
  std::snprintf(text, sizeof text, "[peak resident memory: %.1f MB of 64]", megabytes_at_most());
  remark(text);
}

void Watch::stop() {
  if (awake_) awake_->assistant.cancel();
}

void Watch::wake() {
  if (awake_) return;
  const auto begin = std::chrono::steady_clock::now();
  awake_ = std::make_unique<Awake>(options_, ahead_ms_);
  add_functions();
  if (kept_.empty()) return;
  try {
    const Json kept = Json::parse(kept_);
    body_ = Body::read(kept.at("body"));
    clockwork_.restore(kept.at("clockwork"));
    is_chinese_ = kept.at("is_chinese");
    awake_->assistant.restore(bytes_of(kept.at("talk").get<std::string>()));
  } catch (const Json::exception&) {
    throw sotto::Error(SOTTO_BAD_FILE,
                       ("the state file " + options_.state + " is damaged: remove it, or name another").c_str());
  }
  const auto spent = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  remark("[awake after " + std::to_string(static_cast<int>(spent)) + " ms with " + std::to_string(kept_.size()) +
         " bytes of state]");
}

void Watch::sleep() {
  if (!awake_) return;
  kept_ = Json{{"body", body_.json()},
               {"clockwork", clockwork_.state()},
               {"is_chinese", is_chinese_},
               {"talk", hex(awake_->assistant.save())}}
              .dump();
  if (!options_.state.empty()) write_whole(options_.state, kept_);
  ahead_ms_ = awake_->engine.clock.ahead_ms;
  awake_.reset();
  body_ = {};
  clockwork_ = sotto::tools::Clockwork(0);
}

void Watch::say(const std::string& text) const {
  const std::string short_text = brief(text, kMostWords);
  (void)show(nullptr, sotto::str(short_text));
  std::fputs("\n", stdout);
}

BodyState Watch::state() const {
  const sotto_mood mood = awake_->mood.now();
  std::optional<Words> words;
  if (mood.label != SOTTO_NONE) words = Words{mood.valence, mood.emotion == SOTTO_EMOTION_FATIGUE};
  return body_.state(awake_->engine.clock.now_ms(), words);
}

std::string Watch::state_text(bool is_chinese) const {
  const BodyState now = state();
  std::string text = now.text.in(is_chinese);
  for (size_t i = 0; i < now.reasons.size() && i < 2; ++i)
    text += (i == 0 ? (is_chinese ? "：" : ": ") : (is_chinese ? "，" : ", ")) + now.reasons[i].in(is_chinese);
  return text + (is_chinese ? "。" : ".");
}

// Sensors and time between what is said. A watch that sleeps is woken by its timers.
void Watch::advance(int64_t minutes) {
  wake();
  awake_->engine.clock.ahead_ms += minutes * kMinute;
  tell_due();
}

void Watch::tell_due() {
  const int64_t now = awake_->engine.clock.now_ms();
  for (const Json& due : clockwork_.take_due(now)) {
    std::fputs("* ", stdout);
    say(due[is_chinese_ ? "zh" : "en"]);
  }
  if (!body_.wants_move(now)) return;
  std::fputs("* ", stdout);
  say(is_chinese_ ? "坐了一个小时了，起来走走？" : "An hour without steps: a short walk?");
}

bool Watch::command(const std::string& line) {
  const std::string name = line.substr(0, line.find(' ')), rest = line.substr(std::min(name.size() + 1, line.size()));
  const double value = std::atof(rest.c_str());
  bool is_possible = true;
  if (name == "/pulse" || name == "/steps" || name == "/slept") {
    wake();
    const int64_t now = awake_->engine.clock.now_ms();
    is_possible = name == "/pulse"   ? body_.pulse(now, static_cast<int>(value))
                  : name == "/steps" ? body_.steps(now, static_cast<int>(value))
                                     : body_.slept(now, value);
  } else if (name == "/wait") {
    advance(static_cast<int64_t>(value));
  } else if (name == "/sleep") {
    sleep();
    std::printf("[asleep with %zu bytes of state]\n", kept_.size());
  } else if (name == "/state") {
    wake();
    say(state_text(is_chinese_));
  } else if (name == "/offer") {
    wake();
    offer();
  } else {
    return false;
  }
  if (!is_possible) remark("[that cannot be: " + line + "]");
  return true;
}

void Watch::offer() {
  Moment moment;
  const BodyState now = state();
  moment.tags = now.name;
  const sotto_mood mood = awake_->mood.now();
  if (mood.label != SOTTO_NONE) moment.mood = mood.valence;
  uint32_t quiet = 0;
  const std::string text = awake_->talk.suggest(moment, is_chinese_, &quiet);
  if (text.empty()) return remark(std::string("[nothing is offered: ") + quiet_words(quiet) + "]");
  say(text);
}

void Watch::answer(const std::string& words) {
  wake();
  const DeviceAssistant::Answer said = awake_->assistant.say(words);
  is_chinese_ = said.is_chinese();
  (void)awake_->mood.hear(words, awake_->assistant.hidden());
  if (said.result.failed_calls > 0) awake_->mood.note(SOTTO_MOOD_FAILED_CALL);
  say(said.text);
  remark(remark_on(said.result));
}

bool Watch::hear(const std::string& line) {
  if (line == "/exit") return false;
  try {
    if (!command(line) && line.find_first_not_of(" \t") != std::string::npos) answer(line);
  } catch (const sotto::Error& e) {
    if (!awake_) throw;  // it cannot wake
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  std::fflush(stdout);
  return true;
}

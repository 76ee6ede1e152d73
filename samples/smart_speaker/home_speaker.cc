#include "home_speaker.h"

#include <cstdio>
#include <cstdlib>

#include "phrases.h"

namespace {

constexpr int32_t kUtcOffsetMinutes = 0;  // a device sets its own

sotto::tools::DemoHome::Options home_options(const SpeakerOptions& options, Engine& engine) {
  sotto::tools::DemoHome::Options home;
  home.music_folder = options.music;
  home.weather_file = options.weather;
  home.state_file = options.state;
  home.utc_offset_minutes = kUtcOffsetMinutes;
  home.now_ms = [&engine] { return engine.clock.now_ms(); };
  return home;
}

// What a recogniser is to expect; only asked for where one listens.
std::vector<std::string> phrases_at_home(Engine& engine, const sotto::tools::DemoHome& home) {
  std::string domain = engine.domain;
  if (domain.empty()) {
    const std::vector<char> own = sotto::fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return sotto_model_text(engine.model.get(), sotto_cstr(SOTTO_ASSISTANT_MODEL_KEY), into, capacity, size, err);
    });
    domain.assign(own.begin(), own.end());
  }
  return phrases_of(nlohmann::json::parse(domain), nlohmann::json::parse(home.description()), home.functions(), home.titles());
}

}  // namespace

HomeSpeaker::HomeSpeaker(const SpeakerOptions& options, Engine& engine)
    : engine_(engine), skill_(sotto_assistant_find(engine.runtime.get())), home_(home_options(options, engine)) {
  if (skill_.api == nullptr)
    throw sotto::Error(SOTTO_NOT_FOUND, "no dialogue plugin was loaded: `sotto doctor` says why; --plugins names its folder");
  sotto_assistant_options o{};
  o.struct_size = sizeof o;
  o.area = sotto_cstr("living");
  o.utc_offset_minutes = kUtcOffsetMinutes;
  if (!engine.domain.empty()) o.domain = sotto::str(engine.domain);
  sotto::call([&](sotto_error* err) { return skill_.api->create(skill_.self, engine.model.get(), &o, &assistant_, err); });
  try {
    home_.join(*skill_.api, assistant_);
    guard_.emplace(engine);
    if (!guard_->is_there()) remark("[no care plugin was loaded: what must not pass unheeded is not looked for]");
    sound_.emplace(options, engine, options.listen.empty() ? std::vector<std::string>{} : phrases_at_home(engine, home_));
  } catch (...) {
    skill_.api->destroy(assistant_);
    throw;
  }
}

HomeSpeaker::~HomeSpeaker() { skill_.api->destroy(assistant_); }

bool HomeSpeaker::hear(const std::string& line) {
  if (line == "/exit") return false;
  try {
    const bool is_command = command(line);
    ring();
    if (!is_command && line.find_first_not_of(" \t") != std::string::npos) answer({{line, 0}});
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  std::fflush(stdout);
  return true;
}

bool HomeSpeaker::hear_readings(const std::vector<Reading>& readings) {
  try {
    ring();
    answer(readings);
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  std::fflush(stdout);
  return true;
}

void HomeSpeaker::ring() {
  for (const std::string& due : home_.rings(is_chinese_)) {
    std::printf("* %s\n", due.c_str());
    sound_->say(due);
  }
}

bool HomeSpeaker::command(const std::string& line) {
  constexpr const char* kWait = "/wait ";
  if (line.rfind(kWait, 0) == 0) {
    engine_.clock.ahead_ms += int64_t{60000} * std::atoi(line.c_str() + 6);
  } else if (line == "/home") {
    std::printf("[%s]\n", home_.summary().c_str());
  } else if (line == "/reset") {
    sotto::call([&](sotto_error* err) { return skill_.api->reset(assistant_, err); });
    remark("[forgotten]");
  } else if (line == "/undo") {
    std::string said;
    sotto::call([&](sotto_error* err) { return skill_.api->undo(assistant_, show_and_keep, &said, nullptr, err); });
    std::fputs("\n", stdout);
    sound_->say(said);
  } else {
    return false;
  }
  return true;
}

void HomeSpeaker::answer(const std::vector<Reading>& readings) {
  if (const std::string fixed = guard_->answer(readings.front().text, &is_chinese_); !fixed.empty()) {
    std::printf("%s\n", fixed.c_str());
    std::fflush(stdout);
    remark("[a fixed text]");
    return sound_->say(fixed);
  }
  home_.hear(readings.front().text);
  std::vector<sotto_hypothesis> heard;
  for (const Reading& reading : readings) heard.push_back({sizeof(sotto_hypothesis), reading.score, sotto::str(reading.text)});
  sotto_assistant_result result{};
  result.struct_size = sizeof result;
  std::string said;
  sotto::call([&](sotto_error* err) {
    return skill_.api->turn(assistant_, heard.data(), sizeof heard[0], static_cast<uint32_t>(heard.size()), show_and_keep,
                            &said, &result, err);
  });
  std::fputs("\n", stdout);
  std::fflush(stdout);
  is_chinese_ = result.language == SOTTO_ASSISTANT_ZH;
  if (result.hypothesis > 0 && result.hypothesis < readings.size())
    remark("[taken for: " + readings[result.hypothesis].text + "]");
  constexpr const char* kSources[] = {"", "template", "retrieved", "generated"};
  remark("[" + std::string(result.intent) + " " + std::to_string(static_cast<int>(100 * result.confidence + 0.5f)) + "%, " +
         kSources[result.source & 3] + ", " + std::to_string(result.calls) + " calls, " + std::to_string(result.tokens) +
         " tokens]");
  sound_->say(said);
}

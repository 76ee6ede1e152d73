#include "home_speaker.h"

#include <cstdio>
#include <cstdlib>

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
    for (const std::string& ring : home_.rings(is_chinese_)) std::printf("* %s\n", ring.c_str());
    if (!is_command && line.find_first_not_of(" \t") != std::string::npos) answer(line);
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  std::fflush(stdout);
  return true;
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
    sotto::call([&](sotto_error* err) { return skill_.api->undo(assistant_, show, nullptr, nullptr, err); });
    std::fputs("\n", stdout);
  } else {
    return false;
  }
  return true;
}

void HomeSpeaker::answer(const std::string& line) {
  sotto_hypothesis heard{};
  heard.struct_size = sizeof heard;
  heard.text = sotto::str(line);
  sotto_assistant_result result{};
  result.struct_size = sizeof result;
  sotto::call(
      [&](sotto_error* err) { return skill_.api->turn(assistant_, &heard, sizeof heard, 1, show, nullptr, &result, err); });
  std::fputs("\n", stdout);
  std::fflush(stdout);
  is_chinese_ = result.language == SOTTO_ASSISTANT_ZH;
  constexpr const char* kSources[] = {"", "template", "retrieved", "generated"};
  remark("[" + std::string(result.intent) + " " + std::to_string(static_cast<int>(100 * result.confidence + 0.5f)) + "%, " +
         kSources[result.source & 3] + ", " + std::to_string(result.calls) + " calls, " + std::to_string(result.tokens) +
         " tokens]");
}

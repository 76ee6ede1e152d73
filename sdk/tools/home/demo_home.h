// demo_home.h: a small home that exists only here: lights, curtains, a lock, air conditioners, music, timers, a weather file.
// `sotto run` and the smart speaker talk to it through the assistant's functions; a device of yours has its own in this place.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "clockwork.h"
#include "player.h"
#include "sotto/assistant.h"

namespace sotto::tools {

class DemoHome {
 public:
  struct Options {
    std::string music_folder;  // *.mp3, *.ogg, *.flac, *.wav; empty: a few titles that are not played
    std::string
        weather_file;  // rows of place in Chinese, in English, days ahead, text in Chinese, in English; empty: a made-up week
    std::string state_file;  // timers, alarms and lists are kept in it; empty: they end with the program
    int32_t utc_offset_minutes = 0;
    std::function<int64_t()> now_ms;  // the clock
  };
  explicit DemoHome(Options options);
  DemoHome(const DemoHome&) = delete;
  DemoHome& operator=(const DemoHome&) = delete;

  // Gives the assistant the rooms, the devices and a function for each thing that can be done with them; throws sotto::Error.
  void join(const sotto_assistant_api& api, sotto_assistant* assistant);
  // The user's words, before the assistant has its turn with them. Not needed; the player looks for titles in them.
  void hear(const std::string& words);
  // What rang since the last call: "The timer is up (10 minutes)."
  std::vector<std::string> rings(bool is_chinese);
  // What may be said to it: the JSON that join gives, the names of its functions, what it can play.
  static const char* description();
  static std::vector<std::string> functions();
  const std::vector<std::string>& titles() const { return player_.titles(); }
  // The devices that are on, playing or open, a line.
  std::string summary();

 private:
  using Json = nlohmann::json;
  using Handler = Json (*)(DemoHome& home, const std::string& function, const Json& arguments);
  struct Function {
    const char* name;
    Handler handler;
  };
  struct Binding {
    DemoHome* home;
    const Function* function;
  };
  static const Function kFunctions[];
  static sotto_status run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error* err);

  static Json switch_device(DemoHome&, const std::string&, const Json&);
  static Json state_of(DemoHome&, const std::string&, const Json&);
  static Json set_light(DemoHome&, const std::string&, const Json&);
  static Json step_light(DemoHome&, const std::string&, const Json&);
  static Json move_cover(DemoHome&, const std::string&, const Json&);
  static Json turn_lock(DemoHome&, const std::string&, const Json&);
  static Json set_temperature(DemoHome&, const std::string&, const Json&);
  static Json step_temperature(DemoHome&, const std::string&, const Json&);
  static Json room_temperature(DemoHome&, const std::string&, const Json&);
  static Json drive_vacuum(DemoHome&, const std::string&, const Json&);
  static Json set_fan(DemoHome&, const std::string&, const Json&);
  static Json set_scene(DemoHome&, const std::string&, const Json&);
  static Json play(DemoHome&, const std::string&, const Json&);
  static Json set_volume(DemoHome&, const std::string&, const Json&);
  static Json time_keeping(DemoHome&, const std::string&, const Json&);
  static Json tell_time(DemoHome&, const std::string&, const Json&);
  static Json weather(DemoHome&, const std::string&, const Json&);
  static Json keep_list(DemoHome&, const std::string&, const Json&);

  void load_state();
  void save_state() const;

  Options options_;
  std::mutex mutex_;                     // guards what follows: functions run on a thread of the assistant
  std::map<std::string, Json> devices_;  // by id: {"on", "percent", "temperature", ...}
  Clockwork clockwork_;
  Player player_;
  std::map<std::string, std::vector<std::string>> lists_;
  std::vector<Binding> bindings_;
};

}  // namespace sotto::tools

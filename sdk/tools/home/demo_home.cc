#include "demo_home.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "sotto/sotto.hpp"

namespace sotto::tools {
namespace {

using Json = nlohmann::json;

constexpr const char* kHome = R"({
"areas": [{"id": "living", "zh": ["客厅"], "en": ["living room"]}, {"id": "bedroom", "zh": ["卧室"], "en": ["bedroom"]},
          {"id": "kitchen", "zh": ["厨房"], "en": ["kitchen"]}, {"id": "study", "zh": ["书房"], "en": ["study"]}],
"devices": [
 {"id": "light.living", "kind": "light", "area": "living", "zh": ["客厅灯"], "en": ["living room light"]},
 {"id": "light.bedroom", "kind": "light", "area": "bedroom", "zh": ["卧室灯"], "en": ["bedroom light"]},
 {"id": "light.kitchen", "kind": "light", "area": "kitchen", "zh": ["厨房灯"], "en": ["kitchen light"]},
 {"id": "light.study", "kind": "light", "area": "study", "zh": ["台灯"], "en": ["desk lamp"]},
 {"id": "cover.living", "kind": "cover", "area": "living", "zh": ["窗帘"], "en": ["curtains"]},
 {"id": "ac.bedroom", "kind": "climate", "area": "bedroom", "zh": ["空调"], "en": ["air conditioner"]},
 {"id": "fan.bedroom", "kind": "fan", "area": "bedroom", "zh": ["风扇"], "en": ["fan"]},
 {"id": "lock.front", "kind": "lock", "zh": ["大门"], "en": ["front door"]},
 {"id": "vacuum", "kind": "vacuum", "zh": ["扫地机"], "en": ["robot vacuum"]},
 {"id": "tv", "kind": "tv", "area": "living", "zh": ["电视"], "en": ["TV"]}]})";

constexpr struct {
  int days;
  const char *zh, *en;
} kMadeUpWeek[] = {{0, "晴，8到15度", "sunny, 8 to 15 degrees"},
                   {1, "多云，7到13度", "cloudy, 7 to 13 degrees"},
                   {2, "有小雨，最高10度", "light rain with a high of 10"}};

Json failed(const char* zh, const char* en) { return {{"error", {{"zh", zh}, {"en", en}}}}; }
sotto_str view(const std::string& text) { return {text.data(), text.size()}; }
std::string device_of(const Json& arguments) { return arguments.value("device", std::string()); }
int clamped(double percent) { return static_cast<int>(std::clamp(percent, 0.0, 100.0)); }

double step_of(const Json& arguments, double otherwise) {
  const Json amount = arguments.value("amount", Json::object());
  const std::string unit = amount.is_object() ? amount.value("unit", "") : "";
  if (unit == "lot") return 2.5 * otherwise;
  return unit == "percent" || unit == "degree" || unit == "number" ? amount.value("number", otherwise) : otherwise;
}

}  // namespace

const DemoHome::Function DemoHome::kFunctions[] = {{"device.turn_on", switch_device},
                                                   {"device.turn_off", switch_device},
                                                   {"device.get_state", state_of},
                                                   {"light.set", set_light},
                                                   {"light.brighten", step_light},
                                                   {"light.dim", step_light},
                                                   {"cover.open", move_cover},
                                                   {"cover.close", move_cover},
                                                   {"cover.set_position", move_cover},
                                                   {"lock.lock", turn_lock},
                                                   {"lock.unlock", turn_lock},
                                                   {"climate.set_temperature", set_temperature},
                                                   {"climate.warmer", step_temperature},
                                                   {"climate.cooler", step_temperature},
                                                   {"climate.get_temperature", room_temperature},
                                                   {"fan.set_speed", set_fan},
                                                   {"vacuum.start", drive_vacuum},
                                                   {"vacuum.return", drive_vacuum},
                                                   {"scene.activate", set_scene},
                                                   {"media.play", play},
                                                   {"media.pause", play},
                                                   {"media.resume", play},
                                                   {"media.next", play},
                                                   {"media.previous", play},
                                                   {"media.stop", play},
                                                   {"media.query", play},
                                                   {"volume.set", set_volume},
                                                   {"volume.up", set_volume},
                                                   {"volume.down", set_volume},
                                                   {"volume.mute", set_volume},
                                                   {"volume.unmute", set_volume},
                                                   {"timer.start", time_keeping},
                                                   {"timer.cancel", time_keeping},
                                                   {"timer.cancel_all", time_keeping},
                                                   {"timer.increase", time_keeping},
                                                   {"timer.decrease", time_keeping},
                                                   {"timer.pause", time_keeping},
                                                   {"timer.resume", time_keeping},
                                                   {"timer.status", time_keeping},
                                                   {"alarm.set", time_keeping},
                                                   {"alarm.cancel", time_keeping},
                                                   {"alarm.query", time_keeping},
                                                   {"reminder.set", time_keeping},
                                                   {"reminder.cancel", time_keeping},
                                                   {"reminder.query", time_keeping},
                                                   {"clock.time", tell_time},
                                                   {"clock.date", tell_time},
                                                   {"weather.query", weather},
                                                   {"list.add", keep_list},
                                                   {"list.remove", keep_list},
                                                   {"list.query", keep_list}};

DemoHome::DemoHome(Options options)
    : options_(std::move(options)), clockwork_(options_.utc_offset_minutes), player_(options_.music_folder) {
  const Json home = Json::parse(kHome);
  for (const Json& device : home["devices"]) devices_[device["id"]] = {{"on", false}, {"percent", 100}, {"temperature", 24}};
  devices_["lock.front"]["on"] = true;
  load_state();
}

void DemoHome::join(const sotto_assistant_api& api, sotto_assistant* assistant) {
  const std::string home = kHome;
  sotto::call([&](sotto_error* err) { return api.set_home(assistant, view(home), err); });
  bindings_.clear();
  for (const Function& function : kFunctions) bindings_.push_back({this, &function});
  for (Binding& binding : bindings_) {
    sotto_function f{};
    f.struct_size = sizeof f;
    f.name = sotto_cstr(binding.function->name);
    f.run = run;
    f.user = &binding;
    sotto::call([&](sotto_error* err) { return api.add_function(assistant, &f, err); });
  }
}

void DemoHome::hear(const std::string& words) {
  const std::lock_guard<std::mutex> lock(mutex_);
  player_.hear(words);
}

const char* DemoHome::description() { return kHome; }

std::vector<std::string> DemoHome::functions() {
  std::vector<std::string> names;
  for (const Function& function : kFunctions) names.emplace_back(function.name);
  return names;
}

sotto_status DemoHome::run(void* user, const sotto_function_call* call, sotto_on_text write, void* writer, sotto_error*) {
  auto* binding = static_cast<Binding*>(user);
  DemoHome& home = *binding->home;
  const Json arguments = Json::parse(std::string(call->arguments.data, call->arguments.size), nullptr, false);
  std::string result;
  {
    const std::lock_guard<std::mutex> lock(home.mutex_);
    result =
        binding->function->handler(home, binding->function->name, arguments.is_object() ? arguments : Json::object()).dump();
    home.save_state();
  }
  write(writer, view(result));
  return SOTTO_OK;
}

Json DemoHome::switch_device(DemoHome& home, const std::string& function, const Json& arguments) {
  const auto at = home.devices_.find(device_of(arguments));
  if (at == home.devices_.end()) return failed("没有这个设备", "there is no such device");
  at->second["on"] = function == "device.turn_on";
  return Json::object();
}

Json DemoHome::state_of(DemoHome& home, const std::string&, const Json& arguments) {
  const bool is_on = home.devices_[device_of(arguments)].value("on", false);
  return {{"result", {{"zh", is_on ? "开着" : "关着"}, {"en", is_on ? "on" : "off"}}}};
}

Json DemoHome::set_light(DemoHome& home, const std::string&, const Json& arguments) {
  Json& light = home.devices_[device_of(arguments)];
  Json undo = {{"device", device_of(arguments)}, {"percent", light.value("on", false) ? light.value("percent", 100) : 0}};
  if (light.contains("color")) undo["color"] = light["color"];
  if (arguments.contains("percent")) light["percent"] = clamped(arguments.value("percent", 100.0));
  for (const char* name : {"color", "temperature"})
    if (arguments.contains(name)) light[name] = arguments[name];
  light["on"] = light.value("percent", 100) > 0;
  return {{"undo", undo}};
}

Json DemoHome::step_light(DemoHome& home, const std::string& function, const Json& arguments) {
  Json& light = home.devices_[device_of(arguments)];
  const int before = light.value("on", false) ? light.value("percent", 100) : 0;
  const double step = step_of(arguments, 20);
  const int after = clamped(before + (function == "light.brighten" ? step : -step));
  if (after == before)
    return failed(before == 0 ? "灯是关着的" : "已经最亮了", before == 0 ? "the light is off" : "it is as bright as it goes");
  light["percent"] = after;
  light["on"] = after > 0;
  return Json::object();
}

Json DemoHome::move_cover(DemoHome& home, const std::string& function, const Json& arguments) {
  Json& cover = home.devices_[device_of(arguments)];
  cover["percent"] = function == "cover.open" ? 100 : function == "cover.close" ? 0 : clamped(arguments.value("percent", 0.0));
  cover["on"] = cover["percent"] > 0;
  return Json::object();
}

Json DemoHome::turn_lock(DemoHome& home, const std::string& function, const Json& arguments) {
  home.devices_[device_of(arguments)]["on"] = function == "lock.lock";
  return Json::object();
}

Json DemoHome::set_temperature(DemoHome& home, const std::string&, const Json& arguments) {
  const double wanted = arguments.value("temperature", 24.0);
  if (wanted < 16 || wanted > 30) return failed("只能设16到30度", "it can be set from 16 to 30 degrees");
  Json& device = home.devices_[device_of(arguments)];
  const Json undo = {{"device", device_of(arguments)}, {"temperature", device.value("temperature", 24.0)}};
  device["temperature"] = wanted;
  device["on"] = true;
  return {{"undo", undo}};
}

Json DemoHome::step_temperature(DemoHome& home, const std::string& function, const Json& arguments) {
  Json& device = home.devices_[device_of(arguments)];
  const double before = device.value("temperature", 24.0), step = step_of(arguments, 1);
  const double after = std::clamp(before + (function == "climate.warmer" ? step : -step), 16.0, 30.0);
  if (after == before) return failed("已经到头了", "that is as far as it goes");
  device["temperature"] = after;
  device["on"] = true;
  return Json::object();
}

Json DemoHome::room_temperature(DemoHome&, const std::string&, const Json&) {
  return {{"result", {{"zh", "22度"}, {"en", "22 degrees"}}}};
}

Json DemoHome::drive_vacuum(DemoHome& home, const std::string& function, const Json& arguments) {
  home.devices_[device_of(arguments)]["on"] = function == "vacuum.start";
  return Json::object();
}

Json DemoHome::set_fan(DemoHome& home, const std::string&, const Json& arguments) {
  Json& fan = home.devices_[device_of(arguments)];
  fan["percent"] = clamped(arguments.value("percent", 50.0));
  fan["on"] = fan["percent"] > 0;
  return Json::object();
}

Json DemoHome::set_scene(DemoHome& home, const std::string&, const Json& arguments) {
  const std::string scene = arguments.value("scene", std::string());
  const bool is_night = scene.find("睡") != std::string::npos || scene.find("晚安") != std::string::npos ||
                        scene.find("night") != std::string::npos;
  Json next = Json::array();
  for (const auto& [id, state] : home.devices_)
    if (id.rfind("light.", 0) == 0 && is_night && state.value("on", false))
      next.push_back({{"name", "device.turn_off"}, {"arguments", {{"device", id}}}});
  next.push_back({{"name", "cover.close"}, {"arguments", {{"device", "cover.living"}}}});
  return {{"next", next}};
}

Json DemoHome::play(DemoHome& home, const std::string& function, const Json& arguments) {
  return home.player_.act(function, arguments);
}
Json DemoHome::set_volume(DemoHome& home, const std::string& function, const Json& arguments) {
  return home.player_.volume(function, arguments);
}
Json DemoHome::time_keeping(DemoHome& home, const std::string& function, const Json& arguments) {
  return home.clockwork_.act(function, arguments, home.options_.now_ms());
}

Json DemoHome::tell_time(DemoHome& home, const std::string& function, const Json&) {
  constexpr const char* kDaysZh[] = {"星期四", "星期五", "星期六", "星期日", "星期一", "星期二", "星期三"};
  constexpr const char* kDaysEn[] = {"Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"};
  const int64_t local = home.options_.now_ms() + int64_t{home.options_.utc_offset_minutes} * 60000;
  const auto day = static_cast<size_t>(local / 86400000 % 7);
  if (function == "clock.date") return {{"result", {{"zh", kDaysZh[day]}, {"en", kDaysEn[day]}}}};
  const int hour = static_cast<int>(local / 3600000 % 24), minute = static_cast<int>(local / 60000 % 60);
  char zh[32], en[32];
  std::snprintf(zh, sizeof zh, "%d点%02d分", hour, minute);
  std::snprintf(en, sizeof en, "%d:%02d %s", hour % 12 == 0 ? 12 : hour % 12, minute, hour < 12 ? "am" : "pm");
  return {{"result", {{"zh", zh}, {"en", en}}}};
}

Json DemoHome::weather(DemoHome& home, const std::string&, const Json& arguments) {
  const std::string place = arguments.value("place", std::string());
  const int64_t today = (home.options_.now_ms() + int64_t{home.options_.utc_offset_minutes} * 60000) / 86400000;
  int64_t days = 0;
  int year = 0, month = 0, day = 0;
  if (std::sscanf(arguments.value("datetime", std::string()).c_str(), "%d-%d-%d", &year, &month, &day) == 3) {
    const int y = year - (month <= 2 ? 1 : 0), era = y / 400, of_era = y - era * 400,
              of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    days = int64_t{era} * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468 - today;
  }
  if (home.options_.weather_file.empty()) {
    for (const auto& row : kMadeUpWeek)
      if (row.days == days) return {{"result", {{"zh", row.zh}, {"en", row.en}}}};
    return failed("没有那天的天气", "I know nothing of that day");
  }
  std::ifstream in(home.options_.weather_file);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    for (size_t at = 0; at <= line.size();) {
      const size_t tab = std::min(line.find('\t', at), line.size());
      cells.push_back(line.substr(at, tab - at));
      at = tab + 1;
    }
    const bool is_place = cells.size() == 5 && (place.empty() || place == cells[0] || place == cells[1]);
    if (is_place && cells[2] == std::to_string(days)) return {{"result", {{"zh", cells[3]}, {"en", cells[4]}}}};
  }
  return failed("没有那里的天气", "I have no weather of that place and day");
}

Json DemoHome::keep_list(DemoHome& home, const std::string& function, const Json& arguments) {
  std::vector<std::string>& list = home.lists_[arguments.value("list", std::string())];
  const std::string item = arguments.value("item", std::string());
  if (function == "list.add") return list.push_back(item), Json::object();
  if (function == "list.remove") {
    const auto at = std::find(list.begin(), list.end(), item);
    if (at == list.end()) return failed("清单上没有", "it is not on the list");
    return list.erase(at), Json::object();
  }
  if (list.empty()) return failed("清单是空的", "the list is empty");
  std::string zh, en;
  for (const std::string& one : list) zh += (zh.empty() ? "" : "、") + one, en += (en.empty() ? "" : ", ") + one;
  return {{"result", {{"zh", zh}, {"en", en}}}};
}

std::vector<std::string> DemoHome::rings(bool is_chinese) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> lines;
  for (const Json& due : clockwork_.take_due(options_.now_ms())) lines.push_back(due[is_chinese ? "zh" : "en"]);
  if (!lines.empty()) save_state();
  return lines;
}

std::string DemoHome::summary() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string line;
  for (const auto& [id, state] : devices_)
    if (state.value("on", false))
      line += (line.empty() ? "" : ", ") + id +
              (id.rfind("light.", 0) == 0 ? " " + std::to_string(state.value("percent", 100)) + "%" : "");
  return "on: " + (line.empty() ? "nothing" : line) + "; " + player_.summary();
}

void DemoHome::load_state() {
  if (options_.state_file.empty()) return;
  std::ifstream in(options_.state_file, std::ios::binary);
  if (!in) return;
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  try {
    const Json state = Json::parse(text);
    clockwork_.restore(state.at("clockwork"));
    lists_ = state.at("lists").get<std::map<std::string, std::vector<std::string>>>();
  } catch (const Json::exception&) {
    throw sotto::Error(SOTTO_BAD_FILE,
                       ("the state file " + options_.state_file + " is damaged: remove it, or name another").c_str());
  }
}

// Whole or as it was: a speaker loses its power at any moment.
void DemoHome::save_state() const {
  if (options_.state_file.empty()) return;
  const std::string part = options_.state_file + ".part";
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out << Json{{"clockwork", clockwork_.state()}, {"lists", lists_}}.dump();
    if (!out.flush()) return;
  }
  std::error_code unused;
  std::filesystem::rename(part, options_.state_file, unused);
}

}  // namespace sotto::tools

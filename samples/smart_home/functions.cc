// functions.cc: what can be asked of the home. Names are intents of the domain, for models whose head knows them; schemas,
// replies and examples serve every other model.
#include "family.h"

namespace {

constexpr const char* kDevice = R"({"type": "object", "properties": {"device": {"type": "string", "x-sotto": "device"}}})";
constexpr const char* kLight = R"({"type": "object", "properties": {"device": {"type": "string", "x-sotto": "device"},
  "percent": {"type": "number", "minimum": 0, "maximum": 100, "x-sotto": "percent"}}, "required": ["percent"]})";
constexpr const char* kClimate = R"({"type": "object", "properties": {"device": {"type": "string", "x-sotto": "device"},
  "temperature": {"type": "number", "minimum": 16, "maximum": 30, "x-sotto": "temperature"}}, "required": ["temperature"]})";
constexpr const char* kScene = R"({"type": "object", "properties": {"scene": {"type": "string"}}, "required": ["scene"]})";
constexpr const char* kNothing = R"({"type": "object", "properties": {}})";
constexpr const char* kOn = R"({"zh": {"done": ["{name}打开了。"]}, "en": {"done": ["The {name} is on."]}})";
constexpr const char* kOff = R"({"zh": {"done": ["{name}关了。"]}, "en": {"done": ["The {name} is off."]}})";
constexpr const char* kOpen = R"({"zh": {"done": ["{name}打开了。"]}, "en": {"done": ["The {name} open."]}})";
constexpr const char* kClosed = R"({"zh": {"done": ["{name}关上了。"]}, "en": {"done": ["The {name} close."]}})";
constexpr const char* kLevel = R"({"zh": {"done": ["{name}调到{percent}。"], "ask": {"percent": ["调到多少？"]}},
  "en": {"done": ["The {name} is at {percent}."], "ask": {"percent": ["How bright?"]}}})";
constexpr const char* kDegrees = R"({"zh": {"done": ["{name}设为{temperature}。"], "ask": {"temperature": ["多少度？"]}},
  "en": {"done": ["The {name} is set to {temperature}."], "ask": {"temperature": ["How warm?"]}}})";
constexpr const char* kTold = R"({"zh": {"done": ["{result}"], "ask": {"scene": ["哪个场景？"]}},
  "en": {"done": ["{result}"], "ask": {"scene": ["Which scene?"]}}})";

std::string device_of(const nlohmann::json& arguments) { return arguments.value("device", std::string()); }

}  // namespace

// The user did it: it is kept for those who agreed.
void Family::did(const Action* action) {
  if (action == nullptr) return;
  offers_.record(SOTTO_EVENT_USED, action->id, moment());
  done_ = action->id;
}

nlohmann::json Family::order(const Json& arguments, Json wanted) {
  const Json before = hub_.state(device_of(arguments));
  if (hub_.set(device_of(arguments), std::move(wanted)).is_null()) return failed("它没有回应", "it does not answer");
  Json undo = {{"device", device_of(arguments)}};
  for (const char* name : {"percent", "temperature"})
    if (arguments.contains(name) && before.is_object()) undo[name] = before[name];
  return undo.size() > 1 ? Json{{"undo", undo}} : Json::object();
}

nlohmann::json Family::turn(const Json& arguments, bool is_on) {
  const Json result = order(arguments, {{"on", is_on}});
  if (!result.contains("error")) did(action_of(device_of(arguments), is_on));
  return result;
}

nlohmann::json Family::step_light(const Json& arguments, int percent) {
  const Json before = hub_.state(device_of(arguments));
  const double from = before.is_object() && before["on"].get<bool>() ? before["percent"].get<double>() : 0;
  return order(arguments, {{"percent", from + percent}});
}

nlohmann::json Family::run_action(const std::string& id) {
  const Action* const action = find_action(id);
  if (action == nullptr) return failed("没有这个场景", "there is no such scene");
  const std::vector<std::string> silent = perform(*action, hub_);
  std::string names;
  for (const std::string& device : silent) names += (names.empty() ? "" : ", ") + device;
  if (!silent.empty())
    return failed(std::string(action->zh) + "：" + names + "没有回应",
                  std::string(action->en) + ": " + names + " did not answer");
  return told(std::string(action->zh) + "，好了。", std::string(action->en) + ": done.");
}

nlohmann::json Family::run_scene(const Json& arguments) {
  const Action* const scene = find_scene(arguments.value("scene", std::string()));
  if (scene == nullptr) return failed("没有这个场景", "there is no such scene");
  did(scene);
  return run_action(scene->id);
}

nlohmann::json Family::forget() {
  const std::string count = std::to_string(offers_.forget(""));
  routines_ = {};
  return told(user_ + "的" + count + "条记录都忘了。", "All " + count + " events of " + user_ + " are forgotten.");
}

void Family::add_functions() {
  using Arguments = const Json&;
  const auto turned = [this](bool is_on) { return [this, is_on](Arguments a) { return turn(a, is_on); }; };
  const auto stepped = [this](int percent) { return [this, percent](Arguments a) { return step_light(a, percent); }; };
  std::vector<DeviceAssistant::Function> all = {
      {"device.turn_on",
       "turns a device on",
       kDevice,
       kOn,
       {"打开{device}", "把{device}打开", "开一下{device}", "turn on the {device}", "turn on {device}",
        "switch on the {device}", "turn the {device} on"},
       turned(true)},
      {"device.turn_off",
       "turns a device off",
       kDevice,
       kOff,
       {"关掉{device}", "关上{device}", "把{device}关了", "turn off the {device}", "turn off {device}",
        "switch off the {device}", "turn the {device} off"},
       turned(false)},
      {"light.set",
       "sets a light's brightness",
       kLight,
       kLevel,
       {"调到{percent}", "把{device}调到{percent}", "{device}亮度{percent}", "set the {device} to {percent} percent",
        "set {device} to {percent} percent", "dim the {device} to {percent} percent"},
       [this](Arguments a) {
         return order(a, {{"percent", a.value("percent", 100.0)}});
       }},
      {"light.brighten",
       "makes a light brighter",
       kDevice,
       kOn,
       {"调亮", "亮一点", "再亮一点", "make it brighter", "brighter please"},
       stepped(20)},
      {"light.dim",
       "makes a light darker",
       kDevice,
       kOn,
       {"调暗", "暗一点", "再暗一点", "make it darker", "darker please"},
       stepped(-20)},
      {"cover.open",
       "opens curtains",
       kDevice,
       kOpen,
       {"拉开{device}", "拉开窗帘", "open the {device}", "open the curtains"},
       turned(true)},
      {"cover.close",
       "closes curtains",
       kDevice,
       kClosed,
       {"拉上{device}", "拉上窗帘", "close the {device}", "close the curtains"},
       turned(false)},
      {"climate.set_temperature",
       "sets a temperature",
       kClimate,
       kDegrees,
       {"{device}设成{temperature}", "{device}温度调到{temperature}", "把{device}设成{temperature}",
        "set the {device} to {temperature} degrees", "set {device} to {temperature} degrees"},
       [this](Arguments a) {
         return order(a, {{"temperature", a.value("temperature", 24.0)}});
       }},
      {"scene.activate",
       "starts a scene",
       kScene,
       kTold,
       {"启动{scene}模式", "切换到{scene}模式", "{scene}模式", "start the {scene} scene", "activate the {scene} scene",
        "{scene} scene"},
       [this](Arguments a) { return run_scene(a); }},
      {"home.forget",
       "forgets what was learned of the user",
       kNothing,
       kTold,
       {"忘掉我的习惯", "别再记我的习惯", "删除我的记录", "forget my habits", "forget what you learned about me"},
       [this](Arguments) { return forget(); }}};
  for (DeviceAssistant::Function& f : all) assistant_.add(std::move(f));
}

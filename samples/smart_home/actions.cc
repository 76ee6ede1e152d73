#include "actions.h"

#include <algorithm>
#include <string_view>

const std::vector<Action>& actions() {
  static const std::vector<Action> kAll = {
      {"scene_morning",
       "早安模式",
       "Morning scene",
       "早安|早上|morning",
       0.3,
       {{"living_curtains", R"({"on": true})"}, {"coffee", R"({"on": true})"}, {"kitchen_lamp", R"({"on": true})"}}},
      {"scene_movie",
       "观影模式",
       "Movie scene",
       "观影|电影|movie|film",
       0.2,
       {{"living_lamp", R"({"percent": 20})"}, {"living_curtains", R"({"on": false})"}}},
      {"scene_night",
       "晚安模式",
       "Night scene",
       "晚安|睡觉|睡眠|night|sleep",
       0.4,
       {{"living_lamp", R"({"on": false})"},
        {"kitchen_lamp", R"({"on": false})"},
        {"bedroom_lamp", R"({"on": false})"},
        {"living_curtains", R"({"on": false})"}}},
      {"scene_leave",
       "离家模式",
       "Leaving scene",
       "离家|出门|leaving|away",
       0.25,
       {{"living_lamp", R"({"on": false})"},
        {"kitchen_lamp", R"({"on": false})"},
        {"bedroom_lamp", R"({"on": false})"},
        {"coffee", R"({"on": false})"},
        {"bedroom_ac", R"({"on": false})"}}},
      {"living_lamp_on", "打开客厅灯", "Living room lamp on", "", 0.3, {{"living_lamp", R"({"on": true})"}}},
      {"bedroom_lamp_on", "打开卧室灯", "Bedroom lamp on", "", 0.3, {{"bedroom_lamp", R"({"on": true})"}}},
      {"kitchen_lamp_on", "打开厨房灯", "Kitchen lamp on", "", 0.3, {{"kitchen_lamp", R"({"on": true})"}}},
      {"coffee_on", "打开咖啡机", "Coffee machine on", "", 0.2, {{"coffee", R"({"on": true})"}}},
      {"bedroom_ac_on", "打开卧室空调", "Bedroom air conditioner on", "", 0.2, {{"bedroom_ac", R"({"on": true})"}}},
      {"curtains_open", "打开窗帘", "Open the curtains", "", 0.2, {{"living_curtains", R"({"on": true})"}}},
      {"curtains_close", "关上窗帘", "Close the curtains", "", 0.2, {{"living_curtains", R"({"on": false})"}}}};
  return kAll;
}

const Action* find_action(const std::string& id) {
  for (const Action& action : actions())
    if (id == action.id) return &action;
  return nullptr;
}

const Action* find_scene(const std::string& words) {
  for (const Action& action : actions())
    for (std::string_view rest = action.scene_words; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find('|'));
      if (words.find(word) != std::string::npos) return &action;
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
  return nullptr;
}

const Action* action_of(const std::string& device, bool is_on) {
  const std::string wanted = is_on ? R"({"on": true})" : R"({"on": false})";
  for (const Action& action : actions())
    if (action.orders.size() == 1 && device == action.orders[0].device && wanted == action.orders[0].state) return &action;
  return nullptr;
}

std::string catalogue() {
  nlohmann::json features = nlohmann::json::array();
  for (const Action& action : actions())
    features.push_back({{"id", action.id},
                        {"name", {{"zh", action.zh}, {"en", action.en}}},
                        {"category", *action.scene_words ? "scene" : "device"},
                        {"popularity", action.popularity}});
  return nlohmann::json{{"version", 1}, {"features", features}}.dump();
}

std::vector<std::string> perform(const Action& action, Hub& hub) {
  std::vector<std::string> silent;
  for (const Order& order : action.orders)
    if (hub.set(order.device, nlohmann::json::parse(order.state)).is_null()) silent.emplace_back(order.device);
  return silent;
}

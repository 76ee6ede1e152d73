#include "house.h"

#include <algorithm>

const char* const kHome = R"({
"areas": [{"id": "living", "zh": ["客厅"], "en": ["living room"]}, {"id": "bedroom", "zh": ["卧室"], "en": ["bedroom"]},
          {"id": "kitchen", "zh": ["厨房"], "en": ["kitchen"]}],
"devices": [
 {"id": "living_lamp", "kind": "light", "area": "living", "zh": ["客厅灯"], "en": ["living room lamp"]},
 {"id": "bedroom_lamp", "kind": "light", "area": "bedroom", "zh": ["卧室灯"], "en": ["bedroom lamp"]},
 {"id": "kitchen_lamp", "kind": "light", "area": "kitchen", "zh": ["厨房灯"], "en": ["kitchen lamp"]},
 {"id": "living_curtains", "kind": "cover", "area": "living", "zh": ["窗帘"], "en": ["curtains"]},
 {"id": "bedroom_ac", "kind": "climate", "area": "bedroom", "zh": ["空调"], "en": ["air conditioner"]},
 {"id": "coffee", "kind": "plug", "area": "kitchen", "zh": ["咖啡机"], "en": ["coffee machine"]}]})";

House::House(const Broker& broker)
    : client_(broker, "house", "home/+/set",
              [this](const std::string& topic, const std::string& payload) { take(topic, payload); }) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Json home = Json::parse(kHome);
  for (const Json& device : home["devices"]) states_[device["id"]] = {{"on", false}, {"percent", 100}, {"temperature", 26}};
}

void House::unplug(const std::string& device, bool is_unplugged) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (is_unplugged)
    unplugged_.insert(device);
  else
    unplugged_.erase(device);
}

void House::take(const std::string& topic, const std::string& payload) {
  const size_t begin = topic.find('/') + 1;
  const std::string id = topic.substr(begin, topic.rfind('/') - begin);
  const Json wanted = Json::parse(payload, nullptr, false);
  Json state;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = states_.find(id);
    if (at == states_.end() || unplugged_.count(id) != 0 || !wanted.is_object()) return;
    for (const auto& [name, value] : at->second.items())
      if (wanted.contains(name) && wanted[name].type() == value.type()) at->second[name] = wanted[name];
    if (wanted.contains("percent") && wanted["percent"].is_number()) {
      at->second["percent"] = std::clamp(wanted["percent"].get<double>(), 0.0, 100.0);
      at->second["on"] = at->second["percent"] > 0;
    }
    if (wanted.contains("temperature") && wanted["temperature"].is_number()) {
      at->second["temperature"] = std::clamp(wanted["temperature"].get<double>(), 16.0, 30.0);
      at->second["on"] = true;
    }
    state = at->second;
  }
  if (wanted.contains("request")) state["request"] = wanted["request"];
  client_.publish("home/" + id + "/state", state.dump());
}

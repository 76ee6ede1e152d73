// house.h: the devices of a home as they would be in their own boxes: each listens to home/<id>/set on the broker and tells its
// state on home/<id>/state. They exist only here.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "mqtt.h"

extern const char* const kHome;  // rooms and devices, for sotto_assistant_api.set_home

class House {
 public:
  explicit House(const Broker& broker);
  void unplug(const std::string& device, bool is_unplugged);  // such a device says nothing any more

 private:
  using Json = nlohmann::json;
  void take(const std::string& topic, const std::string& payload);

  std::mutex mutex_;  // guards what follows
  std::map<std::string, Json> states_;
  std::set<std::string> unplugged_;
  MqttClient client_;  // last: its thread uses what is above
};

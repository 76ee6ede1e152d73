// hub.h: the side of the broker that gives orders: an order counts when the device has told the state that came of it.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "mqtt.h"

class Hub {
 public:
  using Json = nlohmann::json;
  explicit Hub(const Broker& broker);
  // The device's new state, or null where it did not answer within two seconds. [any thread]
  Json set(const std::string& device, Json wanted);
  Json state(const std::string& device) const;  // as it was told last; null: never
  std::string summary() const;                  // what is on

 private:
  void take(const std::string& topic, const std::string& payload);

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable told_;
  std::map<std::string, Json> states_;
  uint64_t last_request_ = 0;
  MqttClient client_;  // last: its thread uses what is above
};

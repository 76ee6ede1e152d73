#include "hub.h"

#include <chrono>

namespace {
constexpr auto kAnswers = std::chrono::seconds(2);
}

Hub::Hub(const Broker& broker)
    : client_(broker, "hub", "home/+/state",
              [this](const std::string& topic, const std::string& payload) { take(topic, payload); }) {}

void Hub::take(const std::string& topic, const std::string& payload) {
  const size_t begin = topic.find('/') + 1;
  Json state = Json::parse(payload, nullptr, false);
  if (!state.is_object() || !state.value("on", Json()).is_boolean()) return;  // no device of ours
  const std::lock_guard<std::mutex> lock(mutex_);
  states_[topic.substr(begin, topic.rfind('/') - begin)] = std::move(state);
  told_.notify_all();
}

Hub::Json Hub::set(const std::string& device, Json wanted) {
  uint64_t request = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    request = ++last_request_;
  }
  wanted["request"] = request;
  client_.publish("home/" + device + "/set", wanted.dump());
  std::unique_lock<std::mutex> lock(mutex_);
  const auto is_told = [&] {
    const auto at = states_.find(device);
    return at != states_.end() && at->second.value("request", Json()) == request;
  };
  return told_.wait_for(lock, kAnswers, is_told) ? states_[device] : Json();
}

Hub::Json Hub::state(const std::string& device) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = states_.find(device);
  return at == states_.end() ? Json() : at->second;
}

std::string Hub::summary() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string line;
  for (const auto& [id, state] : states_)
    if (state["on"]) line += (line.empty() ? "" : ", ") + id;
  return line.empty() ? "nothing" : line;
}

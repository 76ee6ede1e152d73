#include "routines.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace {

constexpr int64_t kSoon = 15 * 60000;  // milliseconds
constexpr int kLeastTimes = 5;
constexpr double kLeastShare = 0.6;

}  // namespace

Routines Routines::learn(const std::string& profile) {
  const nlohmann::json json = nlohmann::json::parse(profile);
  struct Done {
    int64_t at_ms;
    std::string action;
  };
  std::vector<Done> done;
  for (const auto& event : json.at("events"))
    if (event.at("kind") == "used" || event.at("kind") == "accepted")
      done.push_back({event.at("time").get<int64_t>(), event.at("feature").get<std::string>()});
  Routines routines;
  for (size_t i = 0; i < done.size(); ++i) {
    ++routines.done_[done[i].action];
    if (i + 1 < done.size() && done[i + 1].at_ms - done[i].at_ms <= kSoon && done[i + 1].action != done[i].action)
      ++routines.next_[done[i].action][done[i + 1].action];
  }
  return routines;
}

Routines::Follower Routines::best_after(const std::string& action) const {
  Follower best;
  const auto at = next_.find(action);
  if (at == next_.end()) return best;
  for (const auto& [next, times] : at->second)
    if (times > best.times) best = {next, times};
  const bool is_usual = best.times >= kLeastTimes && best.times >= kLeastShare * done_.at(action);
  return is_usual ? best : Follower{};
}

std::string Routines::after(const std::string& action) const { return best_after(action).action; }

std::string Routines::summary() const {
  std::string text;
  for (const auto& [action, times] : done_)
    if (const Follower next = best_after(action); next.times > 0)
      text += (text.empty() ? "" : ", ") + action + " -> " + next.action + " (" + std::to_string(next.times) + " of " +
              std::to_string(times) + ")";
  return text.empty() ? "none yet" : text;
}

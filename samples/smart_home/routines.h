// routines.h: what one of the home usually does after what: pairs of actions within a quarter of an hour on several days, read
// out of the same events that the user agreed to (and that are forgotten with them).
#pragma once

#include <map>
#include <string>

class Routines {
 public:
  // `profile`: sotto_recommendation_api.export_json. Throws nlohmann::json::exception.
  static Routines learn(const std::string& profile);
  // The action that usually follows, or empty.
  std::string after(const std::string& action) const;
  std::string summary() const;  // "coffee_on -> kitchen_lamp_on (18 of 20)"

 private:
  struct Follower {
    std::string action;
    int times = 0;
  };
  Follower best_after(const std::string& action) const;

  std::map<std::string, int> done_;  // how often each action was done
  std::map<std::string, std::map<std::string, int>> next_;
};

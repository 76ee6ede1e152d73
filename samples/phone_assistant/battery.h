// battery.h: a battery that empties while the phone runs and answers, and what the phone then saves on. A simulation: the
// figures are of no real phone.
#pragma once

#include <cstdint>

// How the phone behaves at a level; battery.cc has one row for each.
struct PowerRow {
  const char* name;
  int from_percent;       // the row with the highest that the level reaches
  uint32_t power_policy;  // SOTTO_POWER_*
  bool reads_mood;
  bool offers;
  bool drafts_with_model;  // a model that writes is asked for drafts
};

// One thread at a time.
class Battery {
 public:
  void set(double percent);
  void plug(bool is_plugged) { is_plugged_ = is_plugged; }
  void pass(double minutes);      // with the screen on
  void compute(uint64_t tokens);  // that went through the model
  int percent() const { return static_cast<int>(percent_ + 0.5); }
  bool is_plugged() const { return is_plugged_; }
  const PowerRow& row() const;

 private:
  double percent_ = 80;
  bool is_plugged_ = false;
};

#include "battery.h"

#include <algorithm>

#include "sotto/sotto.h"

namespace {

constexpr double kScreenPercentAMinute = 0.25, kChargePercentAMinute = 1.5, kPercentAThousandTokens = 0.05;

constexpr PowerRow kRows[] = {
    // name        from  policy                   mood   offers  drafts with a model
    {"empty", 0, SOTTO_POWER_SAVER, false, false, false},
    {"saving", 5, SOTTO_POWER_SAVER, false, false, true},
    {"careful", 20, SOTTO_POWER_SAVER, true, true, true},
    {"normal", 40, SOTTO_POWER_BALANCED, true, true, true},
};
constexpr PowerRow kPlugged = {"charging", 0, SOTTO_POWER_PERFORMANCE, true, true, true};

}  // namespace

void Battery::set(double percent) { percent_ = std::clamp(percent, 0.0, 100.0); }
void Battery::pass(double minutes) { set(percent_ + minutes * (is_plugged_ ? kChargePercentAMinute : -kScreenPercentAMinute)); }
void Battery::compute(uint64_t tokens) {
  if (!is_plugged_) set(percent_ - static_cast<double>(tokens) / 1000 * kPercentAThousandTokens);
}

const PowerRow& Battery::row() const {
  if (is_plugged_) return kPlugged;
  const PowerRow* best = kRows;
  for (const PowerRow& row : kRows)
    if (percent() >= row.from_percent) best = &row;
  return *best;
}

// baselines.h: what a learner has to beat: popularity, recency-frequency, same-hour frequency, a Markov chain with back-off.
// Each learns as it goes, its constants chosen on the development seeds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "household.h"

namespace sotto::test {

class Baseline {
 public:
  virtual ~Baseline() = default;
  virtual const char* name() const = 0;
  // scores[kHouseholdFeatures] for what comes next at that moment; the moment's own feature is not looked at.
  virtual void score(const Moment& now, std::vector<double>* scores) const = 0;
  virtual void learn(const Moment& moment) = 0;
};

std::vector<std::unique_ptr<Baseline>> all_baselines();

}  // namespace sotto::test

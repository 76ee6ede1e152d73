// learner.h: what is likely to come next in a situation, learned from events one after another. One thread at a time.
//
// Each expert sees one side of the situation and says, for each feature, the log-odds by which uses in such circumstances
// differ from uses in general: log(P(feature | circumstance) / P(feature)), smoothed towards none. The score is their sum with
// the learned Weights, a softmax over features makes probabilities. A linear contextual bandit (Li et al. 2010) whose context
// vectors are these log-odds, shared by all features, so that a feature used twice already gains from what all others taught.
//
// A pure function of catalogue and events, in their order: forgetting is learning again from the events that are left. Time
// counts as it passes between events, at most a week at once and never backwards, so that no clock can age everything at once.
#pragma once

#include <array>
#include <optional>

#include "catalogue.h"
#include "counts.h"
#include "weights.h"

namespace sotto::recommendation {

enum Expert : size_t {
  kHabit,       // how often at all
  kRecent,      // the last days against all
  kSince,       // how long ago it was used last
  kHour,        // half hours, smoothed
  kDayHour,     // the same, working days and weekends apart
  kWeekday,     //
  kPlace,       //
  kDevice,      //
  kMood,        // bad, even, good
  kTags,        //
  kBefore,      // the feature used before
  kBeforeTwo,   // the two before
  kSkipped,     // the one before the one before, whatever came between
  kBeforeHour,  // the feature before and the part of the day
  kPlaceHour,   // the place and the part of the day
};
static_assert(kPlaceHour + 1 == kExperts);

struct Scores {
  std::vector<Evidence> evidence;  // [features]
  std::vector<double> fixed;       // [features] log-odds that are not weighed: dismissals
};

class Learner {
 public:
  Learner(const Catalogue& catalogue, double half_life_days);
  void learn(const Event& event);
  Scores score(const Situation& now) const;
  const Weights& weights() const { return weights_; }
  double uses(uint32_t feature, const Situation& now) const;  // faded
  const std::vector<uint32_t>& used() const { return used_; }
  uint32_t before(const Situation& now) const;  // the feature used just before, kUnknownFeature: none

 private:
  // A row that an expert reads in a situation.
  struct Reading {
    Expert expert;
    uint64_t key;
    double weight;
    bool is_own;  // also the row that a use in this situation is counted in
  };
  struct Step {
    uint64_t id = 0;  // hash of the feature's
    double days = 0;
    uint32_t feature = kUnknownFeature;
  };

  double days_at(int64_t unix_ms) const;
  std::vector<Reading> readings(const Situation& at, double days) const;
  void read_before(const LocalTime& local, double days, std::vector<Reading>* out) const;
  // evidence[slot[feature]] of some features, `usual` their shares; features whose slot is none are passed over.
  void weigh(const Situation& at, double days, const std::vector<uint32_t>& slot, const std::vector<double>& usual,
             std::vector<Evidence>* evidence) const;
  void weigh_uses(double days, const std::vector<uint32_t>& slot, const std::vector<double>& usual,
                  std::vector<Evidence>* evidence) const;
  void learn_weights(const Situation& at, uint32_t chosen, double days);
  void learn_use(const Event& event, uint32_t feature, double days);
  double usual(uint32_t feature, double days) const;
  double dislike(uint32_t feature, const Situation& at, double days) const;

  const Catalogue& catalogue_;
  double total_popularity_ = 0;
  Counts counts_;
  Weights weights_;
  std::optional<int64_t> last_ms_;
  double days_ = 0;                // passed up to the last event
  std::vector<uint32_t> used_;     // in the order of their first use
  uint64_t uses_ = 0;              // all that were ever learned
  std::vector<double> last_days_;  // [features] of their last use
  Totals all_, recent_;
  std::array<Step, 2> before_;               // the last one first
  std::vector<double> happened_, expected_;  // [kSinceParts] uses by how long ago the last one was
  std::vector<uint32_t> used_slot_;          // [features] place in used_, or none
};

}  // namespace sotto::recommendation

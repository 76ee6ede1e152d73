// What logged propensities are good for: the worth of the learned ranking is estimated from the log of another policy alone, by
// replay (Li et al. 2011, arXiv:1003.5956) and by inverse propensity scores (Horvitz and Thompson 1952), and compared with the
// truth that only a simulator knows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "learner.h"
#include "recommendation/simulator/household.h"

namespace sotto::test {
namespace {

using recommendation::Catalogue;
using recommendation::Event;
using recommendation::Learner;

constexpr uint32_t kShelf = 10;  // the logging policy offers one of the ten that are used most

struct Estimate {
  double value = 0, half = 0;
  size_t used = 0;
};

// Mean and half of the 95 % interval.
Estimate mean_of(const std::vector<double>& x) {
  Estimate e;
  e.used = x.size();
  const auto n = static_cast<double>(x.size());
  e.value = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double squares = 0;
  for (const double v : x) squares += (v - e.value) * (v - e.value);
  e.half = 1.96 * std::sqrt(squares / (n - 1) / n);
  return e;
}

struct Logged {
  std::vector<double> truth, replayed, weighted;
};

// At each moment the logging policy offers a feature of the shelf, mostly the best known, and it is taken if it is what the
// user was about to use. The policy that is judged would offer the learner's best of the shelf.
void log_household(const Catalogue& catalogue, uint64_t seed, Logged* out) {
  Learner learner(catalogue, 45);
  Dice dice(seed + 7);
  std::vector<int> uses(kHouseholdFeatures);
  std::vector<uint32_t> order(kHouseholdFeatures);
  std::iota(order.begin(), order.end(), 0u);
  const std::vector<Moment> log = live(seed, 365);
  for (const Moment& m : log) {
    Event event;
    event.kind = SOTTO_EVENT_USED;
    event.feature = household_feature_id(m.feature);
    event.at.unix_ms = m.time_ms;
    event.at.place = m.place;
    event.at.device = m.device;
    if (*m.tag) event.at.tags = {m.tag};
    if (m.time_ms > kHouseholdStart + 14 * int64_t{86400000}) {
      std::partial_sort(order.begin(), order.begin() + kShelf, order.end(),
                        [&](uint32_t a, uint32_t b) { return uses[a] != uses[b] ? uses[a] > uses[b] : a < b; });
      const auto scores = learner.score(event.at);
      const auto& w = learner.weights().mean();
      const auto worth = [&](uint32_t f) {
        return std::inner_product(w.begin(), w.end(), scores.evidence[f].begin(), scores.fixed[f]);
      };
      const uint32_t best =
          *std::max_element(order.begin(), order.begin() + kShelf, [&](uint32_t a, uint32_t b) { return worth(a) < worth(b); });
      const uint32_t offered = dice.chance(0.4) ? order[0] : order[dice.below(kShelf)];
      const double propensity = offered == order[0] ? 0.4 + 0.6 / kShelf : 0.6 / kShelf;
      const double taken = offered == m.feature ? 1 : 0;
      out->truth.push_back(best == m.feature ? 1 : 0);
      out->weighted.push_back(offered == best ? taken / propensity : 0);
      // Replay needs evenly offered ones: those of the uniform part are told apart by a second throw.
      if (offered == best && dice.chance(0.6 / kShelf / propensity)) out->replayed.push_back(taken);
    }
    ++uses[m.feature];
    learner.learn(event);
  }
}

TEST(OffPolicy, ReplayAndInversePropensitiesFindTheTruth) {
  const Catalogue catalogue = Catalogue::read(household_catalogue());
  Logged logged;
  for (const uint64_t seed : kTestSeeds) log_household(catalogue, seed, &logged);
  const Estimate truth = mean_of(logged.truth), replay = mean_of(logged.replayed), ips = mean_of(logged.weighted);
  std::printf("  share of offers taken:\n");
  std::printf("  the truth                    %.4f +- %.4f  (%zu offers)\n", truth.value, truth.half, truth.used);
  std::printf("  replay                       %.4f +- %.4f  (%zu offers)\n", replay.value, replay.half, replay.used);
  std::printf("  inverse propensity scores    %.4f +- %.4f  (%zu offers)\n", ips.value, ips.half, ips.used);
  // One in twenty intervals may miss; on frozen seeds these do not.
  EXPECT_NEAR(replay.value, truth.value, replay.half + truth.half);
  EXPECT_NEAR(ips.value, truth.value, ips.half + truth.half);
  EXPECT_LT(ips.half, 0.05);
}

}  // namespace
}  // namespace sotto::test

#include "ranking.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace sotto::recommendation {
namespace {

constexpr double kRequestWeight = 12;  // log-odds of words that are the feature's own
constexpr double kByChance = 0.1;      // a likeness that any two texts have
constexpr double kExpectedWeight = 0.7;
constexpr double kAlikeWeight = 3;
constexpr double kLeastReason = 0.1;  // log-odds; less is no reason to name
constexpr size_t kTasteFeatures = 16;
constexpr size_t kPool = 50;  // the best, among which places after the first are given
constexpr size_t kTriedBest = 8, kTriedNew = 2;
constexpr int kDraws = 100;
constexpr double kWeightSpread = 1;
constexpr double kFeatureSpread = 0.7;  // log-odds that are not known of a feature that was never used

// What each candidate gets beside the learner's evidence, in log-odds.
struct Beside {
  std::vector<double> request, expected, alike, fixed;
};

enum class Group { kSituation, kKnown, kNew };  // asked in this order: the situation, then a feature's own history

// A side of the situation that can be taken away, with the experts that then fall silent, or what else it adds.
struct Side {
  ReasonKind kind;
  Group group;
  uint32_t experts;  // a bit each
  std::vector<double> Beside::*beside;
};
constexpr uint32_t bits() { return 0; }
template <class... Rest>
constexpr uint32_t bits(Expert first, Rest... rest) {
  return (1u << first) | bits(rest...);
}
constexpr Side kSides[] = {
    {ReasonKind::kHour, Group::kSituation, bits(kHour, kDayHour, kPlaceHour, kBeforeHour), nullptr},
    {ReasonKind::kDayType, Group::kSituation, bits(kDayHour), nullptr},
    {ReasonKind::kWeekday, Group::kSituation, bits(kWeekday), nullptr},
    {ReasonKind::kPlace, Group::kSituation, bits(kPlace, kPlaceHour), nullptr},
    {ReasonKind::kDevice, Group::kSituation, bits(kDevice), nullptr},
    {ReasonKind::kMood, Group::kSituation, bits(kMood), nullptr},
    {ReasonKind::kTags, Group::kSituation, bits(kTags), nullptr},
    {ReasonKind::kBefore, Group::kSituation, bits(kBefore, kBeforeTwo, kSkipped, kBeforeHour), nullptr},
    {ReasonKind::kRequest, Group::kSituation, 0, &Beside::request},
    {ReasonKind::kExpected, Group::kSituation, 0, &Beside::expected},
    {ReasonKind::kHabit, Group::kKnown, bits(kHabit), nullptr},
    {ReasonKind::kRecent, Group::kKnown, bits(kRecent, kSince), nullptr},
    {ReasonKind::kPopular, Group::kNew, bits(kHabit), nullptr},
    {ReasonKind::kAlike, Group::kNew, 0, &Beside::alike},
};

double log_sum_exp(const std::vector<double>& x) {
  const double most = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const double v : x) sum += std::exp(v - most);
  return most + std::log(sum);
}

// splitmix64, Box-Muller.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  double unit() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) * 0x1.0p-53;
  }
  double normal() { return std::sqrt(-2 * std::log(unit())) * std::cos(6.283185307179586 * unit()); }

 private:
  uint64_t state_;
};

class Ranking {
 public:
  Ranking(const Catalogue& catalogue, const Learner& learner, const Meaning& meaning, const Situation& at,
          const std::vector<float>& request, const std::vector<uint32_t>& candidates)
      : catalogue_(catalogue),
        learner_(learner),
        meaning_(meaning),
        at_(at),
        candidates_(candidates),
        evidence_(learner.score(at)) {
    weigh_beside(request);
    scores_.reserve(candidates_.size());
    for (size_t i = 0; i < candidates_.size(); ++i) scores_.push_back(weighed(i, learner_.weights().mean()) + beside(i));
    total_ = log_sum_exp(scores_);
  }

  std::vector<Choice> choose(const RankingOptions& options) {
    std::vector<size_t> pool(candidates_.size());
    std::iota(pool.begin(), pool.end(), size_t{0});
    const size_t kept = std::min(pool.size(), std::max<size_t>(kPool, options.count));
    // Ties go to the earlier feature of the catalogue, so that the order is the same everywhere.
    std::partial_sort(pool.begin(), pool.begin() + static_cast<std::ptrdiff_t>(kept), pool.end(), [&](size_t a, size_t b) {
      return scores_[a] != scores_[b] ? scores_[a] > scores_[b] : candidates_[a] < candidates_[b];
    });
    std::vector<size_t> taken;
    double propensity = 1;
    taken.push_back(options.exploration > 0 ? try_out(pool, options, &propensity) : pool[0]);
    pool.resize(kept);
    fill_places(pool, options, &taken);
    std::vector<Choice> choices;
    choices.reserve(taken.size());
    const std::vector<double> totals = totals_without();
    for (const size_t i : taken) choices.push_back(explain(i, totals));
    choices[0].propensity = propensity;
    return choices;
  }

 private:
  const Evidence& evidence(size_t i) const { return evidence_.evidence[candidates_[i]]; }
  double weighed(size_t i, const Evidence& weights) const {
    return std::inner_product(weights.begin(), weights.end(), evidence(i).begin(), 0.0);
  }
  double beside(size_t i) const { return beside_.request[i] + beside_.expected[i] + beside_.alike[i] + beside_.fixed[i]; }

  // What is used often speaks for itself; the maker's and the words' say fades with each use.
  void weigh_beside(const std::vector<float>& request) {
    std::vector<std::pair<uint32_t, double>> taste;
    for (const uint32_t f : learner_.used()) taste.emplace_back(f, learner_.uses(f, at_));
    std::sort(taste.begin(), taste.end(),
              [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    taste.resize(std::min(taste.size(), kTasteFeatures));
    const std::vector<float> blend = meaning_.blend(taste);
    for (const uint32_t f : candidates_) {
      const double novelty = 1 / (1 + learner_.uses(f, at_));
      beside_.request.push_back(request.empty() ? 0
                                                : kRequestWeight * std::max(0.0, meaning_.likeness(f, request) - kByChance));
      beside_.expected.push_back(novelty * kExpectedWeight * catalogue_[f].expected(at_));
      beside_.alike.push_back(
          taste.empty() || novelty < 0.05 ? 0 : novelty * kAlikeWeight * std::max(0.0, meaning_.likeness(f, blend)));
      beside_.fixed.push_back(evidence_.fixed[f]);
    }
  }

  // The places after the first, by maximal marginal relevance of what is left. What each is like at most to the places above
  // is kept, so that a place costs one comparison with each that is left, however many stand above it.
  void fill_places(const std::vector<size_t>& pool, const RankingOptions& options, std::vector<size_t>* taken) const {
    struct Left {
      size_t index;
      double worth, likest;
    };
    std::vector<Left> left;
    left.reserve(pool.size());
    for (const size_t i : pool)
      if (i != taken->front()) left.push_back({i, (1 - options.diversity) * std::exp(scores_[i] - scores_[pool[0]]), 0});
    while (taken->size() < options.count && !left.empty()) {
      auto chosen = left.begin();
      double most = -1e300;
      for (auto one = left.begin(); one != left.end(); ++one) {
        if (options.diversity > 0)
          one->likest = std::max(one->likest, meaning_.likeness(candidates_[one->index], candidates_[taken->back()]));
        const double value = one->worth - options.diversity * one->likest;
        if (value > most) most = value, chosen = one;
      }
      taken->push_back(chosen->index);
      left.erase(chosen);  // in order: ties go to the better one
    }
  }

  // The first place: the best, or with the share of exploration a draw. Each draw of Thompson sampling votes for the feature
  // that is best by it; votes and half a one for each of the ten are the probabilities, so that the propensity is exact.
  size_t try_out(const std::vector<size_t>& sorted, const RankingOptions& options, double* propensity) const {
    std::vector<size_t> tried(sorted.begin(),
                              sorted.begin() + static_cast<std::ptrdiff_t>(std::min(kTriedBest, sorted.size())));
    for (size_t k = tried.size(), found = 0; k < sorted.size() && found < kTriedNew; ++k)
      if (learner_.uses(candidates_[sorted[k]], at_) == 0) tried.push_back(sorted[k]), ++found;
    Random random(options.seed);
    std::vector<double> chance(tried.size(), 0.5);
    for (int draw = 0; draw < kDraws; ++draw) {
      Evidence noise;
      for (double& n : noise) n = random.normal();
      const Evidence weights = learner_.weights().draw(noise, kWeightSpread);
      size_t winner = 0;
      double most = -1e300;
      for (size_t k = 0; k < tried.size(); ++k) {
        const double unknown = kFeatureSpread / std::sqrt(1 + learner_.uses(candidates_[tried[k]], at_));
        const double value = weighed(tried[k], weights) + beside(tried[k]) + unknown * random.normal();
        if (value > most) most = value, winner = k;
      }
      chance[winner] += 1;
    }
    const double votes = std::accumulate(chance.begin(), chance.end(), 0.0);
    for (double& c : chance) c *= options.exploration / votes;
    chance[0] += 1 - options.exploration;
    double at = random.unit();
    size_t drawn = 0;
    for (size_t k = 0; k < chance.size(); ++k) {
      drawn = k;
      if ((at -= chance[k]) < 0) break;
    }
    *propensity = chance[drawn];
    return tried[drawn];
  }

  // What one side of the situation adds to a candidate, in log-odds.
  double part(const Side& side, size_t i) const {
    if (side.beside != nullptr) return (beside_.*side.beside)[i];
    const Evidence& weights = learner_.weights().mean();
    double sum = 0;
    for (size_t e = 0; e < kExperts; ++e)
      if ((side.experts >> e & 1u) != 0) sum += weights[e] * evidence(i)[e];
    return sum;
  }

  // total_ without each side.
  std::vector<double> totals_without() const {
    std::vector<double> totals, scores(scores_.size());
    for (const Side& side : kSides) {
      for (size_t i = 0; i < scores.size(); ++i) scores[i] = scores_[i] - part(side, i);
      totals.push_back(log_sum_exp(scores));
    }
    return totals;
  }

  // The side that moved it most: log P(i) less what it were without that side. Its own history is named when none else did.
  Choice explain(size_t i, const std::vector<double>& totals) const {
    Choice choice;
    choice.feature = candidates_[i];
    choice.probability = std::exp(scores_[i] - total_);
    const Group own = learner_.uses(choice.feature, at_) >= 0.5 ? Group::kKnown : Group::kNew;
    for (const Group group : {Group::kSituation, own}) {
      double most = group == Group::kSituation ? kLeastReason : -1e300;
      bool is_found = false;
      for (size_t s = 0; s < std::size(kSides); ++s) {
        const double moved = totals[s] - total_ + part(kSides[s], i);
        if (kSides[s].group != group || moved <= most) continue;
        is_found = true;
        most = moved;
        choice.reason = kSides[s].kind;
        choice.reason_weight = moved;
      }
      if (is_found) break;
    }
    return choice;
  }

  const Catalogue& catalogue_;
  const Learner& learner_;
  const Meaning& meaning_;
  const Situation& at_;
  const std::vector<uint32_t>& candidates_;
  Scores evidence_;
  Beside beside_;
  std::vector<double> scores_;  // [candidates]
  double total_ = 0;            // log of the sum of their exponentials
};

}  // namespace

std::vector<Choice> rank(const Catalogue& catalogue, const Learner& learner, const Meaning& meaning, const Situation& at,
                         const std::vector<float>& request, const std::vector<uint32_t>& candidates,
                         const RankingOptions& options) {
  if (candidates.empty() || options.count == 0) return {};
  return Ranking(catalogue, learner, meaning, at, request, candidates).choose(options);
}

}  // namespace sotto::recommendation

#include "baselines.h"

#include <cmath>
#include <map>
#include <utility>

namespace sotto::test {
namespace {

using Counts = std::map<uint32_t, double>;

// Orders what was never used by what sells: below every use.
void start(std::vector<double>* scores) {
  scores->resize(kHouseholdFeatures);
  for (uint32_t f = 0; f < kHouseholdFeatures; ++f) (*scores)[f] = 1e-6 * popularity_of(f);
}

void add(const Counts& counts, double weight, std::vector<double>* scores) {
  for (const auto& [feature, count] : counts) (*scores)[feature] += weight * count;
}

class Popularity : public Baseline {
 public:
  const char* name() const override { return "popularity"; }
  void score(const Moment&, std::vector<double>* scores) const override {
    start(scores);
    add(counts_, 1, scores);
  }
  void learn(const Moment& m) override { ++counts_[m.feature]; }

 private:
  Counts counts_;
};

// Uses that fade with a half-life.
class RecencyFrequency : public Baseline {
 public:
  explicit RecencyFrequency(double half_life_days) : half_life_ms_(half_life_days * 86400e3) {}
  const char* name() const override { return "recency-frequency"; }
  void score(const Moment&, std::vector<double>* scores) const override {
    start(scores);
    add(counts_, 1, scores);
  }
  void learn(const Moment& m) override {
    const double fade = std::exp2(-static_cast<double>(m.time_ms - last_) / half_life_ms_);
    for (auto& [feature, count] : counts_) count *= fade;
    last_ = m.time_ms;
    ++counts_[m.feature];
  }

 private:
  double half_life_ms_;
  Counts counts_;
  int64_t last_ = kHouseholdStart;
};

class SameHour : public Baseline {
 public:
  const char* name() const override { return "same-hour frequency"; }
  void score(const Moment& now, std::vector<double>* scores) const override {
    start(scores);
    add(all_, 1e-3, scores);
    add(hours_[hour(now)], 1, scores);
  }
  void learn(const Moment& m) override {
    ++all_[m.feature];
    ++hours_[hour(m)][m.feature];
  }

 private:
  static size_t hour(const Moment& m) { return static_cast<size_t>(m.time_ms / 3600000 % 24); }
  Counts all_, hours_[24];
};

// The last two features, backed off to the last one and to popularity: P = (n + k P') / (N + k).
class Markov : public Baseline {
 public:
  explicit Markov(double backing) : backing_(backing) {}
  const char* name() const override { return "Markov chain with back-off"; }
  void score(const Moment&, std::vector<double>* scores) const override {
    start(scores);
    add(all_, 1, scores);
    mix(first_, {kNothing, last_}, scores);
    mix(second_, {before_, last_}, scores);
  }
  void learn(const Moment& m) override {
    ++all_[m.feature];
    ++first_[{kNothing, last_}][m.feature];
    ++second_[{before_, last_}][m.feature];
    before_ = last_;
    last_ = m.feature;
  }

 private:
  static constexpr uint32_t kNothing = 0xFFFFFFFFu;
  using Key = std::pair<uint32_t, uint32_t>;
  void mix(const std::map<Key, Counts>& counts, const Key& key, std::vector<double>* scores) const {
    double total = 0;
    for (const double s : *scores) total += s;
    const auto found = counts.find(key);
    if (found == counts.end() || total <= 0) return;
    for (double& s : *scores) s *= backing_ / total;
    add(found->second, 1, scores);
  }
  double backing_;
  Counts all_;
  std::map<Key, Counts> first_, second_;
  uint32_t last_ = kNothing, before_ = kNothing;
};

}  // namespace

std::vector<std::unique_ptr<Baseline>> all_baselines() {
  std::vector<std::unique_ptr<Baseline>> all;
  all.push_back(std::make_unique<Popularity>());
  all.push_back(std::make_unique<RecencyFrequency>(40));
  all.push_back(std::make_unique<SameHour>());
  all.push_back(std::make_unique<Markov>(4.0));
  return all;
}

}  // namespace sotto::test

// counts.h: how often each feature was used in each circumstance, with old uses fading: one sparse row a circumstance.
//
// Forward decay (Cormode et al. 2009): a use at time t weighs 2^((t - base) / half_life), so that nothing needs to be touched
// when time passes, and what is read is compared with a use of now, `growth`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace sotto::recommendation {

class Counts {
 public:
  struct Cell {
    uint32_t feature = 0;
    double count = 0;
  };
  struct Row {
    double total = 0;
    std::vector<Cell> cells;  // by feature
  };

  explicit Counts(double half_life_days) : half_life_(half_life_days) {}
  // The weight of one use at `days`.
  double growth(double days) const;
  void add(uint64_t key, uint32_t feature, double weight);
  const Row* find(uint64_t key) const;  // NULL: nothing was ever counted there
  double count(uint64_t key, uint32_t feature) const;
  // Divides everything when the numbers have grown large, and drops rows that have faded away.
  void keep_small(double days);

 private:
  double half_life_;
  double base_ = 0;
  std::unordered_map<uint64_t, Row> rows_;
};

// The same for all circumstances together: one number a feature.
class Totals {
 public:
  Totals(size_t features, double half_life_days) : counts_(features), half_life_(half_life_days) {}
  double growth(double days) const;
  void add(uint32_t feature, double days);
  double count(uint32_t feature) const { return counts_[feature]; }
  double all() const { return all_; }

 private:
  std::vector<double> counts_;
  double all_ = 0;
  double half_life_;
  double base_ = 0;
};

}  // namespace sotto::recommendation

#include "counts.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace sotto::recommendation {
namespace {

constexpr double kMostHalfLives = 100;
constexpr double kFaded = 1e-6;  // of one use

auto place_of(const std::vector<Counts::Cell>& cells, uint32_t feature) {
  return std::lower_bound(cells.begin(), cells.end(), feature,
                          [](const Counts::Cell& cell, uint32_t f) { return cell.feature < f; });
}

}  // namespace

double Counts::growth(double days) const { return std::exp2((days - base_) / half_life_); }

void Counts::add(uint64_t key, uint32_t feature, double weight) {
  Row& row = rows_[key];
  row.total += weight;
  const auto at = row.cells.begin() + (place_of(row.cells, feature) - row.cells.cbegin());
  if (at != row.cells.end() && at->feature == feature)
    at->count += weight;
  else
    row.cells.insert(at, {feature, weight});
}

const Counts::Row* Counts::find(uint64_t key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

double Counts::count(uint64_t key, uint32_t feature) const {
  const Row* row = find(key);
  if (row == nullptr) return 0;
  const auto at = place_of(row->cells, feature);
  return at != row->cells.end() && at->feature == feature ? at->count : 0;
}

void Counts::keep_small(double days) {
  if ((days - base_) / half_life_ < kMostHalfLives) return;
  const double factor = 1 / growth(days);
  base_ = days;
  for (auto it = rows_.begin(); it != rows_.end();) {
    Row& row = it->second;
    row.total *= factor;
    for (Cell& cell : row.cells) cell.count *= factor;
    it = row.total < kFaded ? rows_.erase(it) : std::next(it);
  }
}

double Totals::growth(double days) const { return std::exp2((days - base_) / half_life_); }

void Totals::add(uint32_t feature, double days) {
  if ((days - base_) / half_life_ > kMostHalfLives) {
    const double factor = 1 / growth(days);
    base_ = days;
    all_ *= factor;
    for (double& count : counts_) count *= factor;
  }
  counts_[feature] += growth(days);
  all_ += growth(days);
}

}  // namespace sotto::recommendation

// household.h: a year of somebody's life with a device, made up from a seed: routines that drift with the seasons, weather,
// guests, holidays and noise. Judges the recommendation learner; knows nothing of it.
//
// The log is a pure function of the seed, with integer and basic float arithmetic only, so that it is the same on every
// machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sotto::test {

// splitmix64: one 64-bit state, the same numbers everywhere (the distributions of <random> are not).
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }  // [0, 1)
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(unit() * n); }
  bool chance(double p) { return unit() < p; }
  // Mean 0, deviation 1: twelve uniforms, because the logarithm differs between machines in its last bit.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += unit();
    return sum;
  }

 private:
  uint64_t state_;
};

// One use of a feature, with what the device could know at that moment.
struct Moment {
  int64_t time_ms = 0;   // UTC; the household lives at UTC + 0
  uint32_t feature = 0;  // index below kHouseholdFeatures
  const char* place = "";
  const char* device = "";
  const char* tag = "";  // "rain", "guests" or none; guests are seen only half of the time
  float mood = 0;        // -1 (bad) to 1
};

constexpr uint32_t kHouseholdFeatures = 1000;
constexpr uint32_t kHouseholdCategories = 25;
inline uint32_t category_of(uint32_t feature) { return feature / (kHouseholdFeatures / kHouseholdCategories); }
// How many of all households use it, 0 to 1: what a maker knows before a device is sold.
double popularity_of(uint32_t feature);
std::string household_feature_id(uint32_t feature);
// The catalogue as JSON, in the format of docs/models.md.
std::string household_catalogue();

// Sorted by time; starts on 2025-01-01 (a Wednesday) at 00:00 UTC.
std::vector<Moment> live(uint64_t seed, uint32_t days);

constexpr int64_t kHouseholdStart = 1735689600000;
constexpr uint64_t kDevelopmentSeeds[] = {1, 2, 3, 4};  // for choosing constants, of the learner and of the baselines alike
// Frozen before the learner was written: judge with them, never tune on them.
constexpr uint64_t kTestSeeds[] = {90001, 90002, 90003, 90004, 90005, 90006, 90007, 90008};

}  // namespace sotto::test

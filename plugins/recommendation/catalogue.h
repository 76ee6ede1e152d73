// catalogue.h: the features and apps that can be recommended, read from the maker's JSON (docs/models.md). Const after reading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "situation.h"

namespace sotto::recommendation {

constexpr uint32_t kUnknownFeature = 0xFFFFFFFFu;

struct Feature {
  std::string id, name_zh, name_en, description_zh, description_en, category;
  std::vector<std::string> needs;  // what a device must have
  double popularity = 0.1;         // 0 to 1, of all users
  // Where the maker expects it; empty: anywhere.
  std::vector<std::pair<uint32_t, uint32_t>> hours;  // minutes of the day, the second is not in it; may pass midnight
  std::vector<std::string> places, devices, tags;

  bool is_possible(const Asked& asked) const;
  // How many of the maker's expectations are met, less those that are not.
  int expected(const Situation& at) const;
};

class Catalogue {
 public:
  // Throws Failure: what is wrong, with which feature.
  static Catalogue read(std::string_view json);

  size_t size() const { return features_.size(); }
  const Feature& operator[](size_t index) const { return features_[index]; }
  uint32_t find(std::string_view id) const;  // kUnknownFeature
  uint64_t hash() const { return hash_; }    // of the JSON's bytes

 private:
  std::vector<Feature> features_;
  std::unordered_map<std::string, uint32_t> index_;
  uint64_t hash_ = 0;
};

// FNV-1a; `seed` chains.
uint64_t hash_of(std::string_view bytes, uint64_t seed = 0xcbf29ce484222325u);

}  // namespace sotto::recommendation

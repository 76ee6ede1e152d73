// meaning.h: how alike features are to each other and to what the user says: by their words, and by a model's where there is
// one. Const after construction, any thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "catalogue.h"
#include "model_words.h"

namespace sotto::recommendation {

class Meaning {
 public:
  // With a model each feature is read by it once, or found where an earlier run kept it. Throws Failure.
  Meaning(const Catalogue& catalogue, const plugin::Host& host, sotto_model* model);

  // Cosines, -1 to 1: of words, or half of words and half of the model's.
  double likeness(uint32_t a, uint32_t b) const;
  double likeness(uint32_t feature, const std::vector<float>& words) const;
  std::vector<float> read(const std::string& words) const;  // of length 1, or all zero
  // The weighed sum of features' vectors, of length 1.
  std::vector<float> blend(const std::vector<std::pair<uint32_t, double>>& features) const;

 private:
  const float* row(uint32_t feature) const { return vectors_.data() + feature * width_; }
  void add_words(const std::string& text, float* out) const;
  void read_catalogue(const Catalogue& catalogue, const plugin::Host& host);
  void centre(size_t language, float length, float* hidden) const;

  size_t width_ = 0;                            // hashed words, then the model's hidden size for each language
  std::unordered_map<uint64_t, float> rarity_;  // of words of the catalogue
  std::unique_ptr<ModelWords> model_;
  std::vector<float> mean_;     // [languages][hidden] over the catalogue: what all texts have in common says nothing
  std::vector<float> vectors_;  // [features][width]
};

}  // namespace sotto::recommendation

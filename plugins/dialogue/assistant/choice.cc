#include "choice.h"

#include <algorithm>
#include <cmath>

namespace sotto::assistant {
namespace {

// Words decide where they are alike; meaning can lift a paraphrase over the threshold but not make a function of nothing.
constexpr double kMeaningShare = 0.35;

// Hidden states of one model lie close together: what all examples share says nothing, so their mean is taken away first.
std::vector<float> centre_of(const Functions& functions, size_t width) {
  std::vector<float> centre(width, 0);
  size_t count = 0;
  for (const auto& [name, function] : functions.all())
    for (const auto& mean : function->example_means) {
      if (mean.size() != width) continue;
      for (size_t i = 0; i < width; ++i) centre[i] += mean[i];
      ++count;
    }
  for (float& x : centre) x /= static_cast<float>(std::max<size_t>(count, 1));
  return centre;
}

double cosine(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& centre) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < centre.size(); ++i) {
    const double x = a[i] - centre[i], y = b[i] - centre[i];
    dot += x * y, aa += x * x, bb += y * y;
  }
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : 0;
}

// Words of the text that an example's holes took in do not count against it.
double words_alike(const Function& function, size_t example, std::string_view normal, const Grams& grams) {
  Holes holes;
  if (function.examples[example].find('{') != std::string::npos && match_pattern(function.examples[example], normal, &holes))
    return 1;
  return likeness(grams, function.example_grams[example]);
}

}  // namespace

Chosen choose_function(const Functions& functions, std::string_view normal, const std::vector<float>& mean) {
  const Grams grams = grams_of(normal);
  const std::vector<float> centre = centre_of(functions, mean.size());
  Chosen best;
  double second = 0;
  for (const auto& [name, function] : functions.all()) {
    if (function->examples.empty()) continue;  // of an intent: the head knows it
    Chosen mine{function.get(), 0, 0, 0};
    for (size_t i = 0; i < function->examples.size(); ++i) {
      const double words = words_alike(*function, i, normal, grams);
      const bool has_mean =
          !mean.empty() && i < function->example_means.size() && function->example_means[i].size() == mean.size();
      const double meaning = has_mean ? std::max(0.0, cosine(mean, function->example_means[i], centre)) : words;
      mine.score = std::max(mine.score, std::max(words, (1 - kMeaningShare) * words + kMeaningShare * meaning));
      mine.words = std::max(mine.words, words);
    }
    if (best.function == nullptr || mine.score > best.score) {
      second = best.score;
      best = mine;
    } else {
      second = std::max(second, mine.score);
    }
  }
  best.margin = best.score - second;
  return best;
}

}  // namespace sotto::assistant

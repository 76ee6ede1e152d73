// judge.cc: the hit rates of the learner on a log that somebody kept back: an exported profile and its catalogue.
//
//     recommendation_judge CATALOGUE.json PROFILE.json [WARM_EVENTS]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>

#include "learner.h"
#include "profile_json.h"
#include "sotto/plugin.hpp"

namespace {

using namespace sotto::recommendation;

std::string bytes_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw sotto::plugin::Failure(SOTTO_NOT_FOUND, std::string(path) + " cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int judge(const char* catalogue_path, const char* profile_path, size_t warm) {
  const Catalogue catalogue = Catalogue::read(bytes_of(catalogue_path));
  Learner learner(catalogue, 45);
  double one = 0, three = 0, reciprocal = 0, judged = 0;
  size_t seen = 0;
  for (const Event& event : read_profile(bytes_of(profile_path), 10000000)) {
    const uint32_t feature = catalogue.find(event.feature);
    const bool is_use = event.kind == SOTTO_EVENT_USED || event.kind == SOTTO_EVENT_ACCEPTED;
    if (is_use && feature != kUnknownFeature && seen++ >= warm) {
      const Scores scores = learner.score(event.at);
      const Evidence& w = learner.weights().mean();
      const auto worth = [&](uint32_t f) {
        return std::inner_product(w.begin(), w.end(), scores.evidence[f].begin(), scores.fixed[f]);
      };
      const double own = worth(feature);
      uint32_t rank = 0;
      for (uint32_t f = 0; f < catalogue.size(); ++f) rank += worth(f) > own || (worth(f) == own && f < feature);
      one += rank < 1;
      three += rank < 3;
      reciprocal += 1.0 / (rank + 1);
      ++judged;
    }
    learner.learn(event);
  }
  if (judged == 0) return std::printf("no event is left to judge\n"), 1;
  const auto half = [&](double share) { return 1.96 * std::sqrt(share * (1 - share) / judged); };
  std::printf("{\"events\": %.0f, \"hit1\": %.4f, \"hit1_half\": %.4f, \"hit3\": %.4f, \"hit3_half\": %.4f, \"mrr\": %.4f}\n",
              judged, one / judged, half(one / judged), three / judged, half(three / judged), reciprocal / judged);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return std::printf("recommendation_judge CATALOGUE.json PROFILE.json [WARM_EVENTS]\n"), 2;
  return judge(argv[1], argv[2], argc > 3 ? static_cast<size_t>(std::atoi(argv[3])) : 200);
} catch (const std::exception& e) {
  return std::printf("%s\n", e.what()), 1;
}

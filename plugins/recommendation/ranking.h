// ranking.h: from what the learner, the maker and the words say of a situation to an ordered list with reasons.
#pragma once

#include "learner.h"
#include "meaning.h"

namespace sotto::recommendation {

enum class ReasonKind {
  kHour,
  kDayType,
  kWeekday,
  kPlace,
  kDevice,
  kMood,
  kTags,
  kBefore,
  kRequest,
  kExpected,
  kRecent,
  kHabit,
  kAlike,
  kPopular
};

struct Choice {
  uint32_t feature = 0;
  double probability = 0;
  double propensity = 1;
  ReasonKind reason = ReasonKind::kHabit;
  double reason_weight = 0;
};

struct RankingOptions {
  uint32_t count = 1;
  double diversity = 0;
  double exploration = 0;  // share of first places that are tried out
  uint64_t seed = 0;       // of this call
};

// The features of `candidates`, best first. Places after the first are by maximal marginal relevance (Carbonell and Goldstein
// 1998). The first is, with the share `exploration`, drawn by Thompson sampling among ten: the best and two never used.
std::vector<Choice> rank(const Catalogue& catalogue, const Learner& learner, const Meaning& meaning, const Situation& at,
                         const std::vector<float>& request, const std::vector<uint32_t>& candidates,
                         const RankingOptions& options);

}  // namespace sotto::recommendation

// reasons.h: one sentence in Chinese and one in English for what moved a recommendation most.
#pragma once

#include "ranking.h"

namespace sotto::recommendation {

struct Reason {
  const char* kind = "";  // as in recommendation.h
  std::string zh, en;
};

// `before`: the feature used just before, kUnknownFeature: none.
Reason reason_of(const Choice& choice, const Catalogue& catalogue, const Situation& at, uint32_t before);

}  // namespace sotto::recommendation

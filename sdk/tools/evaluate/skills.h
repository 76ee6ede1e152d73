// skills.h: the parts of an evaluation, each through one skill of the runtime; a part whose plugin or data is not there says so
// as {"skipped": why}.
#pragma once

#include "data.h"
#include "loading.h"

namespace sotto::tools {

// The time that the skills see; a part sets it.
struct EvaluationClock {
  int64_t now_ms = 0;
  sotto_interface interface();
};

struct Evaluation {
  Console& console;
  const Runtime& runtime;
  const ModelHandle& model;
  const EvaluationData& data;
  EvaluationClock& clock;
  std::string domain;  // empty: the model's
};

Json evaluate_sentiment(const Evaluation& e);       // label and emotion; latency
Json evaluate_intents(const Evaluation& e);         // accuracy by language
Json evaluate_dialogues(const Evaluation& e);       // calls, naturalness of answers, satisfaction proxy
Json evaluate_recommendation(const Evaluation& e);  // hit@k, MRR beside popularity; dismissals
Json evaluate_writing(const Evaluation& e);         // naturalness of free text

}  // namespace sotto::tools

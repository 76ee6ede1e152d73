// engine.h: what either voice talks with: a runtime and a model, on the machine's clock or the script's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "options.h"
#include "sotto/sotto.hpp"

// The time as the speaker sees it. A script moves it on.
struct SpeakerClock {
  int64_t fixed_ms = 0;  // 0: the machine's
  int64_t ahead_ms = 0;
  int64_t now_ms() const;
  sotto_interface interface();
};

struct Engine {
  explicit Engine(const SpeakerOptions& options);  // throws sotto::Error
  std::string description() const;                 // "SmolLM2 135M Instruct (Q4_1) on cpu"
  bool is_for_assistant() const;                   // it has an intent head and says what intents mean

  struct DestroyModel {
    void operator()(sotto_model* m) const { sotto_model_destroy(m); }
  };
  SpeakerClock clock;
  sotto::Runtime runtime;
  std::unique_ptr<sotto_model, DestroyModel> model;
};

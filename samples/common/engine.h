// engine.h: what a sample talks with: a runtime and a model, on the machine's clock or the script's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "options.h"
#include "sotto/sotto.hpp"

// The time as the device sees it. A script moves it on.
struct SampleClock {
  int64_t fixed_ms = 0;  // 0: the machine's
  int64_t ahead_ms = 0;
  int64_t now_ms() const;
  sotto_interface interface();
};

// Thrown by Engine's constructor in a process of an mpirun job that held no conversation, once the conversation is over.
struct ServedAsRank {};

std::string file_text(const std::string& path);  // throws sotto::Error

struct Engine {
  explicit Engine(const SampleOptions& options);  // throws sotto::Error
  std::string description() const;                // "SmolLM2 135M Instruct (Q4_1) on cpu"
  // It has an intent head, and a domain of its own or one that was given.
  bool is_for_assistant() const;
  bool carries_domain() const;
  uint32_t head_count() const { return sotto_model_head_count(model.get()); }

  struct DestroyModel {
    void operator()(sotto_model* m) const { sotto_model_destroy(m); }
  };
  SampleClock clock;
  std::string file;    // of the model: the one that was named, or the default
  std::string domain;  // that was given, or empty
  sotto::Runtime runtime;
  std::unique_ptr<sotto_model, DestroyModel> model;
};

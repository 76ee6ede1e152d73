// observe.h: what a model's matrices are multiplied with while it reads a text. Behind sotto_model_observe.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/span.h"
#include "run/engine.h"

namespace sotto {

struct ObserveOptions {
  uint32_t window = 0;  // tokens that are a text of their own; 0: the context, at most 512
  Progress progress;    // 0..1; true cancels
  // Told what the call takes beside the model before it takes it; a failure ends the call.
  std::function<Status(uint64_t)> reserve;
};

struct Observation {
  std::string_view tensor;  // the engine's
  std::vector<float> mean_squares;
  uint64_t tokens = 0;
};

// Of every tensor that a LINEAR step of the engine's plan multiplies with. Shares the engine with its sessions, a step at a
// time; no turn is held while `progress` is called.
Result<std::vector<Observation>> observe(Engine& engine, Span<const uint32_t> ids, const ObserveOptions& options);

}  // namespace sotto

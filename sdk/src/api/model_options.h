// model_options.h: what the C functions that open models read from their caller.
#pragma once

#include "api/runtime.h"
#include "run/engine.h"
#include "sotto/model.h"

namespace sotto {

// The load's progress as one run from 0 to 1: reading the bytes, where that is work, then the weights.
struct LoadProgress {
  int32_t (*call)(void*, float);
  void* user;
  float from, to;

  bool operator()(float fraction) const { return call(user, from + (to - from) * fraction) != 0; }
};

struct Bytes {
  ModelBytes bytes;
  bool are_ours;  // read into memory of the library
};

Result<Bytes> open_bytes(const sotto_model_source& from, const Progress& progress);
// The power policy as a number of threads; 0: the backend chooses.
uint32_t threads_of(const sotto_runtime& runtime);
// The tighter of a model's own cap (0: none) and what the runtime has left; 0: none.
uint64_t memory_cap(sotto_runtime& runtime, uint64_t own);
Result<EngineOptions> engine_options(sotto_runtime& runtime, const sotto_model_options& options);

}  // namespace sotto

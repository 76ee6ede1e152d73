// objects.h: what the addresses in Java's handles point to, where it is more than an object of the C ABI.
#pragma once

#include <memory>

#include "log.h"
#include "sotto/dialogue.h"
#include "sotto/sotto.h"

namespace sotto::jni {

// Java destroys it after everything that was made from it, so that the runtime ends inside of the destructor, before its log.
struct Runtime {
  std::unique_ptr<Log> log;
  sotto_runtime* runtime = nullptr;

  ~Runtime() { sotto_runtime_destroy(runtime); }
};

struct Dialogue {
  const sotto_dialogue_api* api;
  sotto_dialogue* dialogue;
};

}  // namespace sotto::jni

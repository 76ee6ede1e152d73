// lora.h: a low-rank adapter (model/lora.h) held by a backend, for the sessions of one engine.
#pragma once

#include <memory>

#include "run/engine.h"

namespace sotto {

// Const after open, any thread. The engine must outlive it.
class Lora {
 public:
  static Result<std::shared_ptr<const Lora>> open(Engine& engine, ModelBytes bytes);
  ~Lora();
  Lora(const Lora&) = delete;
  Lora& operator=(const Lora&) = delete;

  sotto_adapter* adapter() const { return adapter_; }

 private:
  explicit Lora(Engine& engine) : engine_(engine) {}

  Engine& engine_;
  sotto_adapter* adapter_ = nullptr;
};

}  // namespace sotto

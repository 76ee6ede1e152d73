// lora.h: a low-rank adapter (Hu et al. 2021, arXiv:2106.09685) from a GGUF adapter file, for the sessions of one engine.
#pragma once

#include <memory>

#include "run/engine.h"

namespace sotto {

// Const after open, any thread. The engine must outlive it.
class Lora {
 public:
  // Pairs "<tensor>.lora_a" [r, columns] and "<tensor>.lora_b" [rows, r] of F32, F16 or BF16; the scale is adapter.lora.alpha /
  // r.
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

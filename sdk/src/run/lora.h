// lora.h: a low-rank adapter (model/lora.h) held by a backend, for the sessions of one engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "run/engine.h"

namespace sotto {

// The adapter as one program has it. REQUIRES: its weights outlive it; whoever destroys it has the scheduler's turn.
class LoraOnBackend {
 public:
  explicit LoraOnBackend(const Backend& backend) : backend_(backend) {}
  ~LoraOnBackend();
  LoraOnBackend(const LoraOnBackend&) = delete;
  LoraOnBackend& operator=(const LoraOnBackend&) = delete;
  sotto_adapter* get() const { return adapter_; }
  sotto_adapter** slot() { return &adapter_; }

 private:
  const Backend& backend_;
  sotto_adapter* adapter_ = nullptr;
};

// [any thread]. The engine must outlive it, and moves it when it moves itself.
class Lora {
 public:
  static Result<std::shared_ptr<const Lora>> open(Engine& engine, ModelBytes bytes);
  ~Lora();
  Lora(const Lora&) = delete;
  Lora& operator=(const Lora&) = delete;

  // REQUIRES, here and below: the scheduler's turn, or a step of it.
  sotto_adapter* adapter() const { return made_->get(); }
  // Once more, for another program of the engine.
  Result<std::unique_ptr<LoraOnBackend>> make_on(const Program& program, const Plan& plan) const;
  void exchange(std::unique_ptr<LoraOnBackend>* other) { made_.swap(*other); }

 private:
  Lora(Engine& engine, std::string name) : engine_(engine), name_(std::move(name)) {}
  Result<std::unique_ptr<LoraOnBackend>> make(Span<const uint8_t> bytes, const Program& program, const Plan& plan) const;

  Engine& engine_;
  const std::string name_;
  std::vector<uint8_t> bytes_;  // of the file; empty where the engine cannot move
  std::unique_ptr<LoraOnBackend> made_;
};

}  // namespace sotto

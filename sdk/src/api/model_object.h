// model_object.h: the objects behind sotto_model and sotto_lora, counted by their children.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "api/runtime.h"
#include "run/engine.h"
#include "run/lora.h"
#include "sotto/model.h"

// Counted: the application's handle is one hold, each session and adapter another.
struct sotto_model : sotto::Trimmable {
 public:
  sotto_model(sotto::RuntimeRef runtime, std::unique_ptr<sotto::Engine> engine, uint64_t taken_bytes)
      : runtime_(std::move(runtime)), engine_(std::move(engine)), taken_bytes_(taken_bytes) {}

  sotto::Engine& engine() { return *engine_; }
  const sotto::Engine& engine() const { return *engine_; }
  sotto_runtime* runtime() const { return runtime_.get(); }
  void trim(uint32_t level) override { engine_->trim(level); }

  void hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (holds_.fetch_sub(1, std::memory_order_acq_rel) == 1) self_.reset();
  }
  // The runtime reaches the model weakly, so it owns itself until the last hold goes.
  void own(std::shared_ptr<sotto_model> self) { self_ = std::move(self); }

  ~sotto_model() override {
    engine_.reset();
    if (runtime_.get() != nullptr) runtime_->memory().give_back(taken_bytes_);
  }

 private:
  sotto::RuntimeRef runtime_;  // released last
  std::unique_ptr<sotto::Engine> engine_;
  uint64_t taken_bytes_;
  std::atomic<uint32_t> holds_{1};
  std::shared_ptr<sotto_model> self_;
};

namespace sotto {

// A hold on a model: the first member of its children, so that it is released last.
class ModelRef {
 public:
  explicit ModelRef(sotto_model* model) : model_(model) { model_->hold(); }
  ModelRef(const ModelRef&) = delete;
  ModelRef& operator=(const ModelRef&) = delete;
  ~ModelRef() { model_->release(); }
  sotto_model* get() const { return model_; }

 private:
  sotto_model* model_;
};

}  // namespace sotto

struct sotto_lora {
  explicit sotto_lora(sotto_model* m) : model(m) {}
  sotto::ModelRef model;
  std::shared_ptr<const sotto::Lora> lora;
};

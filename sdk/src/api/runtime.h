// runtime.h: the object behind sotto_runtime, shared by the models opened on it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "host/plugin_host.h"
#include "run/device_guard.h"
#include "sotto/runtime.h"

namespace sotto {

// The runtime's memory cap, shared by all its models. [any thread]
class MemoryBudget {
 public:
  explicit MemoryBudget(uint64_t cap) : cap_(cap) {}
  uint64_t cap() const { return cap_; }  // 0: none
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  // What may still be taken; UINT64_MAX without a cap.
  uint64_t free_bytes() const;
  Status take(uint64_t bytes);
  void give_back(uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  uint64_t cap_;
  std::atomic<uint64_t> used_{0};
};

// A part of the runtime's budget, given back unless kept.
class BudgetShare {
 public:
  explicit BudgetShare(MemoryBudget& budget) : budget_(budget) {}
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() { budget_.give_back(bytes_); }
  Status take(uint64_t bytes) {
    SOTTO_TRY(budget_.take(bytes));
    bytes_ += bytes;
    return {};
  }
  // Instead of what it has.
  Status take_instead(uint64_t bytes) {
    budget_.give_back(keep());
    return take(bytes);
  }
  uint64_t keep() { return std::exchange(bytes_, 0); }

 private:
  MemoryBudget& budget_;
  uint64_t bytes_ = 0;
};

// What can give memory back when the application asks: models.
class Trimmable {
 public:
  virtual ~Trimmable() = default;
  virtual void trim(uint32_t level) = 0;  // as sotto_runtime_trim; any thread
};

}  // namespace sotto

// Counted: the application's handle is one hold, each model has one (RuntimeRef). The last release unloads the plugins.
struct sotto_runtime {
 public:
  static sotto::Result<sotto_runtime*> create(const sotto_runtime_options& options);
  sotto_runtime(const sotto_runtime&) = delete;
  sotto_runtime& operator=(const sotto_runtime&) = delete;

  sotto::PluginHost& host() { return *host_; }
  const sotto::PluginHost& host() const { return *host_; }
  sotto::DeviceGuard& guard() { return guard_; }
  sotto::Log log() const { return host_->log(); }
  sotto::MemoryBudget& memory() { return memory_; }
  uint32_t threads() const { return threads_; }  // 0: the backend chooses
  uint64_t affinity_mask() const { return affinity_mask_; }
  int32_t thread_priority() const { return thread_priority_; }
  uint32_t power_policy() const { return power_policy_.load(std::memory_order_relaxed); }
  void set_power_policy(uint32_t policy) { power_policy_.store(policy, std::memory_order_relaxed); }
  // From now on trim() reaches `object` for as long as it lives.
  void add_trimmable(std::weak_ptr<sotto::Trimmable> object);
  void trim(uint32_t level);

  void hold() { holds_.fetch_add(1, std::memory_order_relaxed); }
  void release();
  // False, and nothing is released, when this is the last hold.
  bool release_unless_last();
  sotto_runtime* next_parked = nullptr;  // owned by parked.cc

 private:
  sotto_runtime(const sotto_runtime_options& options, std::unique_ptr<sotto::PluginHost> host, sotto::GuardOptions guard);
  ~sotto_runtime() = default;

  std::atomic<uint32_t> holds_{1};
  std::unique_ptr<sotto::PluginHost> host_;
  sotto::DeviceGuard guard_;
  sotto::MemoryBudget memory_;
  uint32_t threads_;
  uint64_t affinity_mask_;
  int32_t thread_priority_;
  std::atomic<uint32_t> power_policy_;
  std::mutex mutex_;  // guards trimmables_
  std::vector<std::weak_ptr<sotto::Trimmable>> trimmables_;
};

namespace sotto {

// A hold on a runtime: the first member of a model, so that it is released last.
class RuntimeRef {
 public:
  RuntimeRef() = default;
  explicit RuntimeRef(sotto_runtime* runtime) : runtime_(runtime) {
    if (runtime_ != nullptr) runtime_->hold();
  }
  RuntimeRef(const RuntimeRef& other) : RuntimeRef(other.runtime_) {}
  RuntimeRef(RuntimeRef&& other) noexcept : runtime_(std::exchange(other.runtime_, nullptr)) {}
  RuntimeRef& operator=(RuntimeRef other) noexcept {
    std::swap(runtime_, other.runtime_);
    return *this;
  }
  ~RuntimeRef() {
    if (runtime_ != nullptr) runtime_->release();
  }
  sotto_runtime* get() const { return runtime_; }
  sotto_runtime* operator->() const { return runtime_; }
  // Gives the hold back unless it is the last one; true: this is empty now.
  bool try_release() {
    if (runtime_ != nullptr && !runtime_->release_unless_last()) return false;
    runtime_ = nullptr;
    return true;
  }
  // Hands the hold over to the caller.
  sotto_runtime* detach() { return std::exchange(runtime_, nullptr); }

 private:
  sotto_runtime* runtime_ = nullptr;
};

}  // namespace sotto

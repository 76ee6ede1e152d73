// step_lock.h: whose turn it is on a program: one step at a time, first come first served. For sessions that share a model.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sotto {

// [any thread]. Waiting allocates nothing and ends early when the waiter's own call is cancelled or late.
class StepLock {
 public:
  // False: `should_stop()` became true while waiting; the lock is not held.
  template <class ShouldStop>
  bool enter(const ShouldStop& should_stop) {
    std::unique_lock<std::mutex> lock(mutex_);
    Waiter me;
    append(&me);
    while (busy_ || first_ != &me) {
      changed_.wait_for(lock, kPoll);
      if ((busy_ || first_ != &me) && should_stop()) {
        remove(&me);
        changed_.notify_all();
        return false;
      }
    }
    remove(&me);
    busy_ = true;
    return true;
  }
  void leave() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      busy_ = false;
    }
    changed_.notify_all();
  }

 private:
  struct Waiter {
    Waiter* next = nullptr;
  };
  static constexpr std::chrono::milliseconds kPoll{5};

  void append(Waiter* w) {
    (last_ ? last_->next : first_) = w;
    last_ = w;
  }
  void remove(Waiter* w) {
    Waiter* before = nullptr;
    for (Waiter* x = first_; x != w; x = x->next) before = x;
    (before ? before->next : first_) = w->next;
    if (last_ == w) last_ = before;
  }

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  bool busy_ = false;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace sotto

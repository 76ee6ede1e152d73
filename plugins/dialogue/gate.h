// gate.h: lets one call at a time into a dialogue and tells another thread (busy) from the same thread (re-entry).
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "status.h"

namespace sotto::dialogue {

class Gate {
 public:
  Status enter(const char* what) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!is_held_) {
      is_held_ = true;
      holder_ = std::this_thread::get_id();
      return {};
    }
    if (holder_ == std::this_thread::get_id())
      return {SOTTO_REENTRANT,
              std::string("dialogue: ") + what + " was called from inside a callback of the same dialogue: only cancel may be"};
    return {SOTTO_BUSY, std::string("dialogue: ") + what + " was called while another thread uses the dialogue"};
  }
  // True when the dialogue was given up meanwhile, from inside its own callback: the caller destroys it.
  bool leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_held_ = false;
    idle_.notify_all();
    return is_given_up_;
  }
  bool is_held_by_caller() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return is_held_ && holder_ == std::this_thread::get_id();
  }
  void give_up() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_given_up_ = true;
  }
  void wait_until_idle() {
    std::unique_lock<std::mutex> lock(mutex_);
    idle_.wait(lock, [&] { return !is_held_; });
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable idle_;
  std::thread::id holder_;
  bool is_held_ = false;
  bool is_given_up_ = false;
};

}  // namespace sotto::dialogue

// interrupts.h: Ctrl-C and its relatives, delivered to a thread of their own instead of into the middle of the program.
#pragma once

#include <csignal>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace sotto::tools {

// One for the program, made before any other thread. While no Scope lives, a signal ends the program with 128 + its number.
class Interrupts {
 public:
  Interrupts();
  ~Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

  int signal() const { return signal_; }  // the last one, 0: none
  void clear();
  int fd() const { return pipe_[0]; }  // readable from a signal until clear()

  // While it lives a signal calls `stop`, on the watching thread; the work then ends by itself.
  class Scope {
   public:
    Scope(Interrupts& interrupts, std::function<void()> stop);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Interrupts& interrupts_;
    std::function<void()> outer_;
  };

 private:
  void watch();

  sigset_t signals_;
  int pipe_[2] = {-1, -1};
  std::atomic<int> signal_{0};
  std::atomic<bool> is_ending_{false};
  std::mutex mutex_;  // guards stop_
  std::function<void()> stop_;
  std::thread watcher_;
};

}  // namespace sotto::tools

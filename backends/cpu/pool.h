// pool.h - the threads of a group: run a job of many items on all of them, stop it when the caller's `should_stop` says so.
//
// A job's items are spread in order over queues, one for each thread (or rank, where these are more): a thread walks through
// items that lie side by side in memory, which its core reads ahead, and where items come rank after rank, each rank has cores
// whose caches hold its part of the model. Who finds his queue empty takes from the others', so that a core that the system
// gave to somebody else delays nobody.
//
// The calling thread takes part and is the only one that polls. Idle threads spin for a moment (the next step of a token is
// microseconds away), then sleep: an idle group uses no processor time. One job at a time; created with the group, joined with
// it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "threads.h"

namespace sotto::cpu {

uint64_t now_ns();  // monotonic

// Whether the host wants the run to end, asked at most every few milliseconds. Used by the calling thread only.
class StopWatch {
 public:
  StopWatch(int32_t (*should_stop)(void*), void* user) : should_stop_(should_stop), user_(user) {}
  bool stopped();
  // From now on nothing stops.
  void look_away() {
    should_stop_ = nullptr;
    stopped_ = false;
  }

 private:
  int32_t (*should_stop_)(void*);
  void* user_;
  uint64_t asked_ns_ = 0;
  bool stopped_ = false;
};

struct PoolOptions {
  uint32_t threads = 1;  // the calling thread included
  uint32_t queues = 1;
  int32_t priority = 0;
  uint64_t affinity_mask = 0;
};

class Pool {
 public:
  // Throws std::system_error when a thread cannot be created: none is left behind then.
  explicit Pool(const PoolOptions& options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  uint32_t threads() const { return static_cast<uint32_t>(workers_.size()) + 1; }

  // Before the jobs of a step: moves the pool's threads off the caller's core. Calls come from whichever thread of the
  // application, on whichever core it woke up; the scheduler is slow to part two threads that are busy on one.
  void make_way();

  // body(item, thread) for every item < count, thread < threads(). Returns false when stopped early: some items did not run.
  // next(thread): where in memory the thread's next job begins, null: nobody knows; a thread that has no more items, while
  // others have, asks memory for that.
  template <class Body, class Next>
  bool run(uint32_t count, StopWatch& watch, const Body& body, const Next& next) {
    struct Both {
      const Body& body;
      const Next& next;
    };
    const Both both = {body, next};
    const Job job = {
        [](const void* context, uint32_t item, uint32_t thread) { static_cast<const Both*>(context)->body(item, thread); },
        [](const void* context, uint32_t thread) -> const uint8_t* { return static_cast<const Both*>(context)->next(thread); }};
    return run_job(count, watch, job, &both);
  }
  template <class Body>
  bool run(uint32_t count, StopWatch& watch, const Body& body) {
    return run(count, watch, body, [](uint32_t) -> const uint8_t* { return nullptr; });
  }

  // For long items, from inside a body: whether to give up (the item's result is not used then).
  bool stopping(uint32_t thread, StopWatch& watch) {
    if (thread == 0 && watch.stopped()) stop_.store(true, std::memory_order_relaxed);
    return stop_.load(std::memory_order_relaxed);
  }

 private:
  struct Job {
    void (*body)(const void* context, uint32_t item, uint32_t thread);
    const uint8_t* (*next)(const void* context, uint32_t thread);
  };

  // One of its own line in the cache: the others are read when it is empty.
  struct alignas(64) Queue {
    // (epoch << 32) | items taken. Taking an item is a compare-exchange on both. Before the fields below it change every
    // queue is closed (released by their stores), so that a thread that comes late, and reads new fields with an old epoch,
    // takes nothing.
    std::atomic<uint64_t> next{0};
  };

  bool run_job(uint32_t count, StopWatch& watch, const Job& job, const void* context);
  const uint8_t* take_all(uint32_t epoch, uint32_t thread, StopWatch* watch);
  bool take(uint32_t queue, uint32_t epoch, uint32_t thread);
  uint32_t epoch() const { return static_cast<uint32_t>(queues_.back().next.load() >> 32); }
  void work(uint32_t thread, const PoolOptions& options);
  void wait_for_work(uint32_t epoch);
  void end_threads();

  std::vector<Queue> queues_;  // the last one opens last
  // Read for every item, written once a job.
  alignas(64) std::atomic<uint32_t> count_{0};
  std::atomic<decltype(Job::body)> body_{nullptr};
  std::atomic<decltype(Job::next)> next_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<bool> stop_{false};

  // Each thread adds its items once, when it finds none any more: a line that two cores write for every item costs them more
  // than a short item does.
  alignas(64) std::atomic<uint32_t> done_{0};
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> quit_{false};
  std::mutex mutex_;  // guards nothing but the wait on wake_
  std::condition_variable wake_;
  std::vector<std::thread> workers_;
  CoreSet cores_;          // of the threads; empty: they stay where they are
  int32_t made_way_ = -1;  // the core that they are kept off
};

}  // namespace sotto::cpu

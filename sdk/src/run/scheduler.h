// scheduler.h: runs the steps of one program for all its sessions. One waiting caller leads a step for everyone who waits; no
// lock is held while the backend computes, and callbacks of the application run in their own call, outside of every step.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/span.h"
#include "run/program.h"
#include "run/sequences.h"
#include "run/stop_watch.h"

namespace sotto {

// Which outputs are wanted: nothing before position `from`; from there on `every` and, if given, masks[position - from]; at the
// last position of the request `last` too.
struct RowWishes {
  uint32_t from = 0;
  uint32_t every = 0;
  uint32_t last = 0;
  const uint32_t* masks = nullptr;
};

class Lora;

// Tokens from this position on are computed with this adapter; nullptr: without one.
struct AdapterFrom {
  uint32_t position = 0;
  const Lora* lora = nullptr;
  float strength = 0;
};

// The next rows of one session. Lives on the stack of its caller.
struct StepRequest {
  StepRequest(Stream& s, const StopWatch& w) : stream(s), stop(w) {}

  Stream& stream;
  const StopWatch& stop;
  Span<const uint32_t> tokens;  // all of the session; those not in the cache are computed, as many as fit a step
  RowWishes wishes;
  Span<const AdapterFrom> adapters;    // by position
  std::vector<float>* rows = nullptr;  // receives the wanted rows in order, outputs ascending within a position

  // The answer: the positions that were computed.
  uint32_t first = 0;
  uint32_t count = 0;

  uint32_t outputs_at(uint32_t position) const {
    uint32_t outputs = 0;
    if (position >= wishes.from) outputs = wishes.every | (wishes.masks ? wishes.masks[position - wishes.from] : 0);
    return position + 1 == tokens.size() ? outputs | wishes.last : outputs;
  }
};

// [any thread]. The program must outlive it.
class Scheduler {
 public:
  explicit Scheduler(const Program& program);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Computes the next tokens of a session, at least one, in a step that it may share. When it fails, stream.computed says what
  // the cache holds.
  Status step(StepRequest& request);

  // A turn without a step, for everything else that touches the program: nobody computes while it lives.
  class Turn {
   public:
    explicit Turn(Scheduler& scheduler);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Sequences& sequences() { return scheduler_.sequences_; }

   private:
    Scheduler& scheduler_;
  };

  // Numbers computations in the order of their beginning (Stream::ticket).
  uint64_t next_ticket() { return ++tickets_; }
  // A session that decodes: it will be back with one token soon, so that a step waits a moment for it.
  void begin_decoding() { ++decoding_; }
  void end_decoding() { --decoding_; }
  uint32_t decoding() const { return decoding_; }
  uint64_t shared_steps() const { return shared_steps_; }

 private:
  enum class State : uint8_t { kWaiting, kTaken, kDone };
  struct Waiter {
    StepRequest* request = nullptr;  // nullptr: a turn
    Waiter* next = nullptr;
    State state = State::kWaiting;  // under the lock: once it is no longer taken, its caller may leave and take it along
    std::condition_variable wake;   // its own: of many who wait one is meant
    // The leader's, until it gives the step up:
    bool waits_again = false;  // back into the queue instead of done
    bool alone = false;        // after a shared step failed
    StopWatch::Clock::time_point not_before{};
    Status status;
    std::exception_ptr thrown;
  };

  void append(Waiter* w);
  void pass_on();
  void end(Waiter* w, std::exception_ptr thrown);
  void remove(Waiter* w);
  Waiter* next_leader() const;
  void gather(std::unique_lock<std::mutex>& lock, const Waiter& leader);
  void lead(std::unique_lock<std::mutex>& lock, Waiter& leader);
  void lead_step(std::unique_lock<std::mutex>& lock, Waiter& leader);
  void choose(const Waiter& leader);
  uint32_t chunk_rows() const;
  void run_taken();
  void give_back_all_but_first();
  Status run_once();
  void book();
  void build_rows();
  uint32_t rows_of(const StepRequest& r, uint32_t room) const;
  void settle(const Status& status);
  void settle_cancelled();
  void settle_full(const Status& status);
  int32_t should_stop();
  Status deliver(StepRequest& r, uint32_t first_row, size_t (&next)[kOutputs]) const;

  const Program& program_;
  Sequences sequences_;
  std::atomic<uint64_t> tickets_{0};
  std::atomic<uint32_t> decoding_{0};
  std::atomic<uint64_t> shared_steps_{0};

  std::mutex mutex_;                  // guards the queue and led_; whoever set led_ has everything below to itself
  std::condition_variable gathered_;  // the leader's who waits for others
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  uint32_t waiting_ = 0;
  bool led_ = false;

  std::vector<Waiter*> taken_;  // of this step, the leader first; nullptr: has gone
  std::vector<sotto_batch_row> rows_;
  std::vector<uint32_t> lengths_;
  const float* results_[kOutputs] = {};
  uint32_t result_counts_[kOutputs] = {};
  StopWatch::Clock::duration last_step_{};
  StopWatch::Clock::duration row_time_{};  // of a row among many, as last measured; 0: not yet
  uint32_t chunk_ = 0;                     // of this step
  uint32_t step_rows_ = 0;
  std::atomic<std::thread::id> runner_{std::thread::id()};  // the thread that is inside the backend's run
  std::atomic<bool> asked_elsewhere_{false};                // should_stop was called by another
};

}  // namespace sotto

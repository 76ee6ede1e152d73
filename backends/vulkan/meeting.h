// meeting.h - ranks on devices of their own: a thread for each, and a place in the host's memory where they meet.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sotto::vulkan {

// Where the ranks of one run meet, in the same order each. [any thread: one for each rank]
class Meeting {
 public:
  explicit Meeting(uint32_t ranks) : offers_(ranks) {}

  // [rows, width]
  struct Offer {
    const float* numbers = nullptr;
    uint32_t rows = 0, width = 0;
  };
  // Puts the sum of what all ranks offer, in rank order, into `to`, or their columns side by side. Comes back when all have
  // theirs. False: a rank left, or `should_stop` said so, which is asked every few milliseconds.
  bool meet(uint32_t rank, const Offer& offer, bool sums, float* to, const std::function<bool()>& should_stop);
  // A rank of this run comes to no further meeting: the others need not wait.
  void leave();
  // For the next run. REQUIRES: no rank is running.
  void begin();

 private:
  bool wait_for_all(const std::function<bool()>& should_stop);

  std::mutex mutex_;  // guards all below; offers_ is read without it between the two waits of a meeting
  std::condition_variable changed_;
  std::vector<Offer> offers_;
  uint32_t arrived_ = 0;
  uint64_t rounds_ = 0;
  bool is_left_ = false;
};

// A thread for each rank but the first, which has its caller's. One caller at a time.
class Crew {
 public:
  explicit Crew(uint32_t ranks);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // job(rank) for all ranks at once; it throws nothing.
  void run(const std::function<void(uint32_t)>& job);

 private:
  void work(uint32_t rank);
  void end();

  std::mutex mutex_;  // guards all below but the threads
  std::condition_variable changed_;
  const std::function<void(uint32_t)>* job_ = nullptr;
  uint64_t jobs_ = 0;
  uint32_t at_work_ = 0;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sotto::vulkan

// job.h - this process's place in an MPI job: joining it, the collective calls, and what is left after a rank was lost.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "sotto/comm.h"
#include "transport.h"

namespace sotto::mpi {

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  // Leaves MPI if every rank is still there; else MPI is left as it is, for the process to end with it.
  ~Job();

  sotto_status join(sotto_comm_facts* facts, sotto_error* err);
  uint32_t rank() const { return rank_; }
  uint32_t world() const { return world_; }
  sotto_status all_reduce(float* data, uint64_t count, uint32_t* stop, uint32_t deadline_ms, sotto_error* err);
  sotto_status all_gather(const uint8_t* part, uint64_t bytes, uint8_t* all, const uint64_t* bytes_of_rank, uint32_t* stop,
                          uint32_t deadline_ms, sotto_error* err);
  sotto_status broadcast(uint8_t* data, uint64_t bytes, uint32_t root, uint32_t deadline_ms, sotto_error* err);
  void abort(sotto_str reason);

 private:
  enum Kind : uint32_t { kReduce = 1, kGather = 2, kBroadcast = 3 };

  // Of callers who hold the mutex.
  sotto_status start(sotto_error* err);
  sotto_status gather(const uint8_t* part, uint64_t bytes, uint8_t* all, const uint64_t* bytes_of_rank, uint32_t* stop,
                      uint32_t deadline_ms, sotto_error* err);
  sotto_status spread(uint8_t* data, uint64_t bytes, uint32_t root, uint32_t deadline_ms, sotto_error* err);
  bool share_memory();
  sotto_status enter(const char* what, sotto_error* err);
  // Of one round, alike on all processes but for `stop`.
  struct Round {
    Kind kind;
    uint64_t total;  // bytes of the call
    uint32_t sender;
    uint32_t stop;
  };
  // `bytes_of(rank)`: what each sender brings. REQUIRES: begin() was successful and out() holds this process's bytes.
  template <class Bytes>
  sotto_status round(const Round& round, const Bytes& bytes_of, const Deadline& deadline, sotto_error* err);
  sotto_status check_head(const Round& round, uint32_t rank, uint32_t bytes, sotto_error* err);
  sotto_status lose(Loss loss, sotto_error* err);
  sotto_status lost(sotto_error* err) const;

  std::mutex mutex_;  // guards all but aborted_ and reason_: one call at a time
  std::unique_ptr<Transport> transport_;
  sotto_comm_facts facts_{};
  uint32_t rank_ = 0;
  uint32_t world_ = 0;  // 0: not joined
  bool started_ = false;
  uint64_t call_ = 0;
  Loss loss_;
  std::atomic<bool> aborted_{false};
  std::mutex reason_mutex_;  // guards reason_
  std::string reason_;
};

}  // namespace sotto::mpi

// fake_job.h - the processes of a job as threads of a test: a communicator that a test can make lie, be late or be gone.
#pragma once

#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "sotto/comm.h"

namespace sotto {

class FakeJob {
 public:
  explicit FakeJob(uint32_t world) : parts_(world) {
    for (uint32_t r = 0; r < world; ++r) places_.push_back(std::make_unique<Place>(Place{*this, r}));
  }

  sotto_interface comm(uint32_t rank) { return {&kTable, places_[rank].get()}; }
  uint32_t world() const { return static_cast<uint32_t>(parts_.size()); }
  // Runs body(rank) on a thread for each rank.
  void run(const std::function<void(uint32_t)>& body) {
    std::vector<std::thread> threads;
    for (uint32_t r = 0; r < world(); ++r) threads.emplace_back([&, r] { body(r); });
    for (std::thread& t : threads) t.join();
  }

  // Changes what a rank brings to a call before the others see it.
  std::function<void(uint32_t rank, std::vector<uint8_t>& bytes)> tamper;

 private:
  struct Place {
    FakeJob& job;
    uint32_t rank;
  };

  bool meet(uint32_t rank, std::vector<uint8_t> part, uint32_t deadline_ms, const std::function<void()>& read) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto wait = [&](const std::function<bool()>& ready) {
      const bool in_time = changed_.wait_for(lock, std::chrono::milliseconds(deadline_ms ? deadline_ms : 10000),
                                             [&] { return lost_ || ready(); });
      lost_ = lost_ || !in_time;
      changed_.notify_all();
      return !lost_;
    };
    if (!wait([&] { return readers_ == 0; })) return false;  // the last call was read by all
    if (tamper) tamper(rank, part);
    parts_[rank] = std::move(part);
    const uint64_t call = call_;
    if (++arrived_ == world()) {
      arrived_ = 0;
      readers_ = world();
      ++call_;
      changed_.notify_all();
    }
    if (!wait([&] { return call_ != call; })) return false;
    read();
    if (--readers_ == 0) changed_.notify_all();
    return true;
  }

  static Place& place(void* self) { return *static_cast<Place*>(self); }
  static uint32_t rank_of(void* self) { return place(self).rank; }
  static uint32_t world_of(void* self) { return place(self).job.world(); }
  static sotto_status told(bool done) { return done ? SOTTO_OK : SOTTO_RANK_LOST; }

  static sotto_status all_gather(void* self, const void* part, uint64_t bytes, void* all, const uint64_t*, uint32_t*,
                                 uint32_t deadline, sotto_error*) {
    FakeJob& job = place(self).job;
    const auto* from = static_cast<const uint8_t*>(part);
    return told(job.meet(place(self).rank, std::vector<uint8_t>(from, from + bytes), deadline, [&] {
      auto* to = static_cast<uint8_t*>(all);
      for (const auto& p : job.parts_) {
        std::memcpy(to, p.data(), p.size());
        to += p.size();
      }
    }));
  }
  static sotto_status broadcast(void* self, void* data, uint64_t bytes, uint32_t root, uint32_t deadline, sotto_error*) {
    FakeJob& job = place(self).job;
    const auto* from = static_cast<const uint8_t*>(data);
    return told(job.meet(place(self).rank, std::vector<uint8_t>(from, from + bytes), deadline, [&] {
      // What the root sends stays untouched, unless it was tampered with.
      if (place(self).rank != root || job.tamper) std::memcpy(data, job.parts_[root].data(), bytes);
    }));
  }
  static sotto_status all_reduce(void* self, float* data, uint64_t count, uint32_t*, uint32_t deadline, sotto_error*) {
    FakeJob& job = place(self).job;
    const auto* from = reinterpret_cast<const uint8_t*>(data);
    return told(job.meet(place(self).rank, std::vector<uint8_t>(from, from + count * sizeof(float)), deadline, [&] {
      std::memcpy(data, job.parts_[0].data(), count * sizeof(float));
      for (size_t r = 1; r < job.parts_.size(); ++r)
        for (uint64_t i = 0; i < count; ++i) {
          float x = 0;
          std::memcpy(&x, job.parts_[r].data() + i * sizeof x, sizeof x);
          data[i] += x;
        }
    }));
  }
  static sotto_status join(void* self, sotto_comm_facts* facts, sotto_error*) {
    *facts = {sizeof *facts, place(self).rank, place(self).job.world(), place(self).job.world(), "a", "threads"};
    facts->host[0] = static_cast<char>('a' + place(self).rank);
    return SOTTO_OK;
  }
  static void abort(void* self, sotto_str) {
    FakeJob& job = place(self).job;
    const std::lock_guard<std::mutex> lock(job.mutex_);
    job.lost_ = true;
    job.changed_.notify_all();
  }

  static constexpr sotto_comm_api kTable = {
      sizeof(sotto_comm_api), 0, join, rank_of, world_of, all_reduce, all_gather, broadcast, abort};

  std::vector<std::unique_ptr<Place>> places_;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::vector<std::vector<uint8_t>> parts_;
  uint32_t arrived_ = 0, readers_ = 0;
  uint64_t call_ = 0;
  bool lost_ = false;
};

}  // namespace sotto

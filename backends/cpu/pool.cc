#include "pool.h"

#include <time.h>

#include <algorithm>

#include "kernels/prefetch.h"

namespace sotto::cpu {
namespace {

constexpr uint64_t kPollNs = 4'000'000;       // the host is asked this often, a fifth of what backend.h promises
constexpr uint64_t kPoliteSpinNs = 10'000;    // then the spinning thread offers its core to others
constexpr uint64_t kLongestSpinNs = 100'000;  // then it sleeps

constexpr uint64_t kClosed = 0xFFFFFFFFu;  // as items taken: the job has ended

// Bytes of the next job that a thread asks for: one that waits to be woken, and the caller, who has the steps between to do.
constexpr uint32_t kAheadOfWorker = 32768, kAheadOfCaller = 6144;

void ask_for_next(const uint8_t* at, uint32_t bytes) {
  for (uint32_t i = 0; at != nullptr && i < bytes; i += 64) ask_far_memory(at + i);
}

uint32_t epoch_of(uint64_t next) { return static_cast<uint32_t>(next >> 32); }

}  // namespace

uint64_t now_ns() {
  timespec t = {};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

bool StopWatch::stopped() {
  if (stopped_ || should_stop_ == nullptr) return stopped_;
  const uint64_t now = now_ns();
  if (now - asked_ns_ < kPollNs) return false;
  asked_ns_ = now;
  stopped_ = should_stop_(user_) != 0;
  return stopped_;
}

Pool::Pool(const PoolOptions& options) : queues_(std::max(options.queues, 1u)) {
  // Whoever names cores, or wants more threads than there are, has his way.
  const CoreSet cores = cores_of_caller();
  if (options.affinity_mask == 0 && options.threads <= cores.count()) cores_ = cores;
  try {
    workers_.reserve(options.threads);
    for (uint32_t t = 1; t < options.threads; ++t) workers_.emplace_back([this, t, options] { work(t, options); });
  } catch (...) {
    end_threads();
    throw;
  }
}

Pool::~Pool() { end_threads(); }

void Pool::end_threads() {
  quit_.store(true);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  for (std::thread& worker : workers_) worker.join();
  workers_.clear();
}

void Pool::make_way() {
  if (workers_.empty() || cores_.count() == 0) return;
  const int32_t core = core_of_caller();
  if (core < 0 || core == made_way_) return;
  made_way_ = core;
  CoreSet others = cores_;
  others.remove(core);
  for (std::thread& worker : workers_) keep_on(worker, others);
}

bool Pool::run_job(uint32_t count, StopWatch& watch, const Job& job, const void* context) {
  if (watch.stopped()) return false;
  stop_.store(false, std::memory_order_relaxed);
  if (count <= 1 || workers_.empty()) {
    for (uint32_t item = 0; item < count; ++item) {
      job.body(context, item, 0);
      if (watch.stopped()) return false;
    }
    return true;
  }
  const uint32_t last = epoch(), now = last + 1;
  for (Queue& queue : queues_) queue.next.store((static_cast<uint64_t>(last) << 32) | kClosed);
  done_.store(0, std::memory_order_relaxed);
  count_.store(count, std::memory_order_release);
  body_.store(job.body, std::memory_order_release);
  next_.store(job.next, std::memory_order_release);
  context_.store(context, std::memory_order_release);
  for (Queue& queue : queues_) queue.next.store(static_cast<uint64_t>(now) << 32);
  if (sleepers_.load() != 0) {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_all();
  }
  ask_for_next(take_all(now, 0, &watch), kAheadOfCaller);
  const uint64_t began = now_ns();
  while (done_.load(std::memory_order_acquire) != count) {
    pause_core();
    if (now_ns() - began > kPoliteSpinNs) std::this_thread::yield();
    if (watch.stopped()) stop_.store(true, std::memory_order_relaxed);
  }
  return !stop_.load(std::memory_order_relaxed);
}

// From the thread's own queue on, round. Returns where its next job begins, which nobody knows any more once all items are
// counted.
const uint8_t* Pool::take_all(uint32_t epoch, uint32_t thread, StopWatch* watch) {
  const auto queues = static_cast<uint32_t>(queues_.size());
  const uint32_t own = static_cast<uint32_t>(uint64_t{thread} * queues / threads());
  uint32_t done = 0;
  for (uint32_t q = 0; q < queues; ++q) {
    for (; take((own + q) % queues, epoch, thread); ++done)
      if (watch != nullptr && watch->stopped()) stop_.store(true, std::memory_order_relaxed);
  }
  if (done == 0) return nullptr;
  const uint8_t* next = next_.load(std::memory_order_relaxed)(context_.load(std::memory_order_relaxed), thread);
  done_.fetch_add(done, std::memory_order_release);
  return next;
}

bool Pool::take(uint32_t queue, uint32_t epoch, uint32_t thread) {
  std::atomic<uint64_t>& next = queues_[queue].next;
  uint64_t taken = next.load(std::memory_order_acquire);
  const uint64_t count = count_.load(std::memory_order_acquire), queues = queues_.size();
  const auto body = body_.load(std::memory_order_acquire);
  const void* context = context_.load(std::memory_order_acquire);
  const uint64_t first = queue * count / queues, end = (queue + 1) * count / queues;
  for (;;) {
    if (epoch_of(taken) != epoch || static_cast<uint32_t>(taken) >= end - first) return false;
    if (next.compare_exchange_weak(taken, taken + 1, std::memory_order_acq_rel, std::memory_order_acquire)) break;
  }
  // A stopped job's items are taken and counted, not run.
  if (!stop_.load(std::memory_order_relaxed))
    body(context, static_cast<uint32_t>(first + static_cast<uint32_t>(taken)), thread);
  return true;
}

void Pool::work(uint32_t thread, const PoolOptions& options) {
  apply_hints(options.priority, options.affinity_mask);
  uint32_t epoch = 0;
  for (;;) {
    wait_for_work(epoch);
    if (quit_.load()) return;
    epoch = this->epoch();
    ask_for_next(take_all(epoch, thread, nullptr), kAheadOfWorker);
  }
}

void Pool::wait_for_work(uint32_t epoch) {
  const auto ready = [&] { return this->epoch() != epoch || quit_.load(); };
  const uint64_t began = now_ns();
  for (uint64_t spun = 0; spun < kLongestSpinNs; spun = now_ns() - began) {
    if (ready()) return;
    pause_core();
    if (spun > kPoliteSpinNs) std::this_thread::yield();
  }
  std::unique_lock<std::mutex> lock(mutex_);
  sleepers_.fetch_add(1);
  wake_.wait(lock, ready);
  sleepers_.fetch_sub(1);
}

}  // namespace sotto::cpu

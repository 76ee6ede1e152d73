#include "meeting.h"

#include <chrono>
#include <cstring>

namespace sotto::vulkan {
namespace {

constexpr std::chrono::milliseconds kPoll{4};  // between questions whether to stop

void add_up(const std::vector<Meeting::Offer>& offers, float* to) {
  const size_t count = size_t{offers[0].rows} * offers[0].width;
  std::memcpy(to, offers[0].numbers, count * sizeof(float));
  for (size_t r = 1; r < offers.size(); ++r)
    for (size_t i = 0; i < count; ++i) to[i] += offers[r].numbers[i];
}

void put_side_by_side(const std::vector<Meeting::Offer>& offers, float* to) {
  for (uint32_t row = 0; row < offers[0].rows; ++row)
    for (const Meeting::Offer& o : offers) {
      if (o.width == 0) continue;
      std::memcpy(to, o.numbers + size_t{row} * o.width, o.width * sizeof(float));
      to += o.width;
    }
}

}  // namespace

bool Meeting::meet(uint32_t rank, const Offer& offer, bool sums, float* to, const std::function<bool()>& should_stop) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    offers_[rank] = offer;
  }
  if (!wait_for_all(should_stop)) return false;
  (sums ? add_up : put_side_by_side)(offers_, to);
  return wait_for_all(should_stop);  // nobody changes what another still reads
}

bool Meeting::wait_for_all(const std::function<bool()>& should_stop) {
  std::unique_lock<std::mutex> lock(mutex_);
  const uint64_t round = rounds_;
  if (++arrived_ == offers_.size()) {
    arrived_ = 0;
    ++rounds_;
    changed_.notify_all();
  }
  while (rounds_ == round && !is_left_) {
    if (changed_.wait_for(lock, kPoll) == std::cv_status::no_timeout) continue;
    lock.unlock();
    if (should_stop()) leave();
    lock.lock();
  }
  return !is_left_;
}

void Meeting::leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  is_left_ = true;
  changed_.notify_all();
}

void Meeting::begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  arrived_ = 0;
  is_left_ = false;
}

Crew::Crew(uint32_t ranks) {
  try {
    for (uint32_t r = 1; r < ranks; ++r) threads_.emplace_back([this, r] { work(r); });
  } catch (...) {
    end();  // the system gives no more threads
    throw;
  }
}

Crew::~Crew() { end(); }

void Crew::end() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  for (std::thread& t : threads_) t.join();
}

void Crew::run(const std::function<void(uint32_t)>& job) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    job_ = &job;
    ++jobs_;
    at_work_ = static_cast<uint32_t>(threads_.size());
    changed_.notify_all();
  }
  job(0);
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return at_work_ == 0; });
}

void Crew::work(uint32_t rank) {
  uint64_t seen = 0;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_over_ || jobs_ != seen; });
    if (is_over_) return;
    seen = jobs_;
    const std::function<void(uint32_t)>& job = *job_;
    lock.unlock();
    job(rank);
    lock.lock();
    if (--at_work_ == 0) changed_.notify_all();
  }
}

}  // namespace sotto::vulkan

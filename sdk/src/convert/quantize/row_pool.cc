#include "convert/quantize/row_pool.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace sotto::quantize {
namespace {

// What the threads share.
class Pieces {
 public:
  Pieces(size_t count, const std::function<Status(size_t)>& work) : count_(count), work_(work) {}

  // Takes one piece and does it; false: there is none left, or somebody failed.
  bool step() {
    if (is_over_) return false;
    const size_t piece = next_++;
    if (piece >= count_) return false;
    try {
      Status status = work_(piece);
      if (!status.ok()) fail(piece, std::move(status));
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!thrown_) thrown_ = std::current_exception();
      is_over_ = true;
    }
    ++done_;
    return true;
  }

  void stop(Status status) { fail(count_, std::move(status)); }
  void take_no_more() { is_over_ = true; }
  size_t done() const { return done_; }

  // REQUIRES: the other threads are joined.
  Status result() const {
    if (thrown_) std::rethrow_exception(thrown_);
    return status_;
  }

 private:
  // Pieces are taken in order, so that all below a failed one are done to their end: the lowest failure does not depend on
  // time.
  void fail(size_t piece, Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status_.ok() || piece < failed_piece_) {
      status_ = std::move(status);
      failed_piece_ = piece;
    }
    is_over_ = true;
  }

  const size_t count_;
  const std::function<Status(size_t)>& work_;
  std::atomic<size_t> next_{0}, done_{0};
  std::atomic<bool> is_over_{false};
  std::mutex mutex_;  // guards the rest
  Status status_;
  size_t failed_piece_ = 0;
  std::exception_ptr thrown_;
};

// The threads beside the caller's; joined whatever happens.
class Team {
 public:
  Team(Pieces& pieces, size_t size) : pieces_(pieces) {
    try {
      while (threads_.size() < size)
        threads_.emplace_back([this] {
          while (pieces_.step()) continue;
        });
    } catch (const std::system_error&) {  // the machine gives no more threads: those that are there do it
    }
  }
  ~Team() { join(); }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  void join() {
    pieces_.take_no_more();
    for (std::thread& t : threads_) t.join();
    threads_.clear();
  }

 private:
  Pieces& pieces_;
  std::vector<std::thread> threads_;
};

}  // namespace

Status for_each_piece(uint32_t threads, size_t count, const std::function<Status(size_t)>& work,
                      const std::function<Status(size_t)>& go_on) {
  Pieces pieces(count, work);
  const size_t workers = std::min<size_t>(std::max(threads, 1u), count);
  Team team(pieces, workers > 0 ? workers - 1 : 0);
  while (pieces.step()) {
    Status status = go_on(pieces.done());
    if (!status.ok()) pieces.stop(std::move(status));
  }
  team.join();
  return pieces.result();
}

}  // namespace sotto::quantize

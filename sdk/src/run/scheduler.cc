#include "run/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "run/lora.h"

namespace sotto {
namespace {

using Clock = StopWatch::Clock;

// How long a waiting call may be blind to its own cancel or deadline, and to a place in the cache that comes free.
constexpr std::chrono::milliseconds kPoll{5};
// A step with outputs at every position is cut so that the copies of their rows stay below this.
constexpr uint64_t kCopiedRowBytes = 8u << 20;
// A step waits for others that decode no longer than this part of a step, and never longer than this.
constexpr int kGatherPart = 10;
constexpr std::chrono::microseconds kGatherMost{500};

// While somebody decodes, a step of a long text takes about this long, so that nobody's answer falters; at least so many rows.
constexpr std::chrono::milliseconds kBesideDecoders{80};
constexpr uint32_t kLeastRows = 16;

}  // namespace

Scheduler::Scheduler(const Program& program) : program_(program), sequences_(program) {
  rows_.resize(program.max_batch);
  lengths_.resize(program.sequences);
  taken_.reserve(program.max_batch);
}

void Scheduler::append(Waiter* w) {
  (last_ ? last_->next : first_) = w;
  last_ = w;
  ++waiting_;
}

void Scheduler::remove(Waiter* w) {
  Waiter* before = nullptr;
  for (Waiter* x = first_; x != w; x = x->next) before = x;
  (before ? before->next : first_) = w->next;
  if (last_ == w) last_ = before;
  --waiting_;
}

// Somebody came, left or has done: who leads now, or gathers, has a look. REQUIRES: the lock.
void Scheduler::pass_on() {
  if (led_) {
    gathered_.notify_one();
  } else if (Waiter* const next = next_leader()) {
    next->wake.notify_one();
  }
}

// Its call ends. REQUIRES: the lock; `w` may be gone when the lock is.
void Scheduler::end(Waiter* w, std::exception_ptr thrown) {
  w->state = State::kDone;
  w->thrown = std::move(thrown);
  remove(w);
  w->wake.notify_one();
}

// The first in the queue that can go on now. REQUIRES: nobody leads.
Scheduler::Waiter* Scheduler::next_leader() const {
  const auto now = Clock::now();
  for (Waiter* w = first_; w; w = w->next)
    if (!w->request || (now >= w->not_before && sequences_.available(w->request->stream))) return w;
  return nullptr;
}

Status Scheduler::step(StepRequest& request) {
  std::unique_lock<std::mutex> lock(mutex_);
  Waiter me;
  me.request = &request;
  append(&me);
  if (led_) pass_on();
  while (me.state != State::kDone) {
    if (me.state == State::kWaiting) {
      if (request.stop.should_stop()) {
        remove(&me);
        pass_on();
        return request.stop.status();
      }
      if (!led_ && next_leader() == &me) {
        lead(lock, me);
        continue;
      }
    }
    me.wake.wait_for(lock, kPoll);
  }
  if (me.thrown) std::rethrow_exception(me.thrown);
  return std::move(me.status);
}

Scheduler::Turn::Turn(Scheduler& scheduler) : scheduler_(scheduler) {
  std::unique_lock<std::mutex> lock(scheduler.mutex_);
  Waiter me;
  scheduler.append(&me);
  while (scheduler.led_ || scheduler.next_leader() != &me) me.wake.wait_for(lock, kPoll);
  scheduler.remove(&me);
  scheduler.led_ = true;
}

Scheduler::Turn::~Turn() {
  const std::lock_guard<std::mutex> lock(scheduler_.mutex_);
  scheduler_.led_ = false;
  scheduler_.pass_on();
}

// Sessions that decode side by side come back at about the same time: waiting a moment computes them in one step.
void Scheduler::gather(std::unique_lock<std::mutex>& lock, const Waiter& leader) {
  const StepRequest& r = *leader.request;
  if (program_.invariant_rows < 2 || decoding_ <= waiting_ || r.stream.computed + 1 != r.tokens.size()) return;
  const auto until = Clock::now() + std::min<Clock::duration>(last_step_ / kGatherPart, kGatherMost);
  while (decoding_ > waiting_ && gathered_.wait_until(lock, until) == std::cv_status::no_timeout) continue;
}

void Scheduler::lead(std::unique_lock<std::mutex>& lock, Waiter& leader) {
  led_ = true;
  leader.state = State::kTaken;
  taken_.push_back(&leader);
  std::exception_ptr thrown;
  try {
    lead_step(lock, leader);
  } catch (...) {  // no memory: each call that took part ends with it, nothing here allocates
    thrown = std::current_exception();
  }
  if (!lock.owns_lock()) lock.lock();
  for (Waiter* w : taken_) {
    if (!w) continue;
    if (std::exchange(w->waits_again, false)) {
      w->state = State::kWaiting;
      continue;
    }
    end(w, thrown);
  }
  taken_.clear();
  led_ = false;
  pass_on();
}

void Scheduler::lead_step(std::unique_lock<std::mutex>& lock, Waiter& leader) {
  // Its place first: it may be taken from another who waits, and who then has no part in this step.
  lock.unlock();
  const Result<bool> placed = sequences_.acquire(leader.request->stream);
  if (!placed.ok()) return settle(placed.status());
  if (!placed.value()) {
    leader.waits_again = true;
    return;
  }
  lock.lock();
  gather(lock, leader);
  chunk_ = chunk_rows();
  choose(leader);
  lock.unlock();
  const auto start = Clock::now();
  run_taken();
  last_step_ = Clock::now() - start;
  if (step_rows_ >= kLeastRows) row_time_ = last_step_ / step_rows_;
}

// Where rows do not disturb each other's bits their number is free: few while others wait for one row each.
uint32_t Scheduler::chunk_rows() const {
  if (decoding_ == 0 || program_.invariant_rows < program_.max_batch) return program_.max_batch;
  const auto fitting = row_time_.count() > 0 ? Clock::duration(kBesideDecoders) / row_time_ : 2 * kLeastRows;
  return static_cast<uint32_t>(std::clamp<int64_t>(fitting, std::min(kLeastRows, program_.max_batch), program_.max_batch));
}

// The leader first, then in the order of the queue whoever can be computed in the same step without changing anybody's bits.
// Single tokens come before longer texts, and shorten the leader's if need be: nobody who talks waits for one who reads.
void Scheduler::choose(const Waiter& leader) {
  const auto pending = [](const Waiter& w) { return w.request->tokens.size() - w.request->stream.computed; };
  const bool any_size = program_.invariant_rows >= program_.max_batch;
  const size_t limit = std::min(program_.max_batch, program_.invariant_rows.load());
  const size_t own = std::min<size_t>(pending(leader), chunk_);
  if (leader.alone || own > limit) return;
  const auto now = Clock::now();
  const auto take = [&](bool single, size_t room) {
    for (Waiter* w = first_; w && room > 0; w = w->next) {
      if (!w->request || w->state != State::kWaiting || w->alone || now < w->not_before) continue;
      if (w->request->stream.sequence == SOTTO_NONE) continue;  // leads a step of its own when it gets a place
      if (single != (pending(*w) == 1) || pending(*w) > room) continue;
      w->state = State::kTaken;
      taken_.push_back(w);
      room -= pending(*w);
    }
  };
  take(true, any_size ? limit - 1 : limit - own);
  const size_t used = own + taken_.size() - 1;
  take(false, used < limit ? limit - used : 0);
}

uint32_t Scheduler::rows_of(const StepRequest& r, uint32_t room) const {
  const uint32_t first = r.stream.computed;
  const auto count = static_cast<uint32_t>(std::min<size_t>(r.tokens.size() - first, room));
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t outputs = r.outputs_at(first + i);
    for (uint32_t o = 0; outputs && o < kOutputs; ++o)
      bytes += (outputs >> o & 1) * uint64_t{program_.output_widths[o]} * sizeof(float);
    if (bytes > kCopiedRowBytes && i > 0) return i;
  }
  return count;
}

void Scheduler::run_taken() {
  if (taken_.size() > 1) ++shared_steps_;
  Status status;
  while (true) {
    status = run_once();
    if (status.code() != SOTTO_CONTEXT_FULL) break;
    if (taken_.size() > 1) {  // the oldest alone; the others wait until it had its room
      const auto oldest = std::min_element(taken_.begin(), taken_.end(), [](const Waiter* a, const Waiter* b) {
        return a->request->stream.ticket < b->request->stream.ticket;
      });
      std::iter_swap(taken_.begin(), oldest);
      give_back_all_but_first();
    } else if (!sequences_.make_room(taken_[0]->request->stream)) {
      return settle_full(status);
    }
  }
  status.code() == SOTTO_CANCELLED ? settle_cancelled() : settle(status);
}

void Scheduler::give_back_all_but_first() {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 1; i < taken_.size(); ++i) taken_[i]->state = State::kWaiting;
  taken_.resize(1);
}

void Scheduler::build_rows() {
  uint32_t row = 0;
  for (size_t t = 0; t < taken_.size(); ++t) {
    StepRequest& r = *taken_[t]->request;
    r.first = r.stream.computed;
    r.count = rows_of(r, std::min(chunk_, program_.max_batch - row - static_cast<uint32_t>(taken_.size() - 1 - t)));
    size_t adapter = 0;
    for (uint32_t position = r.first; position < r.first + r.count; ++position, ++row) {
      while (adapter + 1 < r.adapters.size() && r.adapters[adapter + 1].position <= position) ++adapter;
      sotto_batch_row& b = rows_[row];
      b = {};
      b.token = r.tokens[position];
      b.position = position;
      b.sequence = r.stream.sequence;
      b.outputs = r.outputs_at(position);
      if (adapter < r.adapters.size() && r.adapters[adapter].position <= position) {
        const Lora* lora = r.adapters[adapter].lora;
        b.adapter = lora ? lora->adapter() : nullptr;
        b.strength = r.adapters[adapter].strength;
      }
    }
    lengths_[r.stream.sequence] = r.first;
  }
}

// What `taken_` points to is only safe to look at during the run and on its thread.
int32_t Scheduler::should_stop() {
  if (runner_.load() != std::this_thread::get_id()) {
    asked_elsewhere_ = true;
    return 1;
  }
  return std::any_of(taken_.begin(), taken_.end(), [](const Waiter* w) { return w->request->stop.should_stop(); });
}

// One run over all that is taken; what the backend committed is booked, whatever came of it.
Status Scheduler::run_once() {
  build_rows();
  sotto_batch batch{};
  batch.struct_size = sizeof batch;
  for (const Waiter* w : taken_) batch.row_count += w->request->count;
  step_rows_ = batch.row_count;
  batch.row_stride = sizeof(sotto_batch_row);
  batch.rows = rows_.data();
  batch.should_stop = [](void* self) { return static_cast<Scheduler*>(self)->should_stop(); };
  batch.stop_user = this;
  sotto_run_result result{};
  result.struct_size = sizeof result;
  result.output_count = kOutputs;
  result.rows = results_;
  result.row_counts = result_counts_;
  result.sequence_count = static_cast<uint32_t>(lengths_.size());
  result.lengths = lengths_.data();
  std::fill(std::begin(results_), std::end(results_), nullptr);
  std::fill(std::begin(result_counts_), std::end(result_counts_), 0);
  struct Booking {
    Scheduler& scheduler;
    ~Booking() {
      scheduler.runner_ = std::thread::id();
      scheduler.book();
    }
  } booking{*this};
  runner_ = std::this_thread::get_id();
  Status status = program_.run(batch, &result);
  if (asked_elsewhere_.exchange(false))
    status = plugin_fault(program_.backend->id, "run", "should_stop was called by another thread than the one that called run");
  return status;
}

void Scheduler::book() {
  const auto now = Clock::now();
  for (Waiter* w : taken_) {
    StepRequest& r = *w->request;
    r.stream.computed = std::min(lengths_[r.stream.sequence], r.first + r.count);
    r.stream.last_step = now;
    ++r.stream.steps_held;
  }
}

// Rows are copied while the step is ours: the next one reuses the backend's memory. Those of a request that fails are counted
// all the same: behind them lie another's.
Status Scheduler::deliver(StepRequest& r, uint32_t first_row, size_t (&next)[kOutputs]) const {
  if (r.rows) r.rows->clear();
  Status fault;
  const uint32_t length = lengths_[r.stream.sequence];
  if (length != r.first + r.count)
    fault = Status(SOTTO_INTERNAL, fmt::format("{}: run: succeeded, but {} of {} tokens were committed", program_.backend->id,
                                               length - std::min(r.first, length), r.count));
  for (uint32_t i = 0; i < r.count; ++i) {
    for (uint32_t o = 0; o < kOutputs; ++o) {
      if (!(rows_[first_row + i].outputs >> o & 1)) continue;
      const size_t at = next[o]++;
      if (!fault.ok()) continue;
      if (at >= result_counts_[o] || !results_[o]) {
        fault = Status(SOTTO_INTERNAL, fmt::format("{}: run: {} rows of output {} were delivered, more were wanted",
                                                   program_.backend->id, result_counts_[o], o));
        continue;
      }
      const size_t width = program_.output_widths[o];
      const float* row = results_[o] + width * at;
      if (r.rows) r.rows->insert(r.rows->end(), row, row + width);
    }
  }
  return fault;
}

// Who has his rows goes on while the next one's are copied; the leader, who copies, last.
void Scheduler::settle(const Status& status) {
  size_t next[kOutputs] = {};
  uint32_t row = 0;
  for (Waiter*& w : taken_) {
    if (status.ok()) {
      w->status = deliver(*w->request, row, next);
      row += w->request->count;
      if (w == taken_[0]) continue;
      const std::lock_guard<std::mutex> lock(mutex_);
      end(std::exchange(w, nullptr), nullptr);
    } else if (taken_.size() > 1) {  // whose fault it was shows when each runs alone
      w->alone = true;
      w->waits_again = true;
    } else {
      w->status = status;
    }
  }
}

// Those who asked for the end get it; the others' step is repeated.
void Scheduler::settle_cancelled() {
  bool asked = false;
  for (Waiter* w : taken_) {
    const bool stops = w->request->stop.should_stop();
    asked = asked || stops;
    w->waits_again = !stops;
    if (stops) w->status = w->request->stop.status();
  }
  if (asked) return;
  for (Waiter* w : taken_) {
    w->waits_again = false;
    w->status = Status(SOTTO_INTERNAL, fmt::format("{}: run: cancelled, though nobody asked for it", program_.backend->id));
  }
}

// REQUIRES: one is taken, and there is nobody to take room from now.
void Scheduler::settle_full(const Status& status) {
  Waiter& w = *taken_[0];
  if (sequences_.others_hold_rows(w.request->stream)) {
    w.waits_again = true;
    w.not_before = Clock::now() + kPoll;
  } else {
    w.status = status;
  }
}

}  // namespace sotto

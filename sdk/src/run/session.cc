#include "run/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "run/user_call.h"

namespace sotto {

Session::Session(Engine& engine, uint32_t context_tokens)
    : engine_(engine), context_tokens_(context_tokens ? context_tokens : engine.context_tokens()) {
  tokens_.reserve(context_tokens_);
}

Session::~Session() {
  Scheduler::Turn turn(engine_.scheduler());
  turn.sequences().release(stream_);
}

Status Session::enter(uint32_t cancels_before) {
  std::thread::id owner;
  const auto me = std::this_thread::get_id();
  if (!owner_.compare_exchange_strong(owner, me)) {
    if (owner == me)
      return Status(SOTTO_REENTRANT,
                    "the session is in a call of this thread: only cancel, position and counters may be used "
                    "from inside its callbacks");
    return Status(SOTTO_BUSY, "the session is in use by another thread: one thread at a time, or fork it");
  }
  call_cancels_ = cancels_before;
  stream_.in_call = true;
  return {};
}

void Session::leave() {
  drop_guess();
  stream_.in_call = false;
  owner_.store(std::thread::id());
}

Status Session::append(Span<const uint32_t> ids) {
  const uint32_t vocabulary = engine_.file()->config().vocabulary;
  for (size_t i = 0; i < ids.size(); ++i)
    if (ids[i] >= vocabulary)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("token {} of {} is {}, the vocabulary has {}", i, ids.size(), ids[i], vocabulary));
  if (ids.size() > context_tokens_ - tokens_.size())
    return Status(SOTTO_CONTEXT_FULL,
                  fmt::format("{} tokens do not fit: {} of {} are in use; shorten the text, rewind, or open the model with a "
                              "longer context",
                              ids.size(), tokens_.size(), context_tokens_));
  tokens_.insert(tokens_.end(), ids.begin(), ids.end());
  return {};
}

// A device that is lost in the middle of an answer is left for the CPU, where the step is made again from the tokens.
Status Session::step(StepRequest& request) {
  while (true) {
    const uint32_t moves = engine_.moves();
    Status s = engine_.scheduler().step(request);
    ++steps_;
    if (s.ok() || !engine_.can_move_after(moves, s)) return s;
    SOTTO_TRY(engine_.move_to_cpu(moves, s, request.stop));
  }
}

Status Session::compute_steps(StepRequest& request, OnRows on_rows, void* self) {
  do {
    SOTTO_TRY(step(request));
    computed_tokens_ += request.count;
    const uint32_t end = request.first + request.count;
    if (on_rows && !request.rows->empty()) SOTTO_TRY(on_rows(self, request));
    // Computed again after an eviction, a position is not delivered again.
    if (request.wishes.from < end) {
      if (request.wishes.masks) request.wishes.masks += end - request.wishes.from;
      request.wishes.from = end;
    }
  } while (request.first + request.count < tokens_.size());
  return {};
}

Status Session::compute(size_t kept, const RowWishes& wishes, const StopWatch& stop, OnRows on_rows, void* self) {
  if (stream_.computed >= tokens_.size()) return {};
  StepRequest request(stream_, stop);
  request.tokens = Span<const uint32_t>(tokens_);
  request.wishes = wishes;
  request.adapters = Span<const AdapterFrom>(adapters_);
  request.rows = &rows_;
  const auto settle = [&](bool failed) {
    stream_.ticket = 0;
    if (failed) {
      tokens_.resize(std::min(tokens_.size(), std::max<size_t>(kept, stream_.computed)));
      trim_adapters();
    }
    set_position();
  };
  stream_.ticket = engine_.scheduler().next_ticket();
  try {
    Status s = compute_steps(request, on_rows, self);
    settle(!s.ok());
    return s;
  } catch (...) {  // no memory
    settle(true);
    throw;
  }
}

// What the cache still holds of a guess when its generation ends, however it does.
void Session::drop_guess() noexcept {
  const uint32_t right = std::min(std::exchange(trusted_, UINT32_MAX), static_cast<uint32_t>(tokens_.size()));
  if (stream_.computed <= right) return;
  Scheduler::Turn turn(engine_.scheduler());
  try {
    if (truncate_cache(turn, right).ok()) return;
  } catch (...) {  // no memory for the sentence of a failure
  }
  turn.sequences().release(stream_);
}

Status Session::compute_ahead(Span<const uint32_t> guess, const StopWatch& stop) {
  struct Ahead {
    Session& s;
    const size_t size = s.tokens_.size();
    std::vector<float> rows{};
    ~Ahead() {
      s.tokens_.resize(size);
      s.ahead_ = 0;
      s.rows_.swap(rows);
    }
    // A step may be cut, and after an eviction it is several: their rows are gathered.
    static Status take(void* self, const StepRequest& step) {
      auto& all = static_cast<Ahead*>(self)->rows;
      all.insert(all.end(), step.rows->begin(), step.rows->end());
      return {};
    }
  } ahead{*this};
  tokens_.insert(tokens_.end(), guess.begin(), guess.end());
  ahead_ = static_cast<uint32_t>(guess.size());
  RowWishes wishes;
  wishes.from = static_cast<uint32_t>(ahead.size - 1);
  wishes.every = SOTTO_OUTPUT_LOGITS;
  // Kept whatever fails: the tokens without the guess, as in a step without one.
  return compute(tokens_.size(), wishes, stop, &Ahead::take, &ahead);
}

namespace {

// Hands the rows of a step to the caller of feed.
struct RowSink {
  const sotto_feed_options& options;
  const Engine& engine;

  static Status take(void* self, const StepRequest& step) { return static_cast<RowSink*>(self)->deliver(step); }
  Status deliver(const StepRequest& step) const {
    const float* row = step.rows->data();
    for (uint32_t position = step.first; position < step.first + step.count; ++position) {
      for (uint32_t o = 0; o < kOutputs; ++o) {
        if (!(step.outputs_at(position) >> o & 1)) continue;
        const uint32_t width = engine.program().output_widths[o];
        SOTTO_ASSIGN(const bool stop,
                     user_call("on_row", [&] { return options.on_row(options.user, position, o, row, width); }));
        if (stop) return Status(SOTTO_CANCELLED, "the row callback ended the call");
        row += width;
      }
    }
    return {};
  }
};

Status check_outputs(const sotto_feed_options& o, uint64_t count) {
  uint32_t wanted = o.outputs;
  for (uint64_t i = 0; o.output_masks && i < count; ++i) wanted |= o.output_masks[i];
  if (wanted >> kOutputs)
    return Status(SOTTO_UNSUPPORTED, fmt::format("feeding: outputs {:#x} are wanted, the model has {:#x}", wanted,
                                                 uint32_t{SOTTO_OUTPUT_LOGITS | SOTTO_OUTPUT_HIDDEN}));
  if (wanted && !o.on_row)
    return Status(SOTTO_INVALID_ARGUMENT, "feeding: outputs are wanted, but there is no on_row to receive them");
  return {};
}

}  // namespace

Status Session::feed(Span<const uint32_t> ids, const sotto_feed_options& o) {
  const StopWatch stop = watch(o.deadline_ms);
  SOTTO_TRY(check_outputs(o, ids.size()));
  const size_t before = tokens_.size();
  SOTTO_TRY(append(ids));
  RowWishes wishes;
  wishes.from = static_cast<uint32_t>(before);
  wishes.every = o.outputs;
  wishes.masks = o.output_masks;
  RowSink sink{o, engine_};
  const auto start = std::chrono::steady_clock::now();
  Status s = compute(before, wishes, stop, &RowSink::take, &sink);
  prefill_ns_ += static_cast<uint64_t>(std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
  return s;
}

Status Session::truncate_cache(Scheduler::Turn& turn, uint32_t length) {
  if (stream_.computed <= length) return {};
  Claim claim(turn.sequences(), stream_);
  Status s = turn.sequences().truncate(stream_.sequence, length);
  uint32_t kept = length;
  if (s.code() == SOTTO_UNSUPPORTED) {
    kept = 0;
    s = turn.sequences().truncate(stream_.sequence, 0);
  }
  if (s.ok()) stream_.computed = kept;
  claim.keep();
  return s;
}

// After tokens went: the last wish stays for those to come, wishes in between never had any.
void Session::trim_adapters() {
  while (adapters_.size() > 1 && adapters_[adapters_.size() - 2].position >= tokens_.size()) {
    adapters_.erase(adapters_.end() - 2);
    loras_.erase(loras_.end() - 2);
  }
  if (!adapters_.empty())
    adapters_.back().position = std::min(adapters_.back().position, static_cast<uint32_t>(tokens_.size()));
}

Status Session::rewind(uint32_t position) {
  if (position > tokens_.size())
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("rewinding to {}, the session has {} tokens", position, tokens_.size()));
  {
    Scheduler::Turn turn(engine_.scheduler());
    SOTTO_TRY(truncate_cache(turn, position));
  }
  tokens_.resize(position);
  drafter_.rewind(position);
  set_position();
  trim_adapters();
  return {};
}

Status Session::fork_into(Session& other) {
  other.tokens_.assign(tokens_.begin(), tokens_.end());
  other.adapters_ = adapters_;
  other.loras_ = loras_;
  other.set_position();
  Scheduler::Turn turn(engine_.scheduler());
  // Shares the cache where a sequence is free; otherwise the tokens are computed again when they are needed.
  const uint32_t length = stream_.computed;
  if (length == 0 || !turn.sequences().has_free()) return {};
  SOTTO_TRY(turn.sequences().acquire(other.stream_).status());
  Claim claim(turn.sequences(), other.stream_);
  Status s = engine_.program().copy(stream_.sequence, other.stream_.sequence, length);
  if (s.ok()) {
    other.stream_.computed = length;
    claim.keep();
  }
  return s.code() == SOTTO_CONTEXT_FULL || s.code() == SOTTO_UNSUPPORTED ? Status() : s;
}

Status Session::set_lora(std::shared_ptr<const Lora> lora, float strength) {
  if (!std::isfinite(strength)) return Status(SOTTO_INVALID_ARGUMENT, "an adapter's strength must be a finite number");
  const auto position = static_cast<uint32_t>(tokens_.size());
  if (!adapters_.empty() && adapters_.back().position == position) {
    adapters_.pop_back();
    loras_.pop_back();
  }
  if (!lora && adapters_.empty()) return {};
  loras_.reserve(loras_.size() + 1);  // both or none
  adapters_.push_back({position, lora.get(), strength});
  loras_.push_back(std::move(lora));
  return {};
}

sotto_counters Session::counters() const {
  sotto_counters c{};
  c.struct_size = sizeof c;
  c.steps = steps_;
  c.computed_tokens = computed_tokens_;
  c.generated_tokens = generated_tokens_;
  c.prefill_ns = prefill_ns_;
  c.decode_ns = decode_ns_;
  c.cache_bytes = engine_.memory().kv_cache * stream_.computed / std::max<uint64_t>(1, engine_.kv_tokens());
  return c;
}

}  // namespace sotto

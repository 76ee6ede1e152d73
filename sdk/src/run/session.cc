#include "run/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/plugin_call.h"
#include "run/lora.h"

namespace sotto {
namespace {

constexpr uint32_t kOutputs = 2;  // logits, hidden states
constexpr uint64_t kCopiedRowBytes =
    8u << 20;  // a chunk with outputs at every position is cut so that their rows stay below this

}  // namespace

Status StopWatch::status() const {
  if (cancelled->load()) return Status(SOTTO_CANCELLED, "the call was cancelled");
  return Status(SOTTO_DEADLINE, "the deadline passed");
}

Session::Session(Engine& engine, uint32_t context_tokens)
    : engine_(engine), context_tokens_(context_tokens ? context_tokens : engine.context_tokens()) {
  tokens_.reserve(context_tokens_);
  rows_.resize(engine.max_batch());
  lengths_.resize(engine.program().sequences);
  results_.resize(kOutputs);
  result_counts_.resize(kOutputs);
  for (sotto_batch_row& row : rows_) row = sotto_batch_row{};
}

Session::~Session() {
  engine_.steps().enter([] { return false; });
  engine_.release_sequence(*this);
  engine_.steps().leave();
}

Status Session::start_call(uint32_t deadline_ms, StopWatch* stop) {
  cancelled_.store(false);
  stop->cancelled = &cancelled_;
  if (deadline_ms) stop->deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  return {};
}

Status Session::append(Span<const uint32_t> ids) {
  const uint32_t vocabulary = engine_.file()->config().vocabulary;
  for (size_t i = 0; i < ids.size(); ++i)
    if (ids[i] >= vocabulary)
      return Status(SOTTO_INVALID_ARGUMENT, fmt::format("token {} is {}, the vocabulary has {}", i, ids[i], vocabulary));
  if (ids.size() > context_tokens_ - tokens_.size())
    return Status(SOTTO_CONTEXT_FULL,
                  fmt::format("{} tokens do not fit: {} of {} are in use; rewind, or open the model with a longer context",
                              ids.size(), tokens_.size(), context_tokens_));
  tokens_.insert(tokens_.end(), ids.begin(), ids.end());
  return {};
}

Status Session::step(uint32_t count, const WantOutputs* want, const StopWatch& stop) {
  uint32_t wanted[kOutputs] = {};
  for (uint32_t i = 0; i < count; ++i) {
    sotto_batch_row& row = rows_[i];
    row.token = tokens_[computed_ + i];
    row.position = computed_ + i;
    row.sequence = sequence_;
    row.outputs = want ? (*want)(computed_ + i) : 0;
    row.adapter = lora_ ? lora_->adapter() : nullptr;
    row.strength = lora_strength_;
    for (uint32_t o = 0; o < kOutputs; ++o) wanted[o] += row.outputs >> o & 1;
  }
  sotto_batch batch{};
  batch.struct_size = sizeof batch;
  batch.row_count = count;
  batch.row_stride = sizeof(sotto_batch_row);
  batch.rows = rows_.data();
  batch.should_stop = [](void* user) -> int32_t { return static_cast<const StopWatch*>(user)->should_stop(); };
  batch.stop_user = const_cast<StopWatch*>(&stop);
  sotto_run_result result{};
  result.struct_size = sizeof result;
  result.output_count = kOutputs;
  result.rows = results_.data();
  result.row_counts = result_counts_.data();
  result.sequence_count = static_cast<uint32_t>(lengths_.size());
  result.lengths = lengths_.data();
  const Program& p = engine_.program();
  lengths_[sequence_] = computed_;
  Status s = call_plugin(p.backend->id, "run",
                         [&](sotto_error* err) { return p.backend->table->run(p.program, p.cache, &batch, &result, err); });
  const uint32_t before = computed_;
  computed_ = std::min(lengths_[sequence_], before + count);
  computed_tokens_ += computed_ > before ? computed_ - before : 0;
  ++steps_;
  engine_.used(*this);
  if (s.code() == SOTTO_CANCELLED) return stop.status();
  SOTTO_TRY(s);
  // Rows are copied while the step is ours: the next step of another session reuses the backend's memory.
  copied_.clear();
  size_t next[kOutputs] = {};
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t o = 0; o < kOutputs; ++o) {
      if (!(rows_[i].outputs >> o & 1)) continue;
      if (result_counts_[o] != wanted[o] || !results_[o])
        return Status(SOTTO_INTERNAL, fmt::format("{}: run: {} rows of output {} were delivered, {} wanted", p.backend->id,
                                                  result_counts_[o], o, wanted[o]));
      const size_t width = engine_.output_width(o);
      const float* row = results_[o] + width * next[o]++;
      copied_.insert(copied_.end(), row, row + width);
    }
  }
  return {};
}

Status Session::deliver(uint32_t first, uint32_t count, const WantOutputs& want, const OnRow& on_row) {
  const float* row = copied_.data();
  for (uint32_t i = 0; i < count; ++i) {
    for (uint32_t o = 0; o < kOutputs; ++o) {
      if (!(want(first + i) >> o & 1)) continue;
      const uint32_t width = engine_.output_width(o);
      if (on_row(first + i, o, row, width)) return Status(SOTTO_CANCELLED, "the row callback ended the call");
      row += width;
    }
  }
  return {};
}

Status Session::compute_locked(const WantOutputs* want, const OnRow* on_row, const StopWatch& stop) {
  const auto should_stop = [&] { return stop.should_stop(); };
  do {
    if (stop.should_stop()) return stop.status();
    if (!engine_.steps().enter(should_stop)) return stop.status();
    struct Leave {
      StepLock& lock;
      ~Leave() { lock.leave(); }
    };
    uint32_t first = 0, count = 0;
    {
      const Leave leave{engine_.steps()};
      SOTTO_TRY(engine_.acquire_sequence(*this));
      first = computed_;
      count = std::min<uint32_t>(static_cast<uint32_t>(tokens_.size()) - computed_, engine_.max_batch());
      uint64_t row_bytes = 0;
      for (uint32_t i = 0; want && i < count; ++i) {
        const uint32_t outputs = (*want)(first + i);
        for (uint32_t o = 0; o < kOutputs; ++o)
          row_bytes += (outputs >> o & 1) * uint64_t{engine_.output_width(o)} * sizeof(float);
        if (row_bytes > kCopiedRowBytes && i > 0) count = i;
      }
      Status s = step(count, want, stop);
      while (s.code() == SOTTO_CONTEXT_FULL && engine_.evict_one(*this)) s = step(count, want, stop);
      SOTTO_TRY(s);
      if (computed_ != first + count)
        return Status(SOTTO_INTERNAL, fmt::format("{}: run: {} of {} tokens were committed", engine_.program().backend->id,
                                                  computed_ - first, count));
    }
    if (want && on_row) SOTTO_TRY(deliver(first, count, *want, *on_row));
  } while (computed_ < tokens_.size());
  return {};
}

Status Session::compute(size_t kept, const WantOutputs* want, const OnRow* on_row, const StopWatch& stop) {
  if (computed_ >= tokens_.size()) return {};
  Status s = compute_locked(want, on_row, stop);
  if (!s.ok()) tokens_.resize(std::min(tokens_.size(), std::max<size_t>(kept, computed_)));
  set_position();
  return s;
}

Status Session::feed(Span<const uint32_t> ids, const sotto_feed_options& o) {
  StopWatch stop;
  SOTTO_TRY(start_call(o.deadline_ms, &stop));
  if ((o.outputs || o.output_masks) && !o.on_row)
    return Status(SOTTO_INVALID_ARGUMENT, "outputs are wanted, but there is no on_row to receive them");
  const size_t before = tokens_.size();
  SOTTO_TRY(append(ids));
  const WantOutputs want = [&](uint32_t position) -> uint32_t {
    if (position < before) return 0;
    return (o.outputs | (o.output_masks ? o.output_masks[position - before] : 0)) & (SOTTO_OUTPUT_LOGITS | SOTTO_OUTPUT_HIDDEN);
  };
  const OnRow on_row = [&](uint32_t position, uint32_t output, const float* row, uint32_t width) {
    return o.on_row(o.user, position, output, row, width) != 0;
  };
  const auto start = std::chrono::steady_clock::now();
  Status s = compute(before, &want, &on_row, stop);
  prefill_ns_ += static_cast<uint64_t>((std::chrono::steady_clock::now() - start).count());
  return s;
}

Status Session::truncate_cache(uint32_t length) {
  if (computed_ <= length) return {};
  engine_.steps().enter([] { return false; });
  const Program& p = engine_.program();
  Status s;
  if (sequence_ != SOTTO_NONE) {
    const auto cut = [&](uint32_t to) {
      return call_plugin(p.backend->id, "cache_truncate",
                         [&](sotto_error* err) { return p.backend->table->cache_truncate(p.cache, sequence_, to, err); });
    };
    s = cut(length);
    if (s.ok()) computed_ = length;
    if (s.code() == SOTTO_UNSUPPORTED) {
      s = cut(0);
      computed_ = 0;
    }
  }
  engine_.steps().leave();
  return s;
}

Status Session::rewind(uint32_t position) {
  if (position > tokens_.size())
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("rewinding to {}, the session has {} tokens", position, tokens_.size()));
  SOTTO_TRY(truncate_cache(position));
  tokens_.resize(position);
  set_position();
  return {};
}

Status Session::fork_into(Session& other) {
  other.tokens_ = tokens_;
  other.lora_ = lora_;
  other.lora_strength_ = lora_strength_;
  other.set_position();
  engine_.steps().enter([] { return false; });
  // Shares the cache if a sequence is free; otherwise the tokens are computed again when they are needed.
  Status s;
  if (computed_ > 0 && sequence_ != SOTTO_NONE) {
    const uint32_t mine = sequence_, length = computed_;
    s = engine_.acquire_sequence(other);
    const Program& p = engine_.program();
    if (s.ok() && sequence_ == mine) {
      s = call_plugin(p.backend->id, "cache_copy", [&](sotto_error* err) {
        return p.backend->table->cache_copy(p.cache, mine, other.sequence_, length, err);
      });
      other.computed_ = s.ok() ? length : 0;
      if (s.code() == SOTTO_CONTEXT_FULL || s.code() == SOTTO_UNSUPPORTED) s = Status();
    }
  }
  engine_.steps().leave();
  return s;
}

Status Session::set_lora(std::shared_ptr<const Lora> lora, float strength) {
  lora_ = std::move(lora);
  lora_strength_ = strength;
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
  const sotto_memory_estimate& e = engine_.memory();
  c.cache_bytes = engine_.context_tokens() ? e.kv_cache / std::max<uint64_t>(1, engine_.kv_tokens()) * position() : 0;
  return c;
}

}  // namespace sotto

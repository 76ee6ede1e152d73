// session.h: one stream of tokens on an engine. Behind sotto_session; the C functions hold their rules of threads and re-entry.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "run/engine.h"
#include "sotto/session.h"

namespace sotto {

class Lora;

// Ends a computation: the session's cancel flag, or a deadline.
struct StopWatch {
  const std::atomic<bool>* cancelled = nullptr;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  bool should_stop() const {
    return cancelled->load(std::memory_order_relaxed) || std::chrono::steady_clock::now() >= deadline;
  }
  Status status() const;
};

// One thread at a time, but for cancel, position and counters. The engine must outlive it.
class Session {
 public:
  Session(Engine& engine, uint32_t context_tokens);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Status feed(Span<const uint32_t> ids, const sotto_feed_options& options);
  Status generate(std::string_view prompt, const sotto_generate_options& options, sotto_on_text on_text, void* user);
  Status rewind(uint32_t position);
  Status fork_into(Session& other);
  Status set_lora(std::shared_ptr<const Lora> lora, float strength);
  Result<std::vector<uint8_t>> save();
  Status restore(Span<const uint8_t> bytes);

  const std::vector<uint32_t>& tokens() const { return tokens_; }
  void cancel() { cancelled_.store(true); }
  uint32_t position() const { return position_.load(); }
  sotto_counters counters() const;
  Engine& engine() { return engine_; }
  uint32_t context_tokens() const { return context_tokens_; }

  // For the engine, by whoever holds its steps: where in the cache this session lies and how many of its tokens are there.
  uint32_t sequence() const { return sequence_; }
  uint32_t computed() const { return computed_; }
  void take_sequence(uint32_t sequence) {
    sequence_ = sequence;
    computed_ = 0;
  }
  void lose_sequence() {
    sequence_ = SOTTO_NONE;
    computed_ = 0;
  }

 private:
  friend class Generation;
  // Rows of the tokens that are computed now; `row` gets each output wanted. Non-zero stops.
  using WantOutputs = std::function<uint32_t(uint32_t position)>;
  using OnRow = std::function<bool(uint32_t position, uint32_t output, const float* row, uint32_t width)>;

  // Computes all tokens not in the cache yet. On failure `tokens_` keeps `kept` tokens and those computed.
  Status compute(size_t kept, const WantOutputs* want, const OnRow* on_row, const StopWatch& stop);
  Status compute_locked(const WantOutputs* want, const OnRow* on_row, const StopWatch& stop);
  // One chunk; with the step lock held.
  Status step(uint32_t count, const WantOutputs* want, const StopWatch& stop);
  Status deliver(uint32_t first, uint32_t count, const WantOutputs& want, const OnRow& on_row);
  Status append(Span<const uint32_t> ids);
  Status start_call(uint32_t deadline_ms, StopWatch* stop);
  Status truncate_cache(uint32_t length);
  void set_position() { position_.store(static_cast<uint32_t>(tokens_.size())); }

  Engine& engine_;
  uint32_t context_tokens_;
  std::vector<uint32_t> tokens_;
  std::atomic<uint32_t> computed_{0};  // of tokens_, in the cache; written by whoever holds the engine's steps
  std::atomic<uint32_t> sequence_{SOTTO_NONE};
  std::atomic<bool> cancelled_{false};
  std::atomic<uint32_t> position_{0};
  std::shared_ptr<const Lora> lora_;
  float lora_strength_ = 0;

  // Made once, reused by every step.
  std::vector<sotto_batch_row> rows_;
  std::vector<uint32_t> lengths_;
  std::vector<const float*> results_;
  std::vector<uint32_t> result_counts_;
  std::vector<float> copied_;  // wanted rows of the last step, in batch order, outputs ascending within a row

  std::atomic<uint64_t> computed_tokens_{0}, generated_tokens_{0}, prefill_ns_{0}, decode_ns_{0};
  std::atomic<uint32_t> steps_{0};
};

}  // namespace sotto

// session.h: one stream of tokens on an engine. Behind sotto_session.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "run/drafter.h"
#include "run/engine.h"
#include "run/lora.h"
#include "sotto/session.h"
#include "text/grammar/token_matcher.h"

namespace sotto {

// One thread at a time, between enter and leave; but for cancel, cancels, position and counters. The engine must outlive it.
class Session {
 public:
  Session(Engine& engine, uint32_t context_tokens);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Calls. `cancels_before` is what cancels() was when the caller's call began: a cancel from then on is meant for it.
  Status enter(uint32_t cancels_before);  // SOTTO_BUSY, SOTTO_REENTRANT
  void leave();
  bool entered_here() const { return owner_.load() == std::this_thread::get_id(); }
  uint32_t cancels() const { return cancels_.load(); }
  void cancel() { ++cancels_; }

  Status feed(Span<const uint32_t> ids, const sotto_feed_options& options);
  // `matcher`: of this engine's vocabulary; nullptr: free text.
  Status generate(std::string_view prompt, const sotto_generate_options& options, grammar::TokenMatcher* matcher,
                  sotto_on_text on_text, void* user);
  Status rewind(uint32_t position);
  Status fork_into(Session& other);
  Status set_lora(std::shared_ptr<const Lora> lora, float strength);
  // Two-call idiom.
  Status save(uint8_t* buffer, uint64_t capacity, uint64_t* size);
  Status restore(Span<const uint8_t> bytes);

  const std::vector<uint32_t>& tokens() const { return tokens_; }
  uint32_t position() const { return position_.load(); }
  sotto_counters counters() const;
  Engine& engine() { return engine_; }
  uint32_t context_tokens() const { return context_tokens_; }

 private:
  friend class Generation;

  StopWatch watch(uint32_t deadline_ms) const { return StopWatch(cancels_, call_cancels_, deadline_ms); }
  // Takes the tokens, to be computed next; refuses all or none.
  Status append(Span<const uint32_t> ids);
  // Computes what is not in the cache yet. After each step `on_rows` (may be null) gets the request with its rows. On failure
  // the session keeps its first `kept` tokens and those computed.
  using OnRows = Status (*)(void* self, const StepRequest& step);
  Status compute(size_t kept, const RowWishes& wishes, const StopWatch& stop, OnRows on_rows, void* self);
  Status step(StepRequest& request);
  Status compute_steps(StepRequest& request, OnRows on_rows, void* self);
  // Makes the cache hold at most `length` tokens; fewer where the backend cannot do that.
  Status truncate_cache(Scheduler::Turn& turn, uint32_t length);
  // One step over the tokens that are not computed yet and a guess behind them, which the cache then holds too: rows_ has the
  // logits of the last token and of each of the guess.
  Status compute_ahead(Span<const uint32_t> guess, const StopWatch& stop);
  void drop_guess() noexcept;
  void set_position() { position_.store(static_cast<uint32_t>(tokens_.size()) - ahead_); }
  void trim_adapters();

  Engine& engine_;
  uint32_t context_tokens_;
  std::vector<uint32_t> tokens_;  // the last one may not be in the cache yet
  Stream stream_;
  std::vector<AdapterFrom> adapters_;  // ascending; loras_ holds what they name
  std::vector<std::shared_ptr<const Lora>> loras_;
  std::vector<float> rows_;        // of the last step
  uint32_t trusted_ = UINT32_MAX;  // from this position on the cache holds what was guessed wrongly
  uint32_t ahead_ = 0;             // how many of tokens_, at their end, are a guess in work and not the text
  Drafter drafter_;

  std::atomic<std::thread::id> owner_{std::thread::id()};  // of the call in progress
  std::atomic<uint32_t> cancels_{0};
  uint32_t call_cancels_ = 0;
  std::atomic<uint32_t> position_{0};
  std::atomic<uint64_t> computed_tokens_{0}, generated_tokens_{0}, prefill_ns_{0}, decode_ns_{0};
  std::atomic<uint32_t> steps_{0};
};

}  // namespace sotto

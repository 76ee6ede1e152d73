// sequences.h: which session lies where in the KV cache. For the scheduler, which calls it one step at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "run/program.h"

namespace sotto {

// A session's place in the cache. Atomics may be read by anyone; everything is written by whoever has the scheduler's turn,
// but for in_call and ticket, which its session writes.
struct Stream {
  std::atomic<uint32_t> sequence{SOTTO_NONE};
  std::atomic<uint32_t> computed{0};  // of the session's tokens, in the cache
  std::atomic<bool> in_call{false};
  std::atomic<uint64_t> ticket{0};  // of the computation in progress, older ones are lower; 0: none
  uint32_t steps_held = 0;          // since it got the sequence
  std::chrono::steady_clock::time_point last_step;
};

// More sessions may be open than there are sequences, and hold more tokens than the cache has room for: then one session's rows
// go, and it computes them again when it goes on.
class Sequences {
 public:
  explicit Sequences(const Program& program) : program_(program), owners_(program.sequences) {}

  // Can the stream get a sequence? A guess: whom it could take one from may begin a call at any time.
  bool available(const Stream& stream) const {
    return stream.sequence != SOTTO_NONE || free_one() != SOTTO_NONE || victim(stream, false) != SOTTO_NONE;
  }
  // Gives it an empty one; false when there is none now.
  Result<bool> acquire(Stream& stream);
  bool has_free() const { return free_one() != SOTTO_NONE; }
  // Forgets the stream's rows and gives its sequence back.
  void release(Stream& stream) noexcept;
  // Empties the cache of another session; false when there is none to take from now.
  bool make_room(const Stream& stream);
  // Do other sessions hold rows that may become free later?
  bool others_hold_rows(const Stream& stream) const;
  void release_idle();
  // The cache is a new, empty one: everybody computes again.
  void forget_all();
  Status truncate(uint32_t sequence, uint32_t length) const;

 private:
  uint32_t free_one() const;
  // The sequence to take from another, or SOTTO_NONE: of a session without a call, longest unused first; then of one between
  // two steps that had its share; then of one whose computation began later, so that the oldest always gets on.
  uint32_t victim(const Stream& stream, bool with_rows) const;
  Status move_to(Stream& stream, uint32_t sequence);

  const Program& program_;
  std::vector<Stream*> owners_;  // by sequence
};

// Gives a stream's rows up unless kept: after an exception nobody knows how many there are.
class Claim {
 public:
  Claim(Sequences& sequences, Stream& stream) : sequences_(sequences), stream_(&stream) {}
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() {
    if (stream_) sequences_.release(*stream_);
  }
  void keep() { stream_ = nullptr; }

 private:
  Sequences& sequences_;
  Stream* stream_;
};

}  // namespace sotto

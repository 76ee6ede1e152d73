// team.h: the processes that share a model's ranks, as the core sees them: a communicator, who is in it, and the commands by
// which rank 0 has everybody make the calls on the backend that it makes itself.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/span.h"
#include "base/status.h"
#include "sotto/backend.h"

namespace sotto {

// What a worker is told to do. Of a fixed size, so that nothing is allocated before it was looked at; what is short travels
// inside.
struct Command {
  enum Kind : uint32_t { kBeat = 1, kRun, kTruncate, kCopy, kExport, kImport, kEnd };
  static constexpr uint32_t kMagic = 0x4f545453;  // "STTO"
  static constexpr size_t kInside = 448;

  uint32_t magic = kMagic;
  uint32_t kind = 0;
  uint64_t number = 0;  // counted from 1
  uint64_t bytes = 0;   // of what follows in a message of its own, unless it fits inside
  uint32_t a = 0, b = 0, c = 0, d = 0;
  uint32_t reserved[6] = {};
  uint8_t inside[kInside] = {};

  static Command of(Kind kind, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0) {
    Command command;
    command.kind = kind;
    command.a = a;
    command.b = b;
    command.c = c;
    return command;
  }
};
static_assert(sizeof(Command) == 512);

// A batch row as it travels. Adapters do not.
struct RowMessage {
  uint32_t token, position, sequence, outputs;
};

// One call at a time on the communicator, also those that the backend makes on its own inside of a run: see Turn.
class Team {
 public:
  static constexpr uint32_t kUsualDeadlineMs = 5000;

  // `comm` is joined already, or joins now.
  static Result<std::unique_ptr<Team>> join(const sotto_interface& comm, uint32_t deadline_ms);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  uint32_t rank() const { return facts_.rank; }
  uint32_t world() const { return facts_.world; }
  const sotto_comm_facts& facts() const { return facts_; }
  uint32_t deadline_ms() const { return deadline_ms_; }
  const sotto_interface& comm() const { return comm_; }
  bool is_lost() const { return is_lost_; }
  // A failure of a call that used the communicator by itself: the backend's.
  void note(const Status& s) {
    if (s.code() == SOTTO_RANK_LOST) is_lost_ = true;
  }

  // Equal parts of every process, by rank.
  Status all_gather(const void* part, size_t bytes, void* all, uint32_t deadline_ms);
  Status broadcast(void* data, size_t bytes, uint32_t deadline_ms);
  Status sum(float* data, uint64_t count);
  // The others are told why, where that can be done, and this process takes part no more.
  void give_up(std::string_view why);

  // Rank 0. Holds the communicator while it lives: a command and the call that it announces belong together.
  using Turn = std::unique_lock<std::recursive_mutex>;
  Turn turn() { return Turn(mutex_); }
  Status tell(Command command, Span<const uint8_t> more);
  // From now on the others hear from rank 0 several times within their deadline.
  void keep_alive();

  // The others. `more` receives what came with it; `most` bounds it by the command.
  Status hear(Command* command);
  Status hear_more(const Command& command, uint64_t most, std::vector<uint8_t>* more);

  const sotto_traffic_kind& told() const { return told_; }

 private:
  Team(const sotto_interface& comm, const sotto_comm_facts& facts, uint32_t deadline_ms);
  template <class Call>
  Status call(const char* function, Call&& body);
  void beat();

  sotto_interface comm_;
  const sotto_comm_api* api_;
  sotto_comm_facts facts_;
  uint32_t deadline_ms_;
  std::atomic<bool> is_lost_{false};
  uint64_t number_ = 0;
  sotto_traffic_kind told_{};
  std::recursive_mutex mutex_;  // guards the communicator, number_ and told_

  std::mutex beat_mutex_;  // guards ends_
  std::condition_variable_any beat_changed_;
  bool ends_ = false;
  std::thread heart_;
};

}  // namespace sotto

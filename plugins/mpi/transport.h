// transport.h - how processes hand each other pieces of a call: shared memory on one host, MPI messages between hosts.
//
// A call is cut into rounds. In a round every sender puts a head and at most room() bytes into out(), and everybody then reads
// them at in(rank), until its next round begins.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "deadline.h"

namespace sotto::mpi {

constexpr uint32_t kEverybody = 0xFFFFFFFFu;  // as sender

// What a process says about its part of a round; compared, so that ranks out of step are found before bytes are misread.
struct Head {
  uint64_t call = 0;   // number of the call
  uint64_t total = 0;  // bytes of the whole call
  uint32_t kind = 0;
  uint32_t bytes = 0;  // of this round
  uint32_t stop = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(Head) == 32);

// Why a job ended before its time.
struct Loss {
  bool happened = false;
  uint32_t rank = 0;
  std::string why;  // "died", "did not answer within 5000 ms"
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual const char* name() const = 0;
  virtual uint32_t room() const = 0;
  // Waits until this process may write out(); false: a peer is lost.
  virtual bool begin(const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) = 0;
  virtual uint8_t* out() = 0;
  // Sends (if `sender` is everybody or this process) and waits for what the senders bring.
  virtual bool exchange(const Head& head, uint32_t sender, const Deadline& deadline, const std::atomic<bool>& aborted,
                        Loss* loss) = 0;
  virtual const Head& head(uint32_t rank) const = 0;
  virtual const uint8_t* in(uint32_t rank) const = 0;
  // Tells peers who wait that it is over, where that is possible without waiting for them.
  virtual void tell_loss(const Loss& loss) = 0;
};

}  // namespace sotto::mpi

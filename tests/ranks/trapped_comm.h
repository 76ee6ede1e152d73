// trapped_comm.h - a communicator that does something to its process, or to a peer, at a chosen call: how a rank dies in the
// middle of a step, always at the same place.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sotto/comm.h"

namespace sotto::ranks {

struct Trap {
  std::string call;       // "all_reduce", "all_gather", "broadcast"; empty: none
  uint32_t number = 0;    // the call at which it springs, counted from 1 since arm()
  int signal = 0;         // sent to `process` before the call
  pid_t process = 0;      // 0: this one
  uint32_t sleep_ms = 0;  // before the call (and after the signal)
  uint32_t lead_ms = 0;   // before the signal: lets a peer get into its own call
};

// Passes everything to `inner`. One in a process.
class TrappedComm {
 public:
  explicit TrappedComm(const sotto_interface& inner) : inner_(inner) {}
  void arm(const Trap& trap);
  sotto_interface interface();
  const sotto_comm_api& inner() const { return *static_cast<const sotto_comm_api*>(inner_.table); }
  void* inner_self() const { return inner_.self; }
  void pass(const char* call);

 private:
  sotto_interface inner_;
  Trap trap_;
  uint32_t calls_ = 0;
  bool armed_ = false;
};

}  // namespace sotto::ranks

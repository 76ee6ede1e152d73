#include "ranks/trapped_comm.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

namespace sotto::ranks {
namespace {

void sleep_ms(uint32_t ms) {
  timespec left = {static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1'000'000};
  while (nanosleep(&left, &left) != 0) continue;
}

TrappedComm& self_of(void* self) { return *static_cast<TrappedComm*>(self); }

constexpr sotto_comm_api kTable = {
    sizeof(sotto_comm_api),
    0,
    [](void* s, sotto_comm_facts* facts, sotto_error* err) {
      return self_of(s).inner().join(self_of(s).inner_self(), facts, err);
    },
    [](void* s) { return self_of(s).inner().rank(self_of(s).inner_self()); },
    [](void* s) { return self_of(s).inner().world(self_of(s).inner_self()); },
    [](void* s, float* data, uint64_t count, uint32_t* stop, uint32_t deadline, sotto_error* err) {
      self_of(s).pass("all_reduce");
      return self_of(s).inner().all_reduce_f32(self_of(s).inner_self(), data, count, stop, deadline, err);
    },
    [](void* s, const void* part, uint64_t bytes, void* all, const uint64_t* sizes, uint32_t* stop, uint32_t deadline,
       sotto_error* err) {
      self_of(s).pass("all_gather");
      return self_of(s).inner().all_gather(self_of(s).inner_self(), part, bytes, all, sizes, stop, deadline, err);
    },
    [](void* s, void* data, uint64_t bytes, uint32_t root, uint32_t deadline, sotto_error* err) {
      self_of(s).pass("broadcast");
      return self_of(s).inner().broadcast(self_of(s).inner_self(), data, bytes, root, deadline, err);
    },
    [](void* s, sotto_str reason) { self_of(s).inner().abort(self_of(s).inner_self(), reason); },
};

}  // namespace

void TrappedComm::arm(const Trap& trap) {
  trap_ = trap;
  calls_ = 0;
  armed_ = !trap.call.empty();
}

sotto_interface TrappedComm::interface() { return {&kTable, this}; }

void TrappedComm::pass(const char* call) {
  if (!armed_ || trap_.call != call || ++calls_ != trap_.number) return;
  armed_ = false;
  if (trap_.lead_ms != 0) sleep_ms(trap_.lead_ms);
  if (trap_.signal != 0) kill(trap_.process != 0 ? trap_.process : getpid(), trap_.signal);
  if (trap_.sleep_ms != 0) sleep_ms(trap_.sleep_ms);
}

}  // namespace sotto::ranks

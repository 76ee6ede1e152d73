#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "threads.h"

namespace sotto::cpu {

uint32_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? static_cast<uint32_t>(online) : 1;
  }
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<uint32_t>(count) : 1;
}

void apply_hints(int32_t priority, uint64_t affinity_mask) {
  const id_t self = static_cast<id_t>(syscall(SYS_gettid));
  constexpr int kStep = 5;  // of nice; raising it needs a permission that phones give their foreground apps
  if (priority != 0) (void)setpriority(PRIO_PROCESS, self, priority > 0 ? -kStep : kStep);
  if (affinity_mask == 0) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int core = 0; core < 64; ++core) {
    if (((affinity_mask >> core) & 1u) != 0) CPU_SET(core, &set);
  }
  (void)sched_setaffinity(0, sizeof set, &set);
}

uint32_t CoreSet::count() const {
  uint32_t count = 0;
  for (const uint64_t word : bits) count += static_cast<uint32_t>(__builtin_popcountll(word));
  return count;
}

CoreSet cores_of_caller() {
  CoreSet cores;
  static_assert(CPU_SETSIZE <= 8 * sizeof cores.bits);
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int32_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.bits[core / 64] |= uint64_t{1} << core % 64;
  }
  return cores;
}

int32_t core_of_caller() {
  const int core = sched_getcpu();
  return core < CPU_SETSIZE ? core : -1;
}

void keep_on(std::thread& thread, const CoreSet& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int32_t core = 0; core < CPU_SETSIZE; ++core) {
    if ((cores.bits[core / 64] >> core % 64 & 1) != 0) CPU_SET(core, &set);
  }
#if defined(__ANDROID__)  // which has the other call since API level 36 only
  (void)sched_setaffinity(pthread_gettid_np(thread.native_handle()), sizeof set, &set);
#else
  (void)pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
#endif
}

}  // namespace sotto::cpu

#include "group.h"

#include <system_error>

#include "common/report.h"
#include "threads.h"

namespace sotto::cpu {

using backend::fail;
namespace {

constexpr uint32_t kMostRanks = 1024;
constexpr uint32_t kMostThreads = 1024;

sotto_status choose_kernels(const sotto_group_options& options, sotto_group& group, sotto_error* err) {
  InstructionSet sets[kMostSets];
  const uint32_t count = usable_sets(sets);
  const uint32_t chosen = options.devices == nullptr ? 0 : options.devices[0];
  for (uint32_t r = 0; options.devices != nullptr && r < group.local_ranks; ++r) {
    if (options.devices[r] >= count) {
      return fail(err, SOTTO_NOT_FOUND, "cpu: rank %u asks for device %u, this machine has devices 0 .. %u", r,
                  options.devices[r], count - 1);
    }
    if (options.devices[r] != chosen) {
      return fail(err, SOTTO_UNSUPPORTED, "cpu: ranks of one process on devices %u and %u; give all of them the same", chosen,
                  options.devices[r]);
    }
  }
  group.kernels = sets[chosen].kernels;
  return SOTTO_OK;
}

sotto_status join_world(const sotto_group_options& options, sotto_group& group, sotto_error* err) {
  if (group.world == group.local_ranks) return SOTTO_OK;
  const sotto_interface* comm = options.comm;
  if (comm == nullptr || comm->table == nullptr) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: %u of %u ranks are here and no communicator was given", group.local_ranks,
                group.world);
  }
  group.comm = static_cast<const sotto_comm_api*>(comm->table);
  group.comm_self = comm->self;
  group.comm_deadline_ms = options.comm_deadline_ms;
  if (!SOTTO_HAS(sotto_comm_api, group.comm, broadcast)) {
    return fail(err, SOTTO_UNSUPPORTED, "cpu: the communicator's table has %u bytes, too few", group.comm->struct_size);
  }
  const uint32_t processes = group.comm->world(group.comm_self), self = group.comm->rank(group.comm_self);
  // all_gather needs every process's share: with the same number of ranks everywhere it follows from the plan.
  if (processes * group.local_ranks != group.world || self * group.local_ranks != group.first_rank) {
    return fail(err, SOTTO_UNSUPPORTED,
                "cpu: process %u of %u holds ranks %u .. %u of %u; each process must hold equally many, in order", self,
                processes, group.first_rank, group.first_rank + group.local_ranks - 1, group.world);
  }
  return SOTTO_OK;
}

}  // namespace

sotto_status create_group(const sotto_group_options& options, sotto_group** out, sotto_error* err) {
  auto group = std::make_unique<sotto_group>();
  group->local_ranks = options.local_ranks == 0 ? 1 : options.local_ranks;
  group->world = options.world == 0 ? group->local_ranks : options.world;
  group->first_rank = options.first_rank;
  if ((options.flags & ~SOTTO_GROUP_IN_PLACE) != 0)
    return fail(err, SOTTO_UNSUPPORTED, "cpu: a group with flags %#x, %#x is known", options.flags, SOTTO_GROUP_IN_PLACE);
  group->in_place = (options.flags & SOTTO_GROUP_IN_PLACE) != 0;
  if (group->world > kMostRanks || group->local_ranks > group->world || group->first_rank > group->world - group->local_ranks) {
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: ranks %u .. +%u of a world of %u", group->first_rank, group->local_ranks,
                group->world);
  }
  if (const sotto_status s = choose_kernels(options, *group, err); s != SOTTO_OK) return s;
  if (const sotto_status s = join_world(options, *group, err); s != SOTTO_OK) return s;
  PoolOptions pool;
  pool.threads = options.threads == 0 ? usable_cores() : options.threads;
  if (pool.threads > kMostThreads)
    return fail(err, SOTTO_INVALID_ARGUMENT, "cpu: %u threads, at most %u", pool.threads, kMostThreads);
  pool.queues = std::max(group->local_ranks, pool.threads);
  pool.priority = options.thread_priority;
  pool.affinity_mask = options.affinity_mask;
  try {
    group->pool = std::make_unique<Pool>(pool);
  } catch (const std::system_error& e) {
    return fail(err, SOTTO_OUT_OF_MEMORY, "cpu: the system refused one of %u threads (%s); ask for fewer", pool.threads,
                e.what());
  }
  *out = group.release();
  return SOTTO_OK;
}

}  // namespace sotto::cpu

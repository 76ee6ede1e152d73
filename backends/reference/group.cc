#include "group.h"

#include <memory>

#include "common/plan_check.h"
#include "common/report.h"

namespace sotto::reference {
namespace {

using backend::fail;

sotto_status join(const sotto_group_options& o, sotto_group& group, sotto_error* err) {
  if (o.comm == nullptr || o.comm->table == nullptr)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: %u of %u ranks are here and no communicator was given",
                group.local_ranks, group.world);
  group.comm = static_cast<const sotto_comm_api*>(o.comm->table);
  group.comm_self = o.comm->self;
  group.comm_deadline_ms = o.comm_deadline_ms;
  if (!SOTTO_HAS(sotto_comm_api, group.comm, broadcast))
    return fail(err, SOTTO_UNSUPPORTED, "reference: the communicator's table has %u bytes, too few", group.comm->struct_size);
  const uint32_t processes = group.comm->world(group.comm_self), self = group.comm->rank(group.comm_self);
  // The share of every process must follow from the plan alone: the same number of ranks everywhere.
  if (uint64_t{processes} * group.local_ranks != group.world || uint64_t{self} * group.local_ranks != group.first_rank)
    return fail(err, SOTTO_UNSUPPORTED,
                "reference: process %u of %u has the ranks %u +%u of %u; every process must have equally many, in order", self,
                processes, group.first_rank, group.local_ranks, group.world);
  return SOTTO_OK;
}

}  // namespace

sotto_status create_group(const sotto_group_options& o, sotto_group** out, sotto_error* err) {
  if ((o.flags & ~SOTTO_GROUP_IN_PLACE) != 0)
    return fail(err, SOTTO_UNSUPPORTED, "reference: a group with flags %#x, %#x is known", o.flags, SOTTO_GROUP_IN_PLACE);
  auto group = std::make_unique<sotto_group>();
  group->local_ranks = o.local_ranks == 0 ? 1 : o.local_ranks;
  group->world = o.world == 0 ? group->local_ranks : o.world;
  group->first_rank = o.first_rank;
  if (group->world > backend::kMostRanks || group->local_ranks > group->world ||
      group->first_rank > group->world - group->local_ranks)
    return fail(err, SOTTO_INVALID_ARGUMENT, "reference: ranks %u +%u of a world of %u, at most %u", group->first_rank,
                group->local_ranks, group->world, backend::kMostRanks);
  for (uint32_t r = 0; o.devices != nullptr && r < group->local_ranks; ++r)
    if (o.devices[r] != 0)
      return fail(err, SOTTO_NOT_FOUND, "reference: rank %u asks for device %u, there is device 0", r, o.devices[r]);
  if (group->world != group->local_ranks)
    if (const sotto_status s = join(o, *group, err); s != SOTTO_OK) return s;
  *out = group.release();
  return SOTTO_OK;
}

}  // namespace sotto::reference

#include "group.h"

#include <algorithm>

#include "apart.h"
#include "common/plan_check.h"
#include "common/report.h"

namespace sotto::vulkan {

using backend::fail;

sotto_status create_group(const sotto_group_options& o, const OpenDevice& open, sotto_group** out, sotto_error* err) {
  // Borrowed weights are copied here anyway: in place or not is the same.
  if ((o.flags & ~SOTTO_GROUP_IN_PLACE) != 0)
    return fail(err, SOTTO_UNSUPPORTED, "vulkan: a group with flags %#x, %#x is known", o.flags, SOTTO_GROUP_IN_PLACE);
  auto group = std::make_unique<sotto_group>();
  group->local_ranks = o.local_ranks == 0 ? 1 : o.local_ranks;
  group->world = o.world == 0 ? group->local_ranks : o.world;
  group->first_rank = o.first_rank;
  if (group->world > backend::kMostRanks || group->local_ranks > group->world ||
      group->first_rank > group->world - group->local_ranks)
    return fail(err, SOTTO_INVALID_ARGUMENT, "vulkan: ranks %u +%u of a world of %u, at most %u", group->first_rank,
                group->local_ranks, group->world, backend::kMostRanks);
  if (group->world != group->local_ranks)
    return fail(err, SOTTO_UNSUPPORTED, "vulkan: %u of %u ranks are in other processes; all must be here",
                group->world - group->local_ranks, group->world);
  std::vector<std::shared_ptr<Device>> devices;
  for (uint32_t r = 0; r < group->local_ranks; ++r) devices.push_back(open(o.devices == nullptr ? 0 : o.devices[r], r));
  group->device = devices[0];
  if (std::any_of(devices.begin(), devices.end(), [&](const auto& d) { return d != devices[0]; })) divide(*group, devices);
  *out = group.release();
  return SOTTO_OK;
}

}  // namespace sotto::vulkan

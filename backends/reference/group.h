// group.h - the ranks of this process, which run one after the other on the calling thread, and the way to other processes.
#pragma once

#include "sotto/backend.h"

struct sotto_group {
  uint32_t world = 1;
  uint32_t first_rank = 0;
  uint32_t local_ranks = 1;
  const sotto_comm_api* comm = nullptr;  // null: all ranks are here
  void* comm_self = nullptr;
  uint32_t comm_deadline_ms = 0;

  uint32_t processes() const { return world / local_ranks; }
  uint32_t process() const { return first_rank / local_ranks; }
};

namespace sotto::reference {

sotto_status create_group(const sotto_group_options& options, sotto_group** out, sotto_error* err);

}  // namespace sotto::reference

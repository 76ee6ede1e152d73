// group.h - ranks of one process that run together: which kernels, which threads, who else takes part.
#pragma once

#include <cstdint>
#include <memory>

#include "instruction_sets.h"
#include "pool.h"
#include "sotto/backend.h"

struct sotto_group {
  const sotto::cpu::Kernels* kernels = nullptr;
  std::unique_ptr<sotto::cpu::Pool> pool;
  uint32_t world = 1;
  uint32_t first_rank = 0;
  uint32_t local_ranks = 1;
  bool in_place = false;                 // weights are not repacked
  const sotto_comm_api* comm = nullptr;  // null: all ranks are here
  void* comm_self = nullptr;
  uint32_t comm_deadline_ms = 0;
  sotto_traffic traffic{};  // of the runs so far
};

namespace sotto::cpu {

sotto_status create_group(const sotto_group_options& options, sotto_group** out, sotto_error* err);

}  // namespace sotto::cpu

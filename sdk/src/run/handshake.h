// handshake.h: what the processes of a team tell and compare before the first step, so that ranks which do not belong together
// part with a sentence that names both sides.
#pragma once

#include <string>

#include "model/model_file.h"
#include "run/memory_planner.h"
#include "run/team.h"

namespace sotto {

enum class Role : uint32_t { kSession = 1, kWorker = 2 };

// What rank 0 decides for all.
struct Job {
  PlanOptions plan;
  MemoryChoice choice;
  uint32_t sequences = 0;
  std::string backend;  // by id
};

// Role, ABI, version and model of every process. `hash`: of the model's file. `measures`, in: rank 0 wants every process to
// measure itself for the split; out: whether it does.
Status compare_processes(Team& team, Role role, const std::string& hash, bool* measures);
// Rank 0 gives the job, the others receive it, checked: every number is within its range.
Status share_job(Team& team, Job* job);
// How each process came out of a stage: the first failure, told by its rank, is everybody's. `plan` and `kv_type`, where given,
// must be the same everywhere. `deadlines`: how many times the team's deadline the stage may take.
Status agree(Team& team, const Status& own, const Plan* plan, uint32_t kv_type, uint32_t deadlines);

}  // namespace sotto

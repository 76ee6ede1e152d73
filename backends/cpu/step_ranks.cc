// step_ranks.cc - ALL_REDUCE and ALL_GATHER: over the local ranks in place, then over the other processes through the
// communicator.
#include <cstring>

#include "program.h"

namespace sotto::cpu {

bool run_all_reduce(const Run& run, const Op& op, sotto_status* status, sotto_error* err) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t count = run.count(op.row_class), width = run.width(s.out, 0);
  const uint32_t ranks = run.program.lowered.local_ranks;
  const bool done = run.pool().run(count, run.watch, [&](uint32_t i, uint32_t) {
    float* y = run.row(s.out, 0, op.row_class, i);
    std::memcpy(y, run.row(s.in[0], 0, op.row_class, i), width * sizeof(float));
    for (uint32_t r = 1; r < ranks; ++r) run.kernels().accumulate(run.row(s.in[0], r, op.row_class, i), 1.0f, y, width);
  });
  const sotto_group& group = run.program.group;
  if (!done || group.comm == nullptr || count == 0) return done;
  *status = group.comm->all_reduce_f32(group.comm_self, run.row(s.out, 0, op.row_class, 0), uint64_t{count} * width, 0, err);
  return true;
}

bool run_all_gather(const Run& run, const Op& op, sotto_status* status, sotto_error* err) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t count = run.count(op.row_class);
  const uint32_t ranks = run.program.lowered.local_ranks;
  const sotto_group& group = run.program.group;
  // The local parts lie where they belong; the communicator then fills in the others', row by row.
  uint64_t before = 0;
  for (uint32_t p = 0; p < group.first_rank / ranks && group.comm != nullptr; ++p) {
    before += run.program.gather_bytes[uint64_t{op.gather} * (group.world / ranks) + p] / sizeof(float);
  }
  const bool done = run.pool().run(count, run.watch, [&](uint32_t i, uint32_t) {
    float* y = run.row(s.out, 0, op.row_class, i) + before;
    for (uint32_t r = 0; r < ranks; ++r) {
      const uint32_t width = run.width(s.in[0], r);
      std::memcpy(y, run.row(s.in[0], r, op.row_class, i), width * sizeof(float));
      y += width;
    }
  });
  if (!done || group.comm == nullptr) return done;
  const uint64_t* bytes = run.program.gather_bytes.data() + uint64_t{op.gather} * (group.world / ranks);
  const uint64_t own = bytes[group.first_rank / ranks];
  for (uint32_t i = 0; i < count && *status == SOTTO_OK; ++i) {
    float* y = run.row(s.out, 0, op.row_class, i);
    std::memcpy(run.program.gather_part.data(), y + before, own);
    *status = group.comm->all_gather(group.comm_self, run.program.gather_part.data(), own, y, bytes, 0, err);
  }
  return true;
}

}  // namespace sotto::cpu

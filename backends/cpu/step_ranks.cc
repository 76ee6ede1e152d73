// step_ranks.cc - ALL_REDUCE and ALL_GATHER with ranks in other processes: over the local ranks in place, then through the
// communicator. Both carry a vote: who stops says so there, and all ranks stop at the same step. (With all ranks here the
// ALL_REDUCE is one of the row operations, step_rows.cc.)
#include <cstring>

#include "program.h"

namespace sotto::cpu {

namespace {

void count_call(sotto_traffic_kind* kind, uint64_t bytes, uint64_t began_ns) {
  ++kind->calls;
  kind->bytes += bytes;
  kind->nanoseconds += now_ns() - began_ns;
}

}  // namespace

void sum_ranks(const Run& run, const Step& s, uint32_t row_class, uint32_t i) {
  const uint32_t width = run.width(s.out, 0);
  float* y = run.row(s.out, 0, row_class, i);
  std::memcpy(y, run.row(s.in[0], 0, row_class, i), width * sizeof(float));
  for (uint32_t r = 1; r < run.program.lowered.local_ranks; ++r)
    run.kernels().accumulate(run.row(s.in[0], r, row_class, i), 1.0f, y, width);
}

bool run_all_reduce(const Run& run, const Op& op, bool going, sotto_status* status, sotto_error* err) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t count = run.count(op.row_class);
  const uint64_t began = now_ns();
  const bool done =
      going && run.pool().run(count, run.watch, [&](uint32_t i, uint32_t) { sum_ranks(run, s, op.row_class, i); });
  sotto_group& group = run.program.group;
  uint32_t stop = done ? 0 : 1;
  *status = group.comm->all_reduce_f32(group.comm_self, run.row(s.out, 0, op.row_class, 0),
                                       uint64_t{count} * run.width(s.out, 0), &stop, group.comm_deadline_ms, err);
  count_call(&group.traffic.all_reduce, uint64_t{count} * run.width(s.out, 0) * sizeof(float), began);
  return stop == 0;
}

bool run_all_gather(const Run& run, const Op& op, bool going, sotto_status* status, sotto_error* err) {
  const Step& s = run.program.lowered.steps[op.step];
  const uint32_t count = run.count(op.row_class);
  const uint32_t ranks = run.program.lowered.local_ranks;
  sotto_group& group = run.program.group;
  const uint64_t began = now_ns();
  // The local parts lie where they belong; the communicator then fills in the others', row by row.
  uint64_t before = 0;
  for (uint32_t p = 0; p < group.first_rank / ranks && group.comm != nullptr; ++p) {
    before += run.program.gather_bytes[uint64_t{op.gather} * (group.world / ranks) + p] / sizeof(float);
  }
  const bool done = going && run.pool().run(count, run.watch, [&](uint32_t i, uint32_t) {
    float* y = run.row(s.out, 0, op.row_class, i) + before;
    for (uint32_t r = 0; r < ranks; ++r) {
      const uint32_t width = run.width(s.in[0], r);
      std::memcpy(y, run.row(s.in[0], r, op.row_class, i), width * sizeof(float));
      y += width;
    }
  });
  if (group.comm == nullptr) {
    count_call(&group.traffic.all_gather, uint64_t{count} * run.width(s.in[0], 0) * sizeof(float), began);
    return done;
  }
  const uint64_t* bytes = run.program.gather_bytes.data() + uint64_t{op.gather} * (group.world / ranks);
  const uint64_t own = bytes[group.first_rank / ranks];
  uint32_t stop = done ? 0 : 1;
  for (uint32_t i = 0; i < count && *status == SOTTO_OK; ++i) {
    float* y = run.row(s.out, 0, op.row_class, i);
    std::memcpy(run.program.gather_part.data(), y + before, own);
    *status = group.comm->all_gather(group.comm_self, run.program.gather_part.data(), own, y, bytes, &stop,
                                     group.comm_deadline_ms, err);
    if (stop != 0) break;
  }
  count_call(&group.traffic.all_gather, count * own, began);
  return stop == 0;
}

}  // namespace sotto::cpu

// ranks.cc - the steps in which ranks meet: first those of this process, then the processes through the communicator.
#include <algorithm>

#include "run.h"

namespace sotto::reference {

sotto_status run_all_reduce(const Run& run, const Step& step) {
  const uint32_t width = run.program.width(step.out, 0);
  std::vector<float>& sums = run.program.whole;
  sums.clear();
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    if (!run.wants(step.out, i)) continue;
    for (uint32_t c = 0; c < width; ++c) {
      float sum = run.program.row(step.in[0], 0, i)[c];
      for (uint32_t r = 1; r < run.local_ranks(); ++r) sum += run.program.row(step.in[0], r, i)[c];
      sums.push_back(sum);
    }
    if (run.watch.worked(uint64_t{width} * run.local_ranks())) return run.stopped();
  }
  const sotto_group& group = run.program.group;
  if (group.comm != nullptr && !sums.empty()) {
    // The vote: all ranks stop here or none does.
    uint32_t stop = run.batch.should_stop != nullptr && run.batch.should_stop(run.batch.stop_user) != 0 ? 1 : 0;
    const sotto_status s =
        group.comm->all_reduce_f32(group.comm_self, sums.data(), sums.size(), &stop, group.comm_deadline_ms, run.err);
    if (s != SOTTO_OK) return s;
    if (stop != 0) return run.stopped();
  }
  const float* sum = sums.data();
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    if (!run.wants(step.out, i)) continue;
    for (uint32_t r = 0; r < run.local_ranks(); ++r) std::copy_n(sum, width, run.program.row(step.out, r, i));
    sum += width;
  }
  return SOTTO_OK;
}

sotto_status run_all_gather(const Run& run, const Step& step) {
  const sotto_group& group = run.program.group;
  const std::vector<uint32_t>& widths = run.program.lowered.values[step.in[0]].widths;
  uint32_t count = 0;
  for (uint32_t i = 0; i < run.row_count(); ++i) count += run.wants(step.out, i) ? 1 : 0;

  // A process sends its ranks' parts one after the other, each with all rows: part(rank)[row, width of the rank].
  std::vector<float>& part = run.program.part;
  part.clear();
  for (uint32_t r = 0; r < run.local_ranks(); ++r)
    for (uint32_t i = 0; i < run.row_count(); ++i)
      if (run.wants(step.out, i)) {
        const float* x = run.program.row(step.in[0], r, i);
        part.insert(part.end(), x, x + run.program.width(step.in[0], r));
        if (run.watch.worked(run.program.width(step.in[0], r))) return run.stopped();
      }
  const float* parts = part.data();
  if (group.comm != nullptr && count != 0) {
    std::vector<uint64_t> bytes(group.processes());
    for (uint32_t r = 0; r < group.world; ++r) bytes[r / group.local_ranks] += uint64_t{widths[r]} * count * sizeof(float);
    run.program.whole.resize(size_t{run.program.width(step.out, 0)} * count);
    const sotto_status s =
        group.comm->all_gather(group.comm_self, part.data(), part.size() * sizeof(float), run.program.whole.data(),
                               bytes.data(), nullptr, group.comm_deadline_ms, run.err);
    if (s != SOTTO_OK) return s;
    parts = run.program.whole.data();
  }
  uint32_t column = 0;
  for (uint32_t rank = 0; rank < group.world; column += widths[rank], ++rank)
    for (uint32_t i = 0; i < run.row_count(); ++i)
      if (run.wants(step.out, i)) {
        for (uint32_t r = 0; r < run.local_ranks(); ++r)
          std::copy_n(parts, widths[rank], run.program.row(step.out, r, i) + column);
        parts += widths[rank];
      }
  return SOTTO_OK;
}

}  // namespace sotto::reference

// step_rows.cc - the steps that work row by row, and the quantisation in front of LINEAR: a list of actions per row, so that a
// row stays in the nearest cache from the residual sum to its int8 form.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "program.h"

namespace sotto::cpu {
namespace {

float or_one(float x) { return x == 0.0f ? 1.0f : x; }

// What a rank has of row `index` of a table, added to or put into y; rows of other ranks read as zero.
void look_up(const Run& run, uint32_t table, uint32_t rank, uint64_t index, uint32_t width, float* y) {
  const Weight& w = run.program.weights.weights[table];
  const WeightPart& part = w.parts[rank];
  if (part.rows == nullptr || index < part.slice.first_row || index - part.slice.first_row >= part.slice.rows) {
    std::memset(y, 0, width * sizeof(float));
    return;
  }
  const uint8_t* row = part.rows + (index - part.slice.first_row) * part.stride;
  run.kernels().decode(w.type->type, row, part.slice.skip_columns, width, y);
}

void embed(const Run& run, const Step& s, uint32_t rank, uint32_t row_class, uint32_t i) {
  constexpr uint32_t kPart = 256;  // positions are added through a small buffer
  const sotto_batch_row& at = run.batch_row(row_class, i);
  const uint32_t width = run.width(s.out, rank);
  float* y = run.row(s.out, rank, row_class, i);
  look_up(run, s.args.embed.table, rank, at.token, width, y);
  if (s.args.embed.positions != SOTTO_NONE) {
    const Weight& w = run.program.weights.weights[s.args.embed.positions];
    const WeightPart& part = w.parts[rank];
    if (part.rows != nullptr && at.position >= part.slice.first_row && at.position - part.slice.first_row < part.slice.rows) {
      const uint8_t* row = part.rows + (at.position - part.slice.first_row) * part.stride;
      for (uint32_t c = 0; c < width; c += kPart) {
        float buffer[kPart];
        const uint32_t n = width - c < kPart ? width - c : kPart;
        run.kernels().decode(w.type->type, row, part.slice.skip_columns + c, n, buffer);
        run.kernels().accumulate(buffer, 1.0f, y + c, n);
      }
    }
  }
  const float scale = or_one(s.args.embed.scale);
  for (uint32_t c = 0; scale != 1.0f && c < width; ++c) y[c] *= scale;
}

void do_step(const Run& run, const Step& s, uint32_t rank, uint32_t row_class, uint32_t i) {
  const uint32_t width = run.width(s.out, rank);
  float* y = run.row(s.out, rank, row_class, i);
  switch (s.kind) {
    case SOTTO_STEP_INPUT: {
      const float* rows = run.batch.inputs[s.args.input.input];
      std::memcpy(y, rows + size_t{run.program.class_rows[row_class][i]} * width, width * sizeof(float));
      return;
    }
    case SOTTO_STEP_EMBED:
      return embed(run, s, rank, row_class, i);
    case SOTTO_STEP_NORM:
      return run.kernels().norm({run.row(s.in[0], rank, row_class, i), y, run.vector(s.args.norm.weight, rank),
                                 run.vector(s.args.norm.bias, rank), width, s.args.norm.kind, s.args.norm.epsilon});
    case SOTTO_STEP_ADD:
      return run.kernels().add(run.row(s.in[0], rank, row_class, i), run.row(s.in[1], rank, row_class, i),
                               run.vector(s.args.add.bias, rank), or_one(s.args.add.scale), y, width);
    case SOTTO_STEP_MUL:
      return run.kernels().multiply(run.row(s.in[0], rank, row_class, i), run.row(s.in[1], rank, row_class, i),
                                    s.args.mul.activation, y, width);
    default:
      return;
  }
}

}  // namespace

bool run_rows(const Run& run, const Op& op) {
  const uint32_t count = run.count(op.row_class);
  const uint32_t ranks = op.shared ? 1 : run.program.lowered.local_ranks;
  std::atomic<uint64_t> reduce_ns{0};
  const bool done = run.pool().run(count * ranks, run.watch, [&](uint32_t item, uint32_t) {
    const uint32_t rank = item / count, i = item % count;
    for (const RowAction& action : op.actions) {
      if (action.step != SOTTO_NONE && run.program.lowered.steps[action.step].kind == SOTTO_STEP_ALL_REDUCE) {
        const uint64_t began = now_ns();
        sum_ranks(run, run.program.lowered.steps[action.step], op.row_class, i);
        reduce_ns.fetch_add(now_ns() - began, std::memory_order_relaxed);
        continue;
      }
      if (action.step != SOTTO_NONE) {
        do_step(run, run.program.lowered.steps[action.step], rank, op.row_class, i);
        continue;
      }
      const Quant& q = run.program.lowered.quants[action.quant];
      const float* x = run.row(q.value, rank, op.row_class, i);
      if (q.is_bf16) {
        run.kernels().narrow(x, q.counts[rank], run.quants(q, rank), i);
      } else {
        run.kernels().quantize(x, q.skip[rank], q.counts[rank], run.quants(q, rank), i);
      }
    }
  });
  for (const RowAction& action : op.actions) {
    if (action.step == SOTTO_NONE || run.program.lowered.steps[action.step].kind != SOTTO_STEP_ALL_REDUCE) continue;
    sotto_traffic_kind& kind = run.program.group.traffic.all_reduce;
    ++kind.calls;
    kind.bytes += uint64_t{count} * run.width(run.program.lowered.steps[action.step].out, 0) * sizeof(float);
    kind.nanoseconds += reduce_ns.exchange(0) / std::min(std::max(count, 1u), run.pool().threads());
  }
  return done;
}

}  // namespace sotto::cpu

// steps.cc - the steps that look at one row at a time.
#include <algorithm>
#include <cstring>

#include "numeric.h"
#include "run.h"

namespace sotto::reference {
namespace {

// Calls body(local_rank, batch_row, width, out) for each row that wants the step's value.
template <class Body>
sotto_status for_each_row(const Run& run, const Step& step, Body body) {
  for (uint32_t rank = 0; rank < run.local_ranks(); ++rank) {
    const uint32_t width = run.program.width(step.out, rank);
    for (uint32_t i = 0; i < run.row_count(); ++i) {
      if (!run.wants(step.out, i)) continue;
      body(rank, i, width, run.program.row(step.out, rank, i));
      if (run.watch.worked(width)) return run.stopped();
    }
  }
  return SOTTO_OK;
}

// What the rank has of row `index` of a table; zeros where that is another rank's.
void look_up(const Weight& table, uint32_t rank, uint64_t index, uint32_t width, float* out) {
  const sotto_slice& slice = table.parts[rank].slice;
  if (backend::is_empty(slice) || index < slice.first_row || index - slice.first_row >= slice.rows) {
    std::fill_n(out, width, 0.0f);
  } else {
    table.read_row(rank, index - slice.first_row, out);
  }
}

}  // namespace

sotto_status run_input(const Run& run, const Step& step) {
  const float* given = run.batch.inputs[step.args.input.input];
  return for_each_row(
      run, step, [&](uint32_t, uint32_t i, uint32_t width, float* out) { std::copy_n(given + size_t{i} * width, width, out); });
}

sotto_status run_embed(const Run& run, const Step& step) {
  const sotto_embed_args& a = step.args.embed;
  const std::vector<Weight>& weights = run.program.weights.weights;
  float* second = run.program.weight_row.data();
  return for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    const sotto_batch_row& row = run.program.rows[i];
    look_up(weights[a.table], rank, row.token, width, out);
    std::fill_n(second, width, 0.0f);
    if (a.positions != SOTTO_NONE) look_up(weights[a.positions], rank, row.position, width, second);
    const double scale = or_one(a.scale);
    for (uint32_t c = 0; c < width; ++c)
      out[c] = static_cast<float>(scale * (static_cast<double>(out[c]) + static_cast<double>(second[c])));
  });
}

sotto_status run_norm(const Run& run, const Step& step) {
  const sotto_norm_args& a = step.args.norm;
  return for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    const NormSpec spec{a.kind, static_cast<double>(a.epsilon), run.program.vector(a.weight, rank),
                        run.program.vector(a.bias, rank)};
    normalise(spec, run.program.row(step.in[0], rank, i), width, out);
  });
}

sotto_status run_add(const Run& run, const Step& step) {
  const sotto_add_args& a = step.args.add;
  return for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    const float* x = run.program.row(step.in[0], rank, i);
    const float* y = run.program.row(step.in[1], rank, i);
    const float* bias = run.program.vector(a.bias, rank);
    for (uint32_t c = 0; c < width; ++c) {
      const double biased = static_cast<double>(y[c]) + (bias == nullptr ? 0.0 : static_cast<double>(bias[c]));
      out[c] = static_cast<float>(static_cast<double>(x[c]) + or_one(a.scale) * biased);
    }
  });
}

sotto_status run_mul(const Run& run, const Step& step) {
  return for_each_row(run, step, [&](uint32_t rank, uint32_t i, uint32_t width, float* out) {
    const float* x = run.program.row(step.in[0], rank, i);
    const float* y = run.program.row(step.in[1], rank, i);
    for (uint32_t c = 0; c < width; ++c)
      out[c] = static_cast<float>(static_cast<double>(x[c]) * activate(step.args.mul.activation, static_cast<double>(y[c])));
  });
}

sotto_status run_output(const Run& run, const Step& step) {
  const uint32_t output = step.args.output.output, width = run.program.width(step.in[0], 0);
  uint32_t delivered = 0;
  for (uint32_t i = 0; i < run.row_count(); ++i) {
    if ((run.program.rows[i].outputs >> output & 1u) == 0) continue;
    std::copy_n(run.program.row(step.in[0], 0, i), width, run.program.outputs[output].get() + size_t{delivered++} * width);
    if (run.watch.worked(width)) return run.stopped();
  }
  run.program.output_rows[output] = delivered;
  return SOTTO_OK;
}

}  // namespace sotto::reference

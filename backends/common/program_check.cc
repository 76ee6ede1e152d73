#include "common/program_check.h"

#include <vector>

#include "common/plan_check.h"
#include "common/report.h"

namespace sotto::backend {
namespace {

// SOTTO_NONE where it names fewer.
std::vector<uint32_t> weights_of(uint32_t kind, const StepArgs& args) {
  switch (kind) {
    case SOTTO_STEP_EMBED:
      return {args.embed.table, args.embed.positions};
    case SOTTO_STEP_NORM:
      return {args.norm.weight, args.norm.bias};
    case SOTTO_STEP_LINEAR:
      return {args.linear.weight, args.linear.bias, args.linear.gate, args.linear.gate_bias};
    case SOTTO_STEP_ATTENTION: {
      const sotto_attention_args& a = args.attention;
      return {a.sink,   a.q_norm,      a.q_norm_bias,
              a.k_norm, a.k_norm_bias, a.rotation == SOTTO_ROTATION_NONE ? SOTTO_NONE : a.inv_freq};
    }
    case SOTTO_STEP_ADD:
      return {args.add.bias};
    default:
      return {};
  }
}

}  // namespace

sotto_status check_program(const ProgramLimits& limits, const sotto_plan* plan, uint32_t max_batch, sotto_error* err) {
  if (const sotto_status s = check_plan(plan, err); s != SOTTO_OK) return s;
  if (plan->world != limits.world)
    return fail(err, SOTTO_MISMATCH, "%s: a plan for %u ranks in a group of %u", limits.backend, plan->world, limits.world);
  if (max_batch == 0 || max_batch > limits.most_rows)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: batches of %u rows, expected 1 .. %u", limits.backend, max_batch,
                limits.most_rows);
  return SOTTO_OK;
}

sotto_status check_step_weights(const char* backend, uint32_t kind, const StepArgs& args, size_t uploaded, sotto_error* err) {
  for (const uint32_t weight : weights_of(kind, args))
    if (weight != SOTTO_NONE && weight >= uploaded)
      return fail(err, SOTTO_MISMATCH, "%s: compile: a step uses weight %u, uploaded are %zu", backend, weight, uploaded);
  return SOTTO_OK;
}

}  // namespace sotto::backend

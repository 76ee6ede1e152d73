#include "common/step_check.h"

#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <vector>

#include "common/plan_check.h"
#include "common/plan_read.h"
#include "common/report.h"
#include "common/weight_types.h"

namespace sotto::backend {
namespace {

bool is_finite_and_not_negative(float x) { return std::isfinite(x) && x >= 0; }

// Walks the steps once, knowing what the earlier ones wrote.
class StepChecker {
 public:
  StepChecker(const sotto_plan& plan, sotto_error* err)
      : plan_(plan), err_(err), written_(plan.value_count), filled_(plan.slot_count), input_width_(kMostInputs, -1) {}

  sotto_status check_all();

 private:
  // What a kind takes: how many values, which struct. `check` looks at the rest.
  struct Kind {
    uint32_t kind;
    const char* name;
    uint32_t inputs;
    uint32_t optional_inputs;  // of these, so many at the end may be SOTTO_NONE
    size_t args;               // bytes of its struct; 0: args is NULL
    sotto_status (StepChecker::*check)(const sotto_step& step);
  };
  static const Kind kKinds[];

  sotto_status check_step(const sotto_step& step);
  sotto_status check_values(const sotto_step& step, const Kind& kind);

  sotto_status input(const sotto_step& step);
  sotto_status embed(const sotto_step& step);
  sotto_status norm(const sotto_step& step);
  sotto_status linear(const sotto_step& step);
  sotto_status attention(const sotto_step& step);
  sotto_status add(const sotto_step& step);
  sotto_status mul(const sotto_step& step);
  sotto_status all_reduce(const sotto_step& step);
  sotto_status all_gather(const sotto_step& step);
  sotto_status output(const sotto_step& step);

  enum class Absent { kAllowed, kRefused };
  enum class EmptySlice { kIsNone, kRefused };
  // A row of numbers: on each rank as many as `width` says.
  template <class Width>
  sotto_status vector(uint32_t weight, const char* what, Absent absent, EmptySlice empty, Width width);
  sotto_status table(uint32_t weight, const char* what, uint32_t ids, const sotto_step& step);
  sotto_status matrix(uint32_t weight, const char* what, const sotto_step& step);
  sotto_status weight_index(uint32_t weight, const char* what, uint32_t use);
  sotto_status activation(uint32_t kind);
  sotto_status norm_numbers(uint32_t kind, float epsilon);
  sotto_status same_on_all_ranks(uint32_t value);
  sotto_status same_widths(uint32_t a, uint32_t b);

  sotto_status slot_use(const sotto_step& step, const sotto_attention_args& a);
  sotto_status attention_heads(const sotto_step& step, const sotto_attention_args& a, const sotto_slot& slot);
  sotto_status attention_vectors(const sotto_attention_args& a, const sotto_slot& slot);
  sotto_status rotation(const sotto_attention_args& a);

  uint32_t width(uint32_t value, uint32_t rank) const { return width_of(plan_, value, rank); }

  // The sentence begins with the step: "plan: step 7 (linear): ...".
  __attribute__((format(printf, 3, 4))) sotto_status refuse(sotto_status status, const char* format, ...);
  __attribute__((format(printf, 2, 3))) sotto_status invalid(const char* format, ...);
  sotto_status refuse_list(sotto_status status, const char* format, va_list arguments);

  const sotto_plan& plan_;
  sotto_error* err_;
  std::vector<bool> written_;         // by value
  std::vector<bool> filled_;          // by slot
  std::vector<int64_t> input_width_;  // by batch input; -1: not used yet
  uint32_t outputs_ = 0;              // bit o: output o is delivered
  uint32_t index_ = 0;                // of the step that is looked at, with its kind's name
  const char* name_ = "";
};

const StepChecker::Kind StepChecker::kKinds[] = {
    {SOTTO_STEP_INPUT, "input", 0, 0, sizeof(sotto_input_args), &StepChecker::input},
    {SOTTO_STEP_EMBED, "embed", 0, 0, sizeof(sotto_embed_args), &StepChecker::embed},
    {SOTTO_STEP_NORM, "norm", 1, 0, sizeof(sotto_norm_args), &StepChecker::norm},
    {SOTTO_STEP_LINEAR, "linear", 1, 0, sizeof(sotto_linear_args), &StepChecker::linear},
    {SOTTO_STEP_ATTENTION, "attention", 3, 2, sizeof(sotto_attention_args), &StepChecker::attention},
    {SOTTO_STEP_ADD, "add", 2, 0, sizeof(sotto_add_args), &StepChecker::add},
    {SOTTO_STEP_MUL, "mul", 2, 0, sizeof(sotto_mul_args), &StepChecker::mul},
    {SOTTO_STEP_ALL_REDUCE, "all_reduce", 1, 0, 0, &StepChecker::all_reduce},
    {SOTTO_STEP_ALL_GATHER, "all_gather", 1, 0, 0, &StepChecker::all_gather},
    {SOTTO_STEP_OUTPUT, "output", 1, 0, sizeof(sotto_output_args), &StepChecker::output},
};

sotto_status StepChecker::refuse_list(sotto_status status, const char* format, va_list arguments) {
  char sentence[sizeof err_->text];
  (void)std::vsnprintf(sentence, sizeof sentence, format, arguments);
  return fail(err_, status, "plan: step %u (%s): %s", index_, name_, sentence);
}

sotto_status StepChecker::refuse(sotto_status status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)refuse_list(status, format, arguments);
  va_end(arguments);
  return status;
}

sotto_status StepChecker::invalid(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)refuse_list(SOTTO_INVALID_ARGUMENT, format, arguments);
  va_end(arguments);
  return SOTTO_INVALID_ARGUMENT;
}

sotto_status StepChecker::check_all() {
  for (index_ = 0; index_ < plan_.step_count; ++index_)
    if (const sotto_status s = check_step(step_of(plan_, index_)); s != SOTTO_OK) return s;
  for (uint32_t o = 0; o < plan_.output_count; ++o)
    if ((outputs_ >> o & 1u) == 0)
      return fail(err_, SOTTO_INVALID_ARGUMENT, "plan: no step delivers output %u of %u", o, plan_.output_count);
  return SOTTO_OK;
}

sotto_status StepChecker::check_step(const sotto_step& step) {
  for (const Kind& kind : kKinds) {
    if (kind.kind != step.kind) continue;
    name_ = kind.name;
    sotto_status s = check_values(step, kind);
    if (s == SOTTO_OK && kind.args == 0 && step.args != nullptr)
      s = refuse(SOTTO_UNSUPPORTED, "has arguments, of which none are known");
    if (s == SOTTO_OK && kind.args != 0 && step.args == nullptr) s = invalid("has no arguments");
    if (s == SOTTO_OK && kind.args != 0) s = check_struct(step.args, kind.args, kind.name, err_);
    if (s == SOTTO_OK) s = (this->*kind.check)(step);
    if (s == SOTTO_OK && step.out != SOTTO_NONE) written_[step.out] = true;
    return s;
  }
  return fail(err_, SOTTO_UNSUPPORTED, "plan: step %u is of the unknown kind %u", index_, step.kind);
}

sotto_status StepChecker::check_values(const sotto_step& step, const Kind& kind) {
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t value = step.in[i];
    if (value == SOTTO_NONE && i + kind.optional_inputs >= kind.inputs) continue;
    if (i >= kind.inputs)
      return refuse(SOTTO_UNSUPPORTED, "takes %u values, value %u is given as in[%u]", kind.inputs, value, i);
    if (value >= plan_.value_count) return invalid("reads value %u of %u", value, plan_.value_count);
    if (!written_[value]) return invalid("reads value %u before it is written", value);
  }
  if (step.kind == SOTTO_STEP_OUTPUT) return step.out == SOTTO_NONE ? SOTTO_OK : invalid("writes value %u", step.out);
  if (step.out >= plan_.value_count) return invalid("writes value %u of %u", step.out, plan_.value_count);
  if (written_[step.out]) return invalid("writes value %u a second time", step.out);
  return SOTTO_OK;
}

sotto_status StepChecker::weight_index(uint32_t weight, const char* what, uint32_t use) {
  if (weight >= plan_.weight_count) return invalid("%s is weight %u of %u", what, weight, plan_.weight_count);
  if ((weight_of(plan_, weight).uses & use) == 0)
    return invalid("%s is weight %u, whose uses %#x lack %#x", what, weight, weight_of(plan_, weight).uses, use);
  return SOTTO_OK;
}

template <class Width>
sotto_status StepChecker::vector(uint32_t weight, const char* what, Absent absent, EmptySlice empty, Width width) {
  if (weight == SOTTO_NONE) return absent == Absent::kAllowed ? SOTTO_OK : invalid("has no %s", what);
  if (const sotto_status s = weight_index(weight, what, SOTTO_USE_VECTOR); s != SOTTO_OK) return s;
  const sotto_weight& w = weight_of(plan_, weight);
  const WeightType& type = *find_weight_type(w.type);
  if (type.block != 1) return invalid("%s is of type %s, expected F32, F16 or BF16", what, type.name);
  for (uint32_t r = 0; r < plan_.world; ++r) {
    const sotto_slice& slice = w.slices[r];
    if (is_empty(slice) && (empty == EmptySlice::kIsNone || width(r) == 0)) continue;
    if (slice.rows != 1 || slice.columns != width(r))
      return invalid("%s on rank %u is [%" PRIu64 ", %" PRIu64 "], expected [1, %u]", what, r, slice.rows, slice.columns,
                     width(r));
  }
  return SOTTO_OK;
}

// Rows are looked up by ids below `ids`; a rank may have none of them.
sotto_status StepChecker::table(uint32_t weight, const char* what, uint32_t ids, const sotto_step& step) {
  if (const sotto_status s = weight_index(weight, what, SOTTO_USE_TABLE); s != SOTTO_OK) return s;
  const sotto_weight& w = weight_of(plan_, weight);
  if (w.rows < ids) return invalid("%s has %" PRIu64 " rows for %u ids", what, w.rows, ids);
  for (uint32_t r = 0; r < plan_.world; ++r)
    if (!is_empty(w.slices[r]) && w.slices[r].columns != width(step.out, r))
      return invalid("%s on rank %u has %" PRIu64 " columns, the value %u", what, r, w.slices[r].columns, width(step.out, r));
  return SOTTO_OK;
}

sotto_status StepChecker::matrix(uint32_t weight, const char* what, const sotto_step& step) {
  if (const sotto_status s = weight_index(weight, what, SOTTO_USE_LINEAR); s != SOTTO_OK) return s;
  for (uint32_t r = 0; r < plan_.world; ++r) {
    const sotto_slice& slice = weight_of(plan_, weight).slices[r];
    if (slice.rows != width(step.out, r) || slice.columns != width(step.in[0], r))
      return invalid("%s on rank %u is [%" PRIu64 ", %" PRIu64 "], expected [%u, %u]", what, r, slice.rows, slice.columns,
                     width(step.out, r), width(step.in[0], r));
  }
  return SOTTO_OK;
}

sotto_status StepChecker::activation(uint32_t kind) {
  return kind <= SOTTO_ACT_TANH ? SOTTO_OK : refuse(SOTTO_UNSUPPORTED, "has the unknown activation %u", kind);
}

sotto_status StepChecker::norm_numbers(uint32_t kind, float epsilon) {
  if (kind > SOTTO_NORM_RMS) return refuse(SOTTO_UNSUPPORTED, "has the unknown norm %u", kind);
  return is_finite_and_not_negative(epsilon) ? SOTTO_OK : invalid("has the epsilon %g", static_cast<double>(epsilon));
}

sotto_status StepChecker::same_on_all_ranks(uint32_t value) {
  for (uint32_t r = 1; r < plan_.world; ++r)
    if (width(value, r) != width(value, 0))
      return invalid("value %u is %u wide on rank 0 and %u on rank %u, expected the same", value, width(value, 0),
                     width(value, r), r);
  return SOTTO_OK;
}

sotto_status StepChecker::same_widths(uint32_t a, uint32_t b) {
  for (uint32_t r = 0; r < plan_.world; ++r)
    if (width(a, r) != width(b, r))
      return invalid("values %u and %u are %u and %u wide on rank %u, expected the same", a, b, width(a, r), width(b, r), r);
  return SOTTO_OK;
}

sotto_status StepChecker::input(const sotto_step& step) {
  const auto a = args_of<sotto_input_args>(step);
  if (a.input >= kMostInputs) return invalid("takes input %u, at most %u are possible", a.input, kMostInputs);
  if (const sotto_status s = same_on_all_ranks(step.out); s != SOTTO_OK) return s;
  int64_t& known = input_width_[a.input];
  if (known >= 0 && known != width(step.out, 0))
    return invalid("input %u is %u wide here and %" PRId64 " in another step", a.input, width(step.out, 0), known);
  known = width(step.out, 0);
  return SOTTO_OK;
}

sotto_status StepChecker::embed(const sotto_step& step) {
  const auto a = args_of<sotto_embed_args>(step);
  if (!std::isfinite(a.scale)) return invalid("has a scale that is no number");
  if (const sotto_status s = table(a.table, "table", plan_.vocabulary, step); s != SOTTO_OK) return s;
  return a.positions == SOTTO_NONE ? SOTTO_OK : table(a.positions, "positions", plan_.max_positions, step);
}

sotto_status StepChecker::norm(const sotto_step& step) {
  const auto a = args_of<sotto_norm_args>(step);
  const auto columns = [&](uint32_t r) { return width(step.out, r); };
  sotto_status s = norm_numbers(a.kind, a.epsilon);
  if (s == SOTTO_OK) s = same_widths(step.in[0], step.out);
  if (s == SOTTO_OK) s = same_on_all_ranks(step.out);
  if (s == SOTTO_OK) s = vector(a.weight, "weight", Absent::kAllowed, EmptySlice::kRefused, columns);
  if (s == SOTTO_OK) s = vector(a.bias, "bias", Absent::kAllowed, EmptySlice::kRefused, columns);
  return s;
}

sotto_status StepChecker::linear(const sotto_step& step) {
  const auto a = args_of<sotto_linear_args>(step);
  const auto columns = [&](uint32_t r) { return width(step.out, r); };
  if (!std::isfinite(a.scale) || !std::isfinite(a.gate_offset) || !is_finite_and_not_negative(a.clamp) ||
      !is_finite_and_not_negative(a.softcap))
    return invalid("has the scale %g, clamp %g, softcap %g, gate offset %g", static_cast<double>(a.scale),
                   static_cast<double>(a.clamp), static_cast<double>(a.softcap), static_cast<double>(a.gate_offset));
  if (a.gate == SOTTO_NONE && (a.gate_bias != SOTTO_NONE || a.gate_offset != 0))
    return invalid("has a gate's bias or offset and no gate");
  sotto_status s = activation(a.activation);
  if (s == SOTTO_OK) s = matrix(a.weight, "weight", step);
  if (s == SOTTO_OK) s = vector(a.bias, "bias", Absent::kAllowed, EmptySlice::kIsNone, columns);
  if (s == SOTTO_OK && a.gate != SOTTO_NONE) s = matrix(a.gate, "gate", step);
  if (s == SOTTO_OK) s = vector(a.gate_bias, "gate bias", Absent::kAllowed, EmptySlice::kIsNone, columns);
  return s;
}

sotto_status StepChecker::attention(const sotto_step& step) {
  const auto a = args_of<sotto_attention_args>(step);
  constexpr uint32_t kFlags = SOTTO_ATTENTION_READ_ONLY | SOTTO_ATTENTION_NOT_CAUSAL | SOTTO_ATTENTION_NORM_AFTER;
  if ((a.flags & ~kFlags) != 0) return refuse(SOTTO_UNSUPPORTED, "has the flags %#x, known are %#x", a.flags, kFlags);
  if (a.slot >= plan_.slot_count) return invalid("uses slot %u of %u", a.slot, plan_.slot_count);
  if (!std::isfinite(a.scale) || !is_finite_and_not_negative(a.softcap) || !std::isfinite(a.magnitude))
    return invalid("has the scale %g, softcap %g, magnitude %g", static_cast<double>(a.scale), static_cast<double>(a.softcap),
                   static_cast<double>(a.magnitude));
  const sotto_slot& slot = slot_of(plan_, a.slot);
  sotto_status s = slot_use(step, a);
  if (s == SOTTO_OK) s = attention_heads(step, a, slot);
  if (s == SOTTO_OK) s = attention_vectors(a, slot);
  if (s == SOTTO_OK) s = rotation(a);
  return s;
}

// A slot is filled by one step; others may read it afterwards.
sotto_status StepChecker::slot_use(const sotto_step& step, const sotto_attention_args& a) {
  const bool reads_only = (a.flags & SOTTO_ATTENTION_READ_ONLY) != 0;
  for (int i = 1; i < 3; ++i)
    if ((step.in[i] == SOTTO_NONE) != reads_only)
      return invalid("%s, and in[%d] is %s", reads_only ? "reads its slot only" : "fills its slot", i,
                     step.in[i] == SOTTO_NONE ? "missing" : "given");
  if (reads_only && !filled_[a.slot]) return invalid("reads slot %u, which no step before fills", a.slot);
  if (!reads_only && filled_[a.slot]) return invalid("fills slot %u a second time", a.slot);
  const uint32_t kept = slot_of(plan_, a.slot).window;
  if (kept != 0 && (a.window == 0 || a.window > kept))
    return invalid("has the window %u, slot %u keeps %u tokens", a.window, a.slot, kept);
  filled_[a.slot] = true;
  return SOTTO_OK;
}

sotto_status StepChecker::attention_heads(const sotto_step& step, const sotto_attention_args& a, const sotto_slot& slot) {
  const sotto_rank_heads& last = slot.ranks[plan_.world - 1];
  if (a.head_dim != slot.head_dim || a.heads != last.first_head + last.heads)
    return invalid("has %u heads of %u numbers, slot %u %u heads of %u", a.heads, a.head_dim, a.slot,
                   last.first_head + last.heads, slot.head_dim);
  const uint32_t sharing = a.heads / slot.kv_heads;  // query heads per KV head
  for (uint32_t r = 0; r < plan_.world; ++r) {
    const sotto_rank_heads& h = slot.ranks[r];
    if (h.heads != 0 &&
        (h.first_head / sharing < h.first_kv_head || (h.first_head + h.heads - 1) / sharing >= h.first_kv_head + h.kv_heads))
      return invalid("heads %u +%u of rank %u need KV heads %u .. %u, the rank has %u +%u", h.first_head, h.heads, r,
                     h.first_head / sharing, (h.first_head + h.heads - 1) / sharing, h.first_kv_head, h.kv_heads);
    const uint64_t q = uint64_t{h.heads} * a.head_dim, kv = uint64_t{h.kv_heads} * a.head_dim;
    const uint64_t expected[] = {q, kv, kv};
    if (width(step.out, r) != q) return invalid("out is %u wide on rank %u, expected %" PRIu64, width(step.out, r), r, q);
    for (int i = 0; i < 3; ++i)
      if (step.in[i] != SOTTO_NONE && width(step.in[i], r) != expected[i])
        return invalid("in[%d] is %u wide on rank %u, expected %" PRIu64, i, width(step.in[i], r), r, expected[i]);
  }
  return SOTTO_OK;
}

sotto_status StepChecker::attention_vectors(const sotto_attention_args& a, const sotto_slot& slot) {
  const auto per_head = [&](uint32_t r) { return slot.ranks[r].heads; };
  const auto per_number = [&](uint32_t) { return a.head_dim; };
  if ((a.q_norm == SOTTO_NONE && a.q_norm_bias != SOTTO_NONE) || (a.k_norm == SOTTO_NONE && a.k_norm_bias != SOTTO_NONE))
    return invalid("has the bias of a norm that it lacks");
  sotto_status s = norm_numbers(a.norm_kind, a.norm_epsilon);
  if (s == SOTTO_OK) s = vector(a.sink, "sink", Absent::kAllowed, EmptySlice::kRefused, per_head);
  if (s == SOTTO_OK) s = vector(a.q_norm, "q norm", Absent::kAllowed, EmptySlice::kRefused, per_number);
  if (s == SOTTO_OK) s = vector(a.q_norm_bias, "q norm bias", Absent::kAllowed, EmptySlice::kRefused, per_number);
  if (s == SOTTO_OK) s = vector(a.k_norm, "k norm", Absent::kAllowed, EmptySlice::kRefused, per_number);
  if (s == SOTTO_OK) s = vector(a.k_norm_bias, "k norm bias", Absent::kAllowed, EmptySlice::kRefused, per_number);
  return s;
}

sotto_status StepChecker::rotation(const sotto_attention_args& a) {
  if (a.rotation > SOTTO_ROTATION_INTERLEAVED) return refuse(SOTTO_UNSUPPORTED, "has the unknown rotation %u", a.rotation);
  if (a.rotation == SOTTO_ROTATION_NONE) return SOTTO_OK;
  if (a.rotary_dim == 0 || a.rotary_dim % 2 != 0 || a.rotary_dim > a.head_dim)
    return invalid("rotates %u of %u numbers, expected an even part", a.rotary_dim, a.head_dim);
  return vector(a.inv_freq, "inverse frequencies", Absent::kRefused, EmptySlice::kRefused,
                [&](uint32_t) { return a.rotary_dim / 2; });
}

sotto_status StepChecker::add(const sotto_step& step) {
  const auto a = args_of<sotto_add_args>(step);
  if (!std::isfinite(a.scale)) return invalid("has a scale that is no number");
  sotto_status s = same_widths(step.in[0], step.out);
  if (s == SOTTO_OK) s = same_widths(step.in[1], step.out);
  if (s == SOTTO_OK)
    s = vector(a.bias, "bias", Absent::kAllowed, EmptySlice::kRefused, [&](uint32_t r) { return width(step.out, r); });
  return s;
}

sotto_status StepChecker::mul(const sotto_step& step) {
  sotto_status s = activation(args_of<sotto_mul_args>(step).activation);
  if (s == SOTTO_OK) s = same_widths(step.in[0], step.out);
  if (s == SOTTO_OK) s = same_widths(step.in[1], step.out);
  return s;
}

sotto_status StepChecker::all_reduce(const sotto_step& step) {
  const sotto_status s = same_widths(step.in[0], step.out);
  return s == SOTTO_OK ? same_on_all_ranks(step.out) : s;
}

sotto_status StepChecker::all_gather(const sotto_step& step) {
  uint64_t total = 0;
  for (uint32_t r = 0; r < plan_.world; ++r) total += width(step.in[0], r);
  if (total != width(step.out, 0)) return invalid("the parts are %" PRIu64 " wide, the result %u", total, width(step.out, 0));
  return same_on_all_ranks(step.out);
}

sotto_status StepChecker::output(const sotto_step& step) {
  const auto a = args_of<sotto_output_args>(step);
  if (a.output >= plan_.output_count) return invalid("delivers output %u of %u", a.output, plan_.output_count);
  if ((outputs_ >> a.output & 1u) != 0) return invalid("delivers output %u a second time", a.output);
  outputs_ |= 1u << a.output;
  return same_on_all_ranks(step.in[0]);
}

}  // namespace

sotto_status check_steps(const sotto_plan& plan, sotto_error* err) { return StepChecker(plan, err).check_all(); }

}  // namespace sotto::backend

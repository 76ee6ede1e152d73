// plan_check.cc: is this a plan that we understand, whole and without contradiction? Everything the other files rely on is
// asked here, so keep it when you replace the arithmetic; where your device has limits of its own, add them.
#include <cinttypes>
#include <cmath>

#include "faults.h"
#include "plan_copy.h"
#include "report.h"

namespace external {
namespace {

// Far above any model, far below where products of sizes overflow.
constexpr uint32_t kMostRanks = 1024, kMostEntries = 1u << 20, kMostWidth = 1u << 28, kMostHeadDim = 1u << 16;
constexpr uint32_t kMostInputs = 1024, kMostOutputs = 32, kMostStructBytes = 4096;
constexpr uint64_t kMostRows = uint64_t{1} << 32;

bool is_number(float x) { return std::isfinite(x); }
bool is_size(float x) { return std::isfinite(x) && x >= 0; }

// A struct of the host: at least what we know, and zeros in what we do not.
void check_struct(const void* from, size_t known, const char* what) {
  const uint32_t size = *static_cast<const uint32_t*>(from);
  if (size < known || size > kMostStructBytes)
    refuse(SOTTO_INVALID_ARGUMENT, "plan: %s: struct_size %u, expected at least %zu", what, size, known);
  for (size_t i = known; i < size && !faults::kIgnoresUnknownFields; ++i)
    if (static_cast<const char*>(from)[i] != 0)
      refuse(SOTTO_UNSUPPORTED, "plan: %s: byte %zu is set, this backend knows %zu bytes of it", what, i, known);
}

template <class T>
void check_array(const T* first, uint32_t count, uint32_t stride, const char* what) {
  if (count > kMostEntries || (count > 0 && first == nullptr))
    refuse(SOTTO_INVALID_ARGUMENT, "plan: %u entries of kind %s at %s", count, what,
           first == nullptr ? "no address" : "an address");
  if (count > 0 && (stride < sizeof(T) || stride > kMostStructBytes || stride % alignof(T) != 0))
    refuse(SOTTO_INVALID_ARGUMENT, "plan: each %s takes %zu bytes, they are %u apart", what, sizeof(T), stride);
  for (uint32_t i = 0; i < count; ++i) {
    const T& one = entry(first, stride, i);
    if (one.struct_size > stride)
      refuse(SOTTO_INVALID_ARGUMENT, "plan: %s %u has %u bytes, they are %u apart", what, i, one.struct_size, stride);
    check_struct(&one, sizeof(T), what);
  }
}

void check_weight(const sotto_plan& plan, uint32_t index) {
  const sotto_weight& w = entry(plan.weights, plan.weight_stride, index);
  const WeightType* type = find_weight_type(w.type);
  if (type == nullptr) refuse(SOTTO_UNSUPPORTED, "plan: weight %u is of the unknown type %u", index, w.type);
  constexpr uint32_t kUses = SOTTO_USE_TABLE | SOTTO_USE_LINEAR | SOTTO_USE_VECTOR;
  if ((w.uses & ~kUses) != 0 || w.reserved != 0)
    refuse(SOTTO_UNSUPPORTED, "plan: weight %u: uses %#x, reserved %#x; known are %#x", index, w.uses, w.reserved, kUses);
  if (w.rows > kMostRows || w.columns > kMostWidth || w.columns % type->block != 0)
    refuse(SOTTO_INVALID_ARGUMENT, "plan: weight %u is [%" PRIu64 ", %" PRIu64 "] in %s blocks of %u", index, w.rows, w.columns,
           type->name, type->block);
  if (w.slices == nullptr || (w.name.data == nullptr && w.name.size != 0))
    refuse(SOTTO_INVALID_ARGUMENT, "plan: weight %u has its slices or its name at no address", index);
  for (uint32_t rank = 0; rank < plan.world; ++rank) {
    const sotto_slice& s = w.slices[rank];
    const bool is_inside = s.first_row <= w.rows && s.rows <= w.rows - s.first_row && s.first_column <= w.columns &&
                           s.columns <= w.columns - s.first_column;
    // What is delivered begins with a whole block, less than one block before the slice's first column.
    const bool is_blocks = is_empty(s) || (s.skip_columns < type->block && s.skip_columns <= s.first_column &&
                                           (s.first_column - s.skip_columns) % type->block == 0);
    if (!is_inside || !is_blocks)
      refuse(SOTTO_INVALID_ARGUMENT,
             "plan: weight %u on rank %u: rows %" PRIu64 " +%" PRIu64 ", columns %" PRIu64 " +%" PRIu64 " with %" PRIu64
             " skipped, of [%" PRIu64 ", %" PRIu64 "] in blocks of %u",
             index, rank, s.first_row, s.rows, s.first_column, s.columns, s.skip_columns, w.rows, w.columns, type->block);
  }
}

// The ranks have the query heads in order and without gaps, and of the KV heads any range within the model's.
void check_slot(const sotto_plan& plan, uint32_t index) {
  const sotto_slot& slot = entry(plan.slots, plan.slot_stride, index);
  if (slot.kv_heads == 0 || slot.kv_heads > kMostWidth || slot.head_dim == 0 || slot.head_dim > kMostHeadDim ||
      slot.ranks == nullptr)
    refuse(SOTTO_INVALID_ARGUMENT, "plan: slot %u: %u KV heads of %u numbers, ranks at %s", index, slot.kv_heads, slot.head_dim,
           slot.ranks == nullptr ? "no address" : "an address");
  uint64_t heads = 0;
  for (uint32_t rank = 0; rank < plan.world; ++rank) {
    const sotto_rank_heads& h = slot.ranks[rank];
    if (h.first_head != heads || uint64_t{h.first_kv_head} + h.kv_heads > slot.kv_heads)
      refuse(SOTTO_INVALID_ARGUMENT, "plan: slot %u: rank %u has heads %u +%u and KV heads %u +%u of %u", index, rank,
             h.first_head, h.heads, h.first_kv_head, h.kv_heads, slot.kv_heads);
    heads += h.heads;
  }
  if (heads == 0 || heads > kMostWidth || heads % slot.kv_heads != 0)
    refuse(SOTTO_INVALID_ARGUMENT, "plan: slot %u: %" PRIu64 " heads cannot share %u KV heads evenly", index, heads,
           slot.kv_heads);
}

// Goes through the steps once and remembers what the earlier ones wrote.
class StepCheck {
 public:
  explicit StepCheck(const sotto_plan& plan)
      : plan_(plan), is_written_(plan.value_count), is_filled_(plan.slot_count), input_widths_(kMostInputs) {}
  void check_all();

 private:
  struct Kind {
    uint32_t kind;
    const char* name;
    uint32_t inputs;
    uint32_t optional_inputs;  // so many at the end may be SOTTO_NONE
    size_t args_bytes;         // 0: args is NULL
    void (StepCheck::*check)(const sotto_step& step);
  };
  static const Kind kKinds[];

  void check_values(const sotto_step& step, const Kind& kind);
  void input(const sotto_step& step);
  void embed(const sotto_step& step);
  void norm(const sotto_step& step);
  void linear(const sotto_step& step);
  void attention(const sotto_step& step);
  void add(const sotto_step& step);
  void mul(const sotto_step& step);
  void all_reduce(const sotto_step& step);
  void all_gather(const sotto_step& step);
  void output(const sotto_step& step);

  void slot_of_attention(const sotto_step& step, const sotto_attention_args& a, const sotto_slot& slot);
  void heads_of_attention(const sotto_step& step, const sotto_attention_args& a, const sotto_slot& slot);
  const sotto_weight& weight(uint32_t index, uint32_t use, const char* what);
  void table(uint32_t index, uint32_t ids, uint32_t out, const char* what);
  void matrix(uint32_t index, const sotto_step& step, const char* what);
  // A row as wide on each rank as width(rank), or missing there if may_lack.
  template <class Width>
  void vector(uint32_t index, const char* what, bool may_lack, Width width);
  void same_width(uint32_t a, uint32_t b);
  void same_on_all_ranks(uint32_t value);
  uint32_t width(uint32_t value, uint32_t rank) const { return plan_.widths[size_t{value} * plan_.world + rank]; }

  __attribute__((format(printf, 3, 4))) void need(bool is_so, const char* format, ...);  // else it contradicts itself
  __attribute__((format(printf, 3, 4))) void know(bool is_so, const char* format, ...);  // else it is unknown here

  const sotto_plan& plan_;
  std::vector<bool> is_written_;        // by value
  std::vector<bool> is_filled_;         // by slot
  std::vector<uint32_t> input_widths_;  // by input of the batch, plus 1; 0: not seen yet
  uint32_t outputs_ = 0;                // bit o: output o is delivered
  uint32_t index_ = 0;                  // of the step
  const char* name_ = "";               // of its kind
};

template <class Args>
Args args_of(const sotto_step& step) {
  Args args;
  std::memcpy(&args, step.args, sizeof args);
  return args;
}

const StepCheck::Kind StepCheck::kKinds[] = {
    {SOTTO_STEP_INPUT, "input", 0, 0, sizeof(sotto_input_args), &StepCheck::input},
    {SOTTO_STEP_EMBED, "embed", 0, 0, sizeof(sotto_embed_args), &StepCheck::embed},
    {SOTTO_STEP_NORM, "norm", 1, 0, sizeof(sotto_norm_args), &StepCheck::norm},
    {SOTTO_STEP_LINEAR, "linear", 1, 0, sizeof(sotto_linear_args), &StepCheck::linear},
    {SOTTO_STEP_ATTENTION, "attention", 3, 2, sizeof(sotto_attention_args), &StepCheck::attention},
    {SOTTO_STEP_ADD, "add", 2, 0, sizeof(sotto_add_args), &StepCheck::add},
    {SOTTO_STEP_MUL, "mul", 2, 0, sizeof(sotto_mul_args), &StepCheck::mul},
    {SOTTO_STEP_ALL_REDUCE, "all_reduce", 1, 0, 0, &StepCheck::all_reduce},
    {SOTTO_STEP_ALL_GATHER, "all_gather", 1, 0, 0, &StepCheck::all_gather},
    {SOTTO_STEP_OUTPUT, "output", 1, 0, sizeof(sotto_output_args), &StepCheck::output},
};

void StepCheck::need(bool is_so, const char* format, ...) {
  if (is_so) return;
  va_list arguments;
  va_start(arguments, format);
  const std::string text = write(format, arguments);
  va_end(arguments);
  refuse(SOTTO_INVALID_ARGUMENT, "plan: step %u (%s): %s", index_, name_, text.c_str());
}
void StepCheck::know(bool is_so, const char* format, ...) {
  if (is_so) return;
  va_list arguments;
  va_start(arguments, format);
  const std::string text = write(format, arguments);
  va_end(arguments);
  refuse(SOTTO_UNSUPPORTED, "plan: step %u (%s): %s", index_, name_, text.c_str());
}

void StepCheck::check_all() {
  for (index_ = 0; index_ < plan_.step_count; ++index_) {
    const sotto_step& step = entry(plan_.steps, plan_.step_stride, index_);
    const Kind* kind = nullptr;
    for (const Kind& row : kKinds)
      if (row.kind == step.kind) kind = &row;
    name_ = kind == nullptr ? "unknown" : kind->name;
    know(kind != nullptr, "is of the kind %u, which this backend does not know", step.kind);
    check_values(step, *kind);
    know(kind->args_bytes > 0 || step.args == nullptr, "has arguments, and none are known");
    need(kind->args_bytes == 0 || step.args != nullptr, "has no arguments");
    if (kind->args_bytes > 0) check_struct(step.args, kind->args_bytes, name_);
    (this->*kind->check)(step);
    if (step.out != SOTTO_NONE) is_written_[step.out] = true;
  }
  for (uint32_t o = 0; o < plan_.output_count; ++o)
    if ((outputs_ >> o & 1u) == 0) refuse(SOTTO_INVALID_ARGUMENT, "plan: no step delivers output %u", o);
}

void StepCheck::check_values(const sotto_step& step, const Kind& kind) {
  for (uint32_t i = 0; i < 3; ++i) {
    const uint32_t value = step.in[i];
    if (value == SOTTO_NONE && i + kind.optional_inputs >= kind.inputs) continue;
    know(i < kind.inputs, "takes %u values and is given one more, %u", kind.inputs, value);
    need(value < plan_.value_count && is_written_[value], "reads value %u, which no step before it writes", value);
  }
  if (step.kind == SOTTO_STEP_OUTPUT) {
    need(step.out == SOTTO_NONE, "writes value %u, an output writes none", step.out);
  } else {
    need(step.out < plan_.value_count, "writes value %u of %u", step.out, plan_.value_count);
    need(!is_written_[step.out], "writes value %u a second time", step.out);
  }
}

const sotto_weight& StepCheck::weight(uint32_t index, uint32_t use, const char* what) {
  need(index < plan_.weight_count, "%s is weight %u of %u", what, index, plan_.weight_count);
  const sotto_weight& w = entry(plan_.weights, plan_.weight_stride, index);
  need((w.uses & use) != 0, "%s is weight %u, whose uses %#x lack %#x", what, index, w.uses, use);
  return w;
}

// Every id has a row; a rank may have none of them.
void StepCheck::table(uint32_t index, uint32_t ids, uint32_t out, const char* what) {
  const sotto_weight& w = weight(index, SOTTO_USE_TABLE, what);
  need(w.rows >= ids, "%s has %" PRIu64 " rows for %u ids", what, w.rows, ids);
  for (uint32_t r = 0; r < plan_.world; ++r)
    need(is_empty(w.slices[r]) || w.slices[r].columns == width(out, r), "%s on rank %u is %" PRIu64 " wide, the value %u", what,
         r, w.slices[r].columns, width(out, r));
}

void StepCheck::matrix(uint32_t index, const sotto_step& step, const char* what) {
  const sotto_weight& w = weight(index, SOTTO_USE_LINEAR, what);
  for (uint32_t r = 0; r < plan_.world; ++r)
    need(w.slices[r].rows == width(step.out, r) && w.slices[r].columns == width(step.in[0], r),
         "%s on rank %u is [%" PRIu64 ", %" PRIu64 "], expected [%u, %u]", what, r, w.slices[r].rows, w.slices[r].columns,
         width(step.out, r), width(step.in[0], r));
}

template <class Width>
void StepCheck::vector(uint32_t index, const char* what, bool may_lack, Width width_on) {
  if (index == SOTTO_NONE) return;
  const sotto_weight& w = weight(index, SOTTO_USE_VECTOR, what);
  need(find_weight_type(w.type)->block == 1, "%s is of type %s", what, find_weight_type(w.type)->name);
  for (uint32_t r = 0; r < plan_.world; ++r) {
    const sotto_slice& s = w.slices[r];
    if (is_empty(s) && (may_lack || width_on(r) == 0)) continue;
    need(s.rows == 1 && s.columns == width_on(r), "%s on rank %u is [%" PRIu64 ", %" PRIu64 "], expected [1, %u]", what, r,
         s.rows, s.columns, width_on(r));
  }
}

void StepCheck::same_width(uint32_t a, uint32_t b) {
  for (uint32_t r = 0; r < plan_.world; ++r)
    need(width(a, r) == width(b, r), "values %u and %u are %u and %u wide on rank %u", a, b, width(a, r), width(b, r), r);
}
void StepCheck::same_on_all_ranks(uint32_t value) {
  for (uint32_t r = 1; r < plan_.world; ++r)
    need(width(value, r) == width(value, 0), "value %u is %u wide on rank 0 and %u on rank %u", value, width(value, 0),
         width(value, r), r);
}

void StepCheck::input(const sotto_step& step) {
  const uint32_t input = args_of<sotto_input_args>(step).input;
  need(input < kMostInputs, "takes input %u, at most %u are possible", input, kMostInputs);
  same_on_all_ranks(step.out);
  const uint32_t seen = input_widths_[input], wide = width(step.out, 0) + 1;
  need(seen == 0 || seen == wide, "input %u is %u wide here and %u in another step", input, wide - 1, seen - 1);
  input_widths_[input] = wide;
}

void StepCheck::embed(const sotto_step& step) {
  const auto a = args_of<sotto_embed_args>(step);
  need(is_number(a.scale), "has a scale that is no number");
  table(a.table, plan_.vocabulary, step.out, "table");
  if (a.positions != SOTTO_NONE) table(a.positions, plan_.max_positions, step.out, "positions");
}

void StepCheck::norm(const sotto_step& step) {
  const auto a = args_of<sotto_norm_args>(step);
  const auto wide = [&](uint32_t r) { return width(step.out, r); };
  know(a.kind <= SOTTO_NORM_RMS, "is of the unknown kind %u", a.kind);
  need(is_size(a.epsilon), "has the epsilon %g", static_cast<double>(a.epsilon));
  same_width(step.in[0], step.out);
  same_on_all_ranks(step.out);
  vector(a.weight, "weight", false, wide);
  vector(a.bias, "bias", false, wide);
}

void StepCheck::linear(const sotto_step& step) {
  const auto a = args_of<sotto_linear_args>(step);
  const auto wide = [&](uint32_t r) { return width(step.out, r); };
  know(a.activation <= SOTTO_ACT_TANH, "has the unknown activation %u", a.activation);
  need(is_number(a.scale) && is_number(a.gate_offset) && is_size(a.clamp) && is_size(a.softcap),
       "has a scale, clamp, softcap or gate offset that cannot be");
  need(a.gate != SOTTO_NONE || (a.gate_bias == SOTTO_NONE && a.gate_offset == 0), "has a gate's bias or offset and no gate");
  matrix(a.weight, step, "weight");
  vector(a.bias, "bias", true, wide);  // of a column slice: on rank 0 alone
  if (a.gate != SOTTO_NONE) matrix(a.gate, step, "gate");
  vector(a.gate_bias, "gate bias", true, wide);
}

void StepCheck::attention(const sotto_step& step) {
  const auto a = args_of<sotto_attention_args>(step);
  constexpr uint32_t kFlags = SOTTO_ATTENTION_READ_ONLY | SOTTO_ATTENTION_NOT_CAUSAL | SOTTO_ATTENTION_NORM_AFTER;
  know((a.flags & ~kFlags) == 0, "has the flags %#x, known are %#x", a.flags, kFlags);
  know(a.norm_kind <= SOTTO_NORM_RMS, "has a norm of the unknown kind %u", a.norm_kind);
  know(a.rotation <= SOTTO_ROTATION_INTERLEAVED, "has the unknown rotation %u", a.rotation);
  need(a.slot < plan_.slot_count, "uses slot %u of %u", a.slot, plan_.slot_count);
  need(is_number(a.scale) && is_number(a.magnitude) && is_size(a.softcap) && is_size(a.norm_epsilon),
       "has a scale, magnitude, softcap or epsilon that cannot be");
  const sotto_slot& slot = entry(plan_.slots, plan_.slot_stride, a.slot);
  slot_of_attention(step, a, slot);
  heads_of_attention(step, a, slot);
  const auto head = [&](uint32_t) { return a.head_dim; };
  need(a.q_norm != SOTTO_NONE || a.q_norm_bias == SOTTO_NONE, "has a bias of the norm of q and no such norm");
  need(a.k_norm != SOTTO_NONE || a.k_norm_bias == SOTTO_NONE, "has a bias of the norm of k and no such norm");
  vector(a.sink, "sink", false, [&](uint32_t r) { return slot.ranks[r].heads; });
  vector(a.q_norm, "norm of q", false, head);
  vector(a.q_norm_bias, "bias of the norm of q", false, head);
  vector(a.k_norm, "norm of k", false, head);
  vector(a.k_norm_bias, "bias of the norm of k", false, head);
  if (a.rotation == SOTTO_ROTATION_NONE) return;
  need(a.rotary_dim > 0 && a.rotary_dim % 2 == 0 && a.rotary_dim <= a.head_dim, "rotates %u of %u dimensions", a.rotary_dim,
       a.head_dim);
  need(a.inv_freq != SOTTO_NONE, "rotates without a table of frequencies");
  vector(a.inv_freq, "inverse frequencies", false, [&](uint32_t) { return a.rotary_dim / 2; });
}

// One step fills a slot; others may read it afterwards.
void StepCheck::slot_of_attention(const sotto_step& step, const sotto_attention_args& a, const sotto_slot& slot) {
  const bool reads_only = (a.flags & SOTTO_ATTENTION_READ_ONLY) != 0;
  need((step.in[1] == SOTTO_NONE) == reads_only && (step.in[2] == SOTTO_NONE) == reads_only,
       "%s, and its k is value %u, its v value %u", reads_only ? "only reads its slot" : "fills its slot", step.in[1],
       step.in[2]);
  need(is_filled_[a.slot] == reads_only, reads_only ? "reads slot %u before it is filled" : "fills slot %u a second time",
       a.slot);
  need(slot.window == 0 || (a.window != 0 && a.window <= slot.window), "has the window %u, slot %u keeps %u tokens", a.window,
       a.slot, slot.window);
  is_filled_[a.slot] = true;
}

void StepCheck::heads_of_attention(const sotto_step& step, const sotto_attention_args& a, const sotto_slot& slot) {
  const sotto_rank_heads& last = slot.ranks[plan_.world - 1];
  need(a.head_dim == slot.head_dim && a.heads == last.first_head + last.heads, "has %u heads of %u, slot %u %u of %u", a.heads,
       a.head_dim, a.slot, last.first_head + last.heads, slot.head_dim);
  const uint32_t sharing = a.heads / slot.kv_heads;  // query heads per KV head
  for (uint32_t r = 0; r < plan_.world; ++r) {
    const sotto_rank_heads& h = slot.ranks[r];
    need(h.heads == 0 || (h.first_head / sharing >= h.first_kv_head &&
                          (h.first_head + h.heads - 1) / sharing < h.first_kv_head + h.kv_heads),
         "heads %u +%u of rank %u are not served by its KV heads %u +%u", h.first_head, h.heads, r, h.first_kv_head,
         h.kv_heads);
    const uint64_t q = uint64_t{h.heads} * a.head_dim, kv = uint64_t{h.kv_heads} * a.head_dim;
    need(width(step.in[0], r) == q && width(step.out, r) == q,
         "q and the result are %u and %u wide on rank %u, expected %" PRIu64, width(step.in[0], r), width(step.out, r), r, q);
    for (uint32_t i = 1; i < 3 && step.in[i] != SOTTO_NONE; ++i)
      need(width(step.in[i], r) == kv, "%s is %u wide on rank %u, expected %" PRIu64, i == 1 ? "k" : "v", width(step.in[i], r),
           r, kv);
  }
}

void StepCheck::add(const sotto_step& step) {
  const auto a = args_of<sotto_add_args>(step);
  need(is_number(a.scale), "has a scale that is no number");
  same_width(step.in[0], step.out);
  same_width(step.in[1], step.out);
  vector(a.bias, "bias", false, [&](uint32_t r) { return width(step.out, r); });
}

void StepCheck::mul(const sotto_step& step) {
  const uint32_t activation = args_of<sotto_mul_args>(step).activation;
  know(activation <= SOTTO_ACT_TANH, "has the unknown activation %u", activation);
  same_width(step.in[0], step.out);
  same_width(step.in[1], step.out);
}

void StepCheck::all_reduce(const sotto_step& step) {
  same_width(step.in[0], step.out);
  same_on_all_ranks(step.out);
}

void StepCheck::all_gather(const sotto_step& step) {
  uint64_t sum = 0;
  for (uint32_t r = 0; r < plan_.world; ++r) sum += width(step.in[0], r);
  need(sum == width(step.out, 0), "the parts are %" PRIu64 " wide together, the result %u", sum, width(step.out, 0));
  same_on_all_ranks(step.out);
}

void StepCheck::output(const sotto_step& step) {
  const uint32_t output = args_of<sotto_output_args>(step).output;
  need(output < plan_.output_count, "delivers output %u of %u", output, plan_.output_count);
  need((outputs_ >> output & 1u) == 0, "delivers output %u a second time", output);
  outputs_ |= 1u << output;
  same_on_all_ranks(step.in[0]);
}

}  // namespace

void check_plan(const sotto_plan* plan) {
  if (plan == nullptr) refuse(SOTTO_INVALID_ARGUMENT, "plan: none is given");
  check_struct(plan, sizeof *plan, "plan");
  if (plan->world == 0 || plan->world > kMostRanks)
    refuse(SOTTO_INVALID_ARGUMENT, "plan: %u ranks, expected 1 .. %u", plan->world, kMostRanks);
  if (plan->output_count > kMostOutputs)
    refuse(SOTTO_UNSUPPORTED, "plan: %u outputs, at most %u", plan->output_count, kMostOutputs);
  if (plan->value_count > kMostEntries || (plan->value_count > 0 && plan->widths == nullptr))
    refuse(SOTTO_INVALID_ARGUMENT, "plan: %u values%s", plan->value_count, plan->widths == nullptr ? " without widths" : "");
  for (size_t i = 0; i < size_t{plan->value_count} * plan->world; ++i)
    if (plan->widths[i] > kMostWidth)
      refuse(SOTTO_INVALID_ARGUMENT, "plan: value %zu is %u wide, at most %u", i / plan->world, plan->widths[i], kMostWidth);
  check_array(plan->weights, plan->weight_count, plan->weight_stride, "weight");
  check_array(plan->steps, plan->step_count, plan->step_stride, "step");
  check_array(plan->slots, plan->slot_count, plan->slot_stride, "slot");
  for (uint32_t i = 0; i < plan->weight_count; ++i) check_weight(*plan, i);
  for (uint32_t i = 0; i < plan->slot_count; ++i) check_slot(*plan, i);
  StepCheck(*plan).check_all();
}

}  // namespace external

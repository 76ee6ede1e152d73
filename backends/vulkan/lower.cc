#include "lower.h"

#include <algorithm>

#include "common/plan_read.h"

namespace sotto::vulkan {
namespace {

class Lowering {
 public:
  Lowering(const sotto_plan& plan, const sotto_group& group) : plan_(plan), group_(group) {}

  Lowered run() {
    read_plan();
    find_classes();
    find_shared();
    gather_inputs();
    fuse(out_);
    place_buffers();
    return std::move(out_);
  }

 private:
  void read_plan();
  void find_classes();
  void find_shared();
  void gather_inputs();
  uint32_t gathered(uint32_t value, uint32_t row_class);
  uint32_t class_of_mask(uint32_t mask);
  void place_buffers();
  uint32_t take(uint64_t stride, bool is_narrow);

  const sotto_plan& plan_;
  const sotto_group& group_;
  Lowered out_;
  std::vector<Step> done_;  // while gathers are put in
  struct Copy {
    uint32_t value, row_class, copy;
  };
  std::vector<Copy> copies_;
  std::vector<uint32_t> free_;
};

void Lowering::read_plan() {
  out_.vocabulary = plan_.vocabulary;
  out_.max_positions = plan_.max_positions;
  out_.class_masks = {0};
  out_.values.resize(plan_.value_count);
  for (uint32_t v = 0; v < plan_.value_count; ++v)
    for (uint32_t r = 0; r < group_.local_ranks; ++r)
      out_.values[v].widths.push_back(backend::width_of(plan_, v, group_.first_rank + r));
  out_.slots = backend::read_slots(plan_, group_.first_rank, group_.local_ranks);
  out_.output_widths.resize(plan_.output_count);
  out_.output_classes.resize(plan_.output_count);
  for (uint32_t i = 0; i < plan_.step_count; ++i) {
    const sotto_step& from = backend::step_of(plan_, i);
    Step& step = out_.steps.emplace_back();
    step.kind = from.kind;
    step.out = from.out;
    std::copy_n(from.in, 3, step.in);
    step.args = backend::read_step_args(from);
    if (step.kind == SOTTO_STEP_EMBED) out_.embeds = true;
    if (step.kind == SOTTO_STEP_OUTPUT) out_.output_widths[step.args.output.output] = out_.values[step.in[0]].widths[0];
    if (step.kind == SOTTO_STEP_INPUT) {
      const uint32_t input = step.args.input.input;
      if (out_.input_widths.size() <= input) out_.input_widths.resize(input + 1);
      out_.input_widths[input] = out_.values[step.out].widths[0];
    }
    if (step.kind == SOTTO_STEP_ATTENTION && step.args.attention.rotation != SOTTO_ROTATION_NONE) {
      const sotto_attention_args& a = step.args.attention;
      const Rotary rotary{a.inv_freq, a.rotary_dim, a.magnitude == 0 ? 1.0f : a.magnitude};
      const auto found = std::find(out_.rotaries.begin(), out_.rotaries.end(), rotary);
      step.rotary = static_cast<uint32_t>(found - out_.rotaries.begin());
      if (found == out_.rotaries.end()) out_.rotaries.push_back(rotary);
    }
  }
}

uint32_t Lowering::class_of_mask(uint32_t mask) {
  for (uint32_t c = 1; c < out_.class_masks.size(); ++c)
    if (out_.class_masks[c] == mask) return c;
  out_.class_masks.push_back(mask);
  return static_cast<uint32_t>(out_.class_masks.size() - 1);
}

// Backwards: a value is wanted for the rows for which what is made from it is.
void Lowering::find_classes() {
  std::vector<uint32_t> outputs(out_.values.size());
  std::vector<bool> every_row(out_.values.size());
  for (auto step = out_.steps.rbegin(); step != out_.steps.rend(); ++step)
    for (int i = 0; i < 3; ++i) {
      const uint32_t in = step->in[i];
      if (in == SOTTO_NONE) continue;
      if (step->kind == SOTTO_STEP_OUTPUT) {
        outputs[in] |= 1u << step->args.output.output;
        continue;
      }
      outputs[in] |= outputs[step->out];
      if (every_row[step->out] || (i > 0 && step->fills_slot())) every_row[in] = true;
    }
  for (size_t v = 0; v < out_.values.size(); ++v) {
    out_.values[v].is_needed = every_row[v] || outputs[v] != 0;
    if (out_.values[v].is_needed && !every_row[v]) out_.values[v].row_class = class_of_mask(outputs[v]);
  }
  for (Step& step : out_.steps) {
    if (step.kind == SOTTO_STEP_OUTPUT) {
      step.row_class = class_of_mask(1u << step.args.output.output);
      out_.output_classes[step.args.output.output] = step.row_class;
    } else {
      step.row_class = out_.values[step.out].row_class;
      step.attends = out_.values[step.out].is_needed;
    }
  }
  const auto nobody_wants = [&](const Step& s) {
    return s.kind != SOTTO_STEP_OUTPUT && !out_.values[s.out].is_needed && !s.fills_slot();
  };
  out_.steps.erase(std::remove_if(out_.steps.begin(), out_.steps.end(), nobody_wants), out_.steps.end());
  // The rows of a class in the batch: for what is looked up by row (tokens, positions, strengths).
  for (uint32_t c = 1; c < out_.class_masks.size(); ++c) out_.maps.push_back({0, c});
}

// What follows from the same numbers on every rank is computed once.
void Lowering::find_shared() {
  for (const Step& step : out_.steps) {
    if (step.out == SOTTO_NONE) continue;
    const auto is_shared = [&](int i) { return step.in[i] == SOTTO_NONE || out_.values[step.in[i]].is_shared; };
    bool shared = false;
    switch (step.kind) {
      case SOTTO_STEP_INPUT:
      case SOTTO_STEP_ALL_REDUCE:
      case SOTTO_STEP_ALL_GATHER:
        shared = true;
        break;
      case SOTTO_STEP_NORM:
      case SOTTO_STEP_ADD:
      case SOTTO_STEP_MUL:
        shared = is_shared(0) && is_shared(1);
        break;
      default:
        break;
    }
    out_.values[step.out].is_shared = shared || group_.local_ranks == 1;
  }
}

uint32_t Lowering::gathered(uint32_t value, uint32_t row_class) {
  const Value from = out_.values[value];
  if (from.row_class == row_class) return value;
  for (const Copy& c : copies_)
    if (c.value == value && c.row_class == row_class) return c.copy;
  Value to = from;
  to.row_class = row_class;
  const auto copy = static_cast<uint32_t>(out_.values.size());
  out_.values.push_back(to);
  copies_.push_back({value, row_class, copy});
  if (out_.map_of(from.row_class, row_class) == SOTTO_NONE) out_.maps.push_back({from.row_class, row_class});
  Step step;
  step.kind = kStepGather;
  step.in[0] = value;
  step.out = copy;
  step.row_class = row_class;
  done_.push_back(step);
  return copy;
}

void Lowering::gather_inputs() {
  for (Step step : out_.steps) {
    for (int i = 0; i < 3; ++i) {
      if (step.in[i] == SOTTO_NONE || (i > 0 && step.fills_slot())) continue;
      if (step.kind == SOTTO_STEP_ATTENTION && !step.attends) continue;
      // An OUTPUT gathers by itself.
      if (step.kind == SOTTO_STEP_OUTPUT) {
        const uint32_t from = out_.values[step.in[i]].row_class;
        if (from != step.row_class && out_.map_of(from, step.row_class) == SOTTO_NONE)
          out_.maps.push_back({from, step.row_class});
      } else {
        step.in[i] = gathered(step.in[i], step.row_class);
      }
    }
    done_.push_back(step);
  }
  out_.steps = std::move(done_);
}

// A value keeps its buffer until its last reader has run; then the buffer serves a later value that fits.
void Lowering::place_buffers() {
  std::vector<size_t> last_use(out_.values.size());
  for (size_t i = 0; i < out_.steps.size(); ++i) {
    const Step& step = out_.steps[i];
    if (step.out != SOTTO_NONE) last_use[step.out] = i;
    for (const uint32_t value : {step.in[0], step.in[1], step.in[2], step.residual, step.norm_in})
      if (value != SOTTO_NONE) last_use[value] = i;
  }
  std::vector<std::vector<uint32_t>> ends(out_.steps.size());
  for (size_t i = 0; i < out_.steps.size(); ++i) {
    const uint32_t made = out_.steps[i].out;
    if (made != SOTTO_NONE) {
      Value& value = out_.values[made];
      for (uint32_t r = 0; r < group_.local_ranks; ++r)
        value.buffers.push_back(value.is_shared && r > 0 ? value.buffers[0] : take(value.stride(r), value.row_class != 0));
      ends[last_use[made]].push_back(made);
    }
    for (const uint32_t value : ends[i])
      for (uint32_t r = 0; r < (out_.values[value].is_shared ? 1 : group_.local_ranks); ++r)
        free_.push_back(out_.values[value].buffers[r]);
  }
}

uint32_t Lowering::take(uint64_t stride, bool is_narrow) {
  const auto fits = std::find_if(free_.begin(), free_.end(), [&](uint32_t b) {
    return out_.buffers[b].stride == stride && out_.buffers[b].is_narrow == is_narrow;
  });
  if (fits == free_.end()) {
    out_.buffers.push_back({stride, is_narrow});
    return static_cast<uint32_t>(out_.buffers.size() - 1);
  }
  const uint32_t buffer = *fits;
  free_.erase(fits);
  return buffer;
}

}  // namespace

uint32_t Lowered::map_of(uint32_t from, uint32_t to) const {
  for (uint32_t i = 0; i < maps.size(); ++i)
    if (maps[i] == Map{from, to}) return i;
  return SOTTO_NONE;
}

Lowered lower(const sotto_plan& plan, const sotto_group& group) { return Lowering(plan, group).run(); }

}  // namespace sotto::vulkan

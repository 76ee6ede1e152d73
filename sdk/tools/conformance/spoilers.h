// spoilers.h - a good plan of two ranks and the ways to spoil it, with the status that each must earn.
#pragma once

#include <cmath>
#include <cstring>

#include "conformance/models.h"

namespace sotto::conformance {

// A deep, writable copy of a plan: of a small model.
class SpoiltPlan {
 public:
  SpoiltPlan() : net_(2, 5000, kSmallModel.vocabulary) {
    build(net_, kSmallModel, SOTTO_Q8_0);
    plan = net_.plan();
    weights.assign(plan.weights, plan.weights + plan.weight_count);
    plan.weights = weights.data();
    plan.steps = net_.steps.data();
    plan.slots = net_.slots.data();
    for (const HeldWeight& w : net_.weights) slices.push_back(w.slices);
    for (size_t w = 0; w < weights.size(); ++w) weights[w].slices = slices[w].data();
  }

  uint32_t first_matrix() const {
    uint32_t w = 0;
    while ((weights[w].uses & SOTTO_USE_LINEAR) == 0) ++w;
    return w;
  }
  sotto_step& step(uint32_t kind) {
    for (sotto_step& s : net_.steps)
      if (s.kind == kind) return s;
    return net_.steps[0];
  }
  template <class Args>
  Args& args(uint32_t kind) {
    return *static_cast<Args*>(const_cast<void*>(step(kind).args));
  }
  sotto_attention_args& attention() { return args<sotto_attention_args>(SOTTO_STEP_ATTENTION); }
  sotto_linear_args& linear() { return args<sotto_linear_args>(SOTTO_STEP_LINEAR); }
  // Of the value that the first step of the kind writes.
  uint32_t& width(uint32_t kind, uint32_t rank) { return net_.widths[size_t{step(kind).out} * 2 + rank]; }
  std::vector<uint32_t>& widths() { return net_.widths; }
  sotto_rank_heads& heads(uint32_t rank) { return const_cast<sotto_rank_heads&>(net_.slots[0].ranks[rank]); }
  sotto_slot& slot() { return net_.slots[0]; }
  std::vector<sotto_step>& steps() { return net_.steps; }

  sotto_plan plan{};
  std::vector<sotto_weight> weights;
  std::vector<std::vector<sotto_slice>> slices;
  struct LongerAdd {  // an argument struct of a newer header
    sotto_add_args known;
    uint32_t unknown;
  } longer_add{};

 private:
  Net net_;
};

struct Spoiler {
  const char* what;
  sotto_status status;
  void (*spoil)(SpoiltPlan& p);
};

inline std::vector<Spoiler> spoilers() {
  constexpr sotto_status kBad = SOTTO_INVALID_ARGUMENT, kNew = SOTTO_UNSUPPORTED;
  return {
      {"nothing at all", kBad, [](SpoiltPlan& p) { p.plan.struct_size = 0; }},
      {"a huge struct", kBad, [](SpoiltPlan& p) { p.plan.struct_size = 0xFFFFFFFF; }},
      {"no ranks", kBad, [](SpoiltPlan& p) { p.plan.world = 0; }},
      {"a million ranks", kBad, [](SpoiltPlan& p) { p.plan.world = 1000000; }},
      {"no widths", kBad, [](SpoiltPlan& p) { p.plan.widths = nullptr; }},
      {"too many values", kBad, [](SpoiltPlan& p) { p.plan.value_count = 0xFFFFFFFF; }},
      {"steps at no address", kBad, [](SpoiltPlan& p) { p.plan.steps = nullptr; }},
      {"too many steps", kBad, [](SpoiltPlan& p) { p.plan.step_count = 0xFFFFFFFF; }},
      {"a short stride", kBad, [](SpoiltPlan& p) { p.plan.step_stride = 8; }},
      {"a crooked stride", kBad, [](SpoiltPlan& p) { p.plan.weight_stride += 1; }},
      {"weights at no address", kBad, [](SpoiltPlan& p) { p.plan.weights = nullptr; }},
      {"slots at no address", kBad, [](SpoiltPlan& p) { p.plan.slots = nullptr; }},
      {"33 outputs", kNew, [](SpoiltPlan& p) { p.plan.output_count = 33; }},
      {"an output that no step delivers", kBad, [](SpoiltPlan& p) { p.plan.output_count = 3; }},

      {"a weight without slices", kBad, [](SpoiltPlan& p) { p.weights[0].slices = nullptr; }},
      {"a weight of an unknown type", kNew, [](SpoiltPlan& p) { p.weights[0].type = 31; }},
      {"a weight with unknown uses", kNew, [](SpoiltPlan& p) { p.weights[0].uses |= 64; }},
      {"a weight with reserved bits", kNew, [](SpoiltPlan& p) { p.weights[0].reserved = 1; }},
      {"a row of half a block", kBad, [](SpoiltPlan& p) { p.weights[p.first_matrix()].columns += 1; }},
      {"a slice past the last row", kBad, [](SpoiltPlan& p) { p.slices[p.first_matrix()][1].first_row = 1u << 20; }},
      {"a slice whose end wraps", kBad, [](SpoiltPlan& p) { p.slices[p.first_matrix()][1].rows = UINT64_MAX; }},
      {"a slice inside a block without skip", kBad,
       [](SpoiltPlan& p) {
         p.slices[p.first_matrix()][0] = {0, p.slices[p.first_matrix()][0].rows, 3, 40, 0};
       }},
      {"a slice with a skip of a block", kBad, [](SpoiltPlan& p) { p.slices[p.first_matrix()][0].skip_columns = 32; }},
      {"weights too large to multiply", kBad, [](SpoiltPlan& p) { p.weights[0].rows = UINT64_MAX; }},
      {"a name at no address", kBad,
       [](SpoiltPlan& p) {
         p.weights[0].name = {nullptr, 5};
       }},

      {"an unknown kind", kNew, [](SpoiltPlan& p) { p.step(SOTTO_STEP_NORM).kind = 11; }},
      {"kind 0", kNew, [](SpoiltPlan& p) { p.step(SOTTO_STEP_NORM).kind = 0; }},
      {"no arguments", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_NORM).args = nullptr; }},
      {"arguments of a reduce", kNew, [](SpoiltPlan& p) { p.step(SOTTO_STEP_ALL_REDUCE).args = p.step(SOTTO_STEP_NORM).args; }},
      {"arguments that are too short", kBad, [](SpoiltPlan& p) { p.linear().struct_size = 8; }},
      {"arguments of the future", kNew,
       [](SpoiltPlan& p) {
         p.longer_add = {{sizeof p.longer_add, SOTTO_NONE, 0}, 1};
         p.step(SOTTO_STEP_ADD).args = &p.longer_add;
       }},
      {"a value that is none", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_LINEAR).in[0] = 70000; }},
      {"no value", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_LINEAR).in[0] = SOTTO_NONE; }},
      {"a value of later", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_LINEAR).in[0] = p.plan.value_count - 1; }},
      {"one value too many", kNew, [](SpoiltPlan& p) { p.step(SOTTO_STEP_LINEAR).in[1] = 0; }},
      {"the same value twice", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_LINEAR).out = 0; }},
      {"a result that is none", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_LINEAR).out = 70000; }},
      {"an output that writes", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_OUTPUT).out = 0; }},
      {"an output that is none", kBad, [](SpoiltPlan& p) { p.args<sotto_output_args>(SOTTO_STEP_OUTPUT).output = 32; }},
      {"an output twice", kBad, [](SpoiltPlan& p) { p.args<sotto_output_args>(SOTTO_STEP_OUTPUT).output = 1; }},

      {"a table that is none", kBad, [](SpoiltPlan& p) { p.args<sotto_embed_args>(SOTTO_STEP_EMBED).table = 9999; }},
      {"a table that is a matrix", kBad,
       [](SpoiltPlan& p) { p.args<sotto_embed_args>(SOTTO_STEP_EMBED).table = p.first_matrix(); }},
      {"a vocabulary past the table", kBad, [](SpoiltPlan& p) { p.plan.vocabulary += 1; }},
      {"a table of another width", kBad, [](SpoiltPlan& p) { p.width(SOTTO_STEP_EMBED, 1) += 32; }},
      {"a norm of an unknown kind", kNew, [](SpoiltPlan& p) { p.args<sotto_norm_args>(SOTTO_STEP_NORM).kind = 2; }},
      {"a norm with a negative epsilon", kBad, [](SpoiltPlan& p) { p.args<sotto_norm_args>(SOTTO_STEP_NORM).epsilon = -1; }},
      {"a norm over a weight that is none", kBad,
       [](SpoiltPlan& p) { p.args<sotto_norm_args>(SOTTO_STEP_NORM).weight = 9999; }},
      {"a linear of an unknown activation", kNew, [](SpoiltPlan& p) { p.linear().activation = 9; }},
      {"a linear without a weight", kBad, [](SpoiltPlan& p) { p.linear().weight = SOTTO_NONE; }},
      {"a linear over a table", kBad, [](SpoiltPlan& p) { p.linear().weight = 0; }},
      {"a linear of another width", kBad, [](SpoiltPlan& p) { p.width(SOTTO_STEP_LINEAR, 0) += 1; }},
      {"a linear with a bias that is a matrix", kBad, [](SpoiltPlan& p) { p.linear().bias = p.linear().weight; }},
      {"a linear with a gate's bias and no gate", kBad, [](SpoiltPlan& p) { p.linear().gate_bias = 1; }},
      {"a linear with a clamp that is no number", kBad, [](SpoiltPlan& p) { p.linear().clamp = NAN; }},
      {"a linear with an endless scale", kBad, [](SpoiltPlan& p) { p.linear().scale = INFINITY; }},

      {"an unknown flag", kNew, [](SpoiltPlan& p) { p.attention().flags = 8; }},
      {"a slot that is none", kBad, [](SpoiltPlan& p) { p.attention().slot = 2; }},
      {"a slot that another step fills", kBad, [](SpoiltPlan& p) { p.attention().slot = 1; }},
      {"a slot that is read before it is filled", kBad,
       [](SpoiltPlan& p) {
         p.attention().flags = SOTTO_ATTENTION_READ_ONLY;
         p.step(SOTTO_STEP_ATTENTION).in[1] = p.step(SOTTO_STEP_ATTENTION).in[2] = SOTTO_NONE;
       }},
      {"attention without k", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_ATTENTION).in[1] = SOTTO_NONE; }},
      {"another head_dim than the slot's", kBad, [](SpoiltPlan& p) { p.attention().head_dim = 16; }},
      {"another number of heads", kBad, [](SpoiltPlan& p) { p.attention().heads = 9; }},
      {"a window larger than the slot keeps", kBad, [](SpoiltPlan& p) { p.slot().window = 8; }},
      {"heads that do not share evenly", kBad, [](SpoiltPlan& p) { p.slot().kv_heads = 3; }},
      {"no KV heads", kBad, [](SpoiltPlan& p) { p.slot().kv_heads = 0; }},
      {"heads of no size", kBad, [](SpoiltPlan& p) { p.slot().head_dim = 0; }},
      {"a slot without ranks", kBad, [](SpoiltPlan& p) { p.slot().ranks = nullptr; }},
      {"a gap between the ranks' heads", kBad, [](SpoiltPlan& p) { p.heads(1).first_head += 1; }},
      {"KV heads past the end", kBad, [](SpoiltPlan& p) { p.heads(1).first_kv_head = 0xFFFFFFFF; }},
      {"heads without their KV head", kBad, [](SpoiltPlan& p) { p.heads(0).first_kv_head = 1, p.heads(0).kv_heads = 1; }},
      {"an odd rotation", kBad, [](SpoiltPlan& p) { p.attention().rotary_dim = 7; }},
      {"a rotation past the head", kBad, [](SpoiltPlan& p) { p.attention().rotary_dim = 64; }},
      {"a rotation of nothing", kBad, [](SpoiltPlan& p) { p.attention().rotary_dim = 0; }},
      {"an unknown rotation", kNew, [](SpoiltPlan& p) { p.attention().rotation = 3; }},
      {"a rotation without frequencies", kBad, [](SpoiltPlan& p) { p.attention().inv_freq = SOTTO_NONE; }},
      {"a sink of another width", kBad, [](SpoiltPlan& p) { p.attention().sink = p.attention().inv_freq; }},
      {"a norm's bias without the norm", kBad, [](SpoiltPlan& p) { p.attention().q_norm_bias = p.attention().inv_freq; }},

      {"a sum of different widths", kBad, [](SpoiltPlan& p) { p.step(SOTTO_STEP_ADD).in[1] = p.step(SOTTO_STEP_LINEAR).out; }},
      {"a reduce of different widths", kBad,
       [](SpoiltPlan& p) { p.step(SOTTO_STEP_ALL_REDUCE).in[0] = p.step(SOTTO_STEP_LINEAR).out; }},
      {"a gather to another width", kBad, [](SpoiltPlan& p) { p.width(SOTTO_STEP_ALL_GATHER, 0) += 1; }},
      {"an output that differs between ranks", kBad,
       [](SpoiltPlan& p) { p.step(SOTTO_STEP_OUTPUT).in[0] = p.step(SOTTO_STEP_ALL_GATHER).in[0]; }},
      {"a value wider than any", kBad, [](SpoiltPlan& p) { p.width(SOTTO_STEP_ALL_GATHER, 1) = 0xFFFFFFFF; }},
  };
}

}  // namespace sotto::conformance

// fuse.cc - steps that run as one dispatch: LINEAR, then ADD of its result to a residual; NORM, then the LINEARs that read it.
#include <algorithm>
#include <cmath>

#include "lower.h"

namespace sotto::vulkan {
namespace {

std::vector<uint32_t> count_uses(const Lowered& l) {
  std::vector<uint32_t> uses(l.values.size());
  for (const Step& step : l.steps)
    for (const uint32_t value : step.in)
      if (value != SOTTO_NONE) ++uses[value];
  return uses;
}

// Which input of an ADD may be a LINEAR's result: the second, which is scaled and biased; the first where nothing is.
bool takes(const Step& add, int input) {
  return input == 1 || ((add.args.add.scale == 0 || add.args.add.scale == 1) && add.args.add.bias == SOTTO_NONE);
}

void fuse_adds(Lowered& l) {
  const std::vector<uint32_t> uses = count_uses(l);
  std::vector<size_t> maker(l.values.size(), SIZE_MAX);
  std::vector<bool> is_gone(l.steps.size());
  for (size_t i = 0; i < l.steps.size(); ++i) {
    if (l.steps[i].out != SOTTO_NONE) maker[l.steps[i].out] = i;
    if (l.steps[i].kind != SOTTO_STEP_ADD) continue;
    const Step add = l.steps[i];
    for (const int input : {1, 0}) {
      const uint32_t value = add.in[input];
      const size_t m = maker[value];
      if (!takes(add, input) || add.in[0] == add.in[1] || uses[value] != 1 || m == SIZE_MAX ||
          l.steps[m].kind != SOTTO_STEP_LINEAR || l.steps[m].residual != SOTTO_NONE)
        continue;
      // The LINEAR moves to the ADD's place, where its residual is there; its own input still is.
      Step fused = l.steps[m];
      fused.out = add.out;
      fused.residual = add.in[1 - input];
      fused.residual_add = add.args.add;
      l.steps[i] = fused;
      is_gone[m] = true;
      break;
    }
  }
  std::vector<Step> left;
  for (size_t i = 0; i < l.steps.size(); ++i)
    if (!is_gone[i]) left.push_back(l.steps[i]);
  l.steps = std::move(left);
}

// RMS of a row with gains and no bias: one sum, known after the product as well as before.
bool may_follow(const Step& norm) {
  return norm.args.norm.kind == SOTTO_NORM_RMS && norm.args.norm.weight != SOTTO_NONE && norm.args.norm.bias == SOTTO_NONE;
}

void mark_norms(Lowered& l) {
  for (Step& norm : l.steps) {
    if (norm.kind != SOTTO_STEP_NORM || !may_follow(norm)) continue;
    const auto reads = [&](const Step& s) {
      return s.in[0] == norm.out || s.in[1] == norm.out || s.in[2] == norm.out || s.residual == norm.out;
    };
    const auto is_other = [&](const Step& s) {
      return reads(s) && (s.kind != SOTTO_STEP_LINEAR || s.residual == norm.out);
    };
    if (std::any_of(l.steps.begin(), l.steps.end(), is_other)) continue;
    for (Step& step : l.steps)
      if (&step == &norm || reads(step)) {
        step.norm_in = norm.in[0];
        step.norm = norm.args.norm;
      }
  }
}

}  // namespace

void fuse(Lowered& l) {
  fuse_adds(l);
  mark_norms(l);
}

}  // namespace sotto::vulkan

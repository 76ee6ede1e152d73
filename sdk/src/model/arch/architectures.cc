#include "model/arch/architectures.h"

#include <algorithm>

namespace sotto {
namespace {

constexpr const char* kLayerNorm = "attention.layer_norm_epsilon";
constexpr const char* kRmsNorm = "attention.layer_norm_rms_epsilon";

// GGUF files of the llama family store q and k with the rotated pairs side by side; the others keep them in halves.
constexpr Architecture kArchitectures[] = {
    // name    norm, its epsilon, rotation, may have a window                         builder
    {"gpt2", {SOTTO_NORM_LAYER, kLayerNorm, SOTTO_ROTATION_NONE, false}, build_gpt2},
    {"llama", {SOTTO_NORM_RMS, kRmsNorm, SOTTO_ROTATION_INTERLEAVED, true}, build_llama},
    {"qwen2", {SOTTO_NORM_RMS, kRmsNorm, SOTTO_ROTATION_HALVES, false}, build_qwen2},
    {"qwen3", {SOTTO_NORM_RMS, kRmsNorm, SOTTO_ROTATION_HALVES, false}, build_qwen3},
    {"sotto-gpt", {0, "attention.norm_epsilon", 0, false, "sotto.gpt.", true}, build_sotto_gpt},
};

}  // namespace

const Architecture* find_architecture(std::string_view name) {
  const auto* row =
      std::find_if(std::begin(kArchitectures), std::end(kArchitectures), [&](const Architecture& a) { return a.name == name; });
  return row == std::end(kArchitectures) ? nullptr : row;
}

std::string known_architectures() {
  std::string list;
  for (const Architecture& a : kArchitectures) list += (list.empty() ? "" : ", ") + std::string(a.name);
  return list;
}

void build_outputs(Weights& w, Value last) {
  const ModelConfig& c = w.config();
  PlanBuilder& p = w.plan();
  const char* head = w.has("output.weight") ? "output.weight" : "token_embd.weight";
  LinearParts logits;
  logits.scale = c.logit_scale;
  logits.weight = w.table(head, c.vocabulary, w.sharding().vocabulary, SOTTO_USE_LINEAR);
  if (!w.status().ok()) return;
  p.output(last, kHiddenOutput);
  p.output(p.all_gather(p.linear(last, logits)), kLogitsOutput);
}

}  // namespace sotto

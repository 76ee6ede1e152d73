// model.h: from a Megatron-LM checkpoint to the importer's description and tensors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "convert/megatron/state.h"

namespace sotto {

// `folder`: the root of a checkpoint or one iteration's folder. False: something else lies there.
bool looks_like_megatron(const std::string& folder);

// `config`: the user's JSON file of arguments, or empty.
Result<std::unique_ptr<Checkpoint>> read_megatron(const std::string& folder, const std::string& config);

// The parts.
Status describe_megatron(const MegatronState& state, ModelDescription* out, std::vector<std::string>* warnings);
Status make_megatron_tensors(const MegatronState& state, Checkpoint* out);
Status make_megatron_heads(const MegatronState& state, Checkpoint* out);
// Models of layers by a pattern ("*-*-"): attention and feed-forward layers, numbered apart, become whole layers.
Status pair_hybrid_layers(MegatronState* state);

}  // namespace sotto

// state.h: a Megatron-LM checkpoint with its sharding undone: each parameter whole (as with one rank) under one name, whichever
// dialect it was written in. The dialects' readers fill it; `model.cc` makes a model of it.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "convert/checkpoint.h"
#include "convert/megatron/arguments.h"
#include "convert/torch/torch_file.h"

namespace sotto {

// How a parameter was cut over the tensor-parallel ranks, and what its rows are (Megatron-LM's layers.py).
enum class Cut : uint8_t {
  kWhole,    // every rank has all of it
  kRows,     // ranks' rows one after the other
  kColumns,  // ranks' columns side by side
  kQkv,      // rows, whole heads; older versions order them otherwise
  kFirst,    // rows of the first feed-forward layer: a gated one has [gate; up] on each rank
};

// What a parameter's name says, whatever the dialect spelt it.
struct ParameterName {
  std::string name;  // "decoder.layers.3.self_attention.linear_qkv.weight"; layers counted as in the file it came from
  bool is_layer = false;
  bool has_number = false;  // false: "decoder.layers.*.": all layers stacked in one tensor
  uint32_t layer = 0;
  std::string in_layer;  // behind the number
  Cut cut = Cut::kWhole;
  bool is_vector = false;
};

enum class NameKind : uint8_t { kParameter, kIgnored, kUnknown };
// kIgnored: a buffer, an extra state, the tied head's copy on the last stage, a state of the optimizer.
NameKind read_name(std::string_view raw, ParameterName* out);
std::string layer_name(uint32_t layer, std::string_view in_layer);

struct MegatronState {
  Checkpoint* checkpoint = nullptr;  // owns mappings and storages
  std::deque<TorchFile> objects;     // the pickles that arguments and labels point into
  std::string config;                // the user's JSON file of arguments; empty: none
  Arguments arguments;
  bool is_nested = false;  // written before Megatron-Core
  double version = 3;      // checkpoint_version
  uint64_t iteration = 0;
  const PickleValue* sotto = nullptr;             // what sotto-train left in the common state: labels of heads
  std::map<std::string, ModelTensor> parameters;  // vectors have one column
  uint32_t layers = 0;                            // found, numbered from 0
};

// Takes the arguments of a checkpoint (NULL: it has none), and the user's over them.
Status take_arguments(const PickleValue* args, MegatronState* state);

// The folder of one iteration.
Status read_ranks(const std::string& folder, MegatronState* state);        // mp_rank_*
Status read_distributed(const std::string& folder, MegatronState* state);  // torch_dist

}  // namespace sotto

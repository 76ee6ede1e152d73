// arguments.h: a description as Megatron-LM's training arguments: describe.cc of the importer the other way.
#pragma once

#include <string>

#include "base/status.h"
#include "convert/element.h"
#include "convert/megatron/state.h"
#include "convert/torch/pickle_writer.h"
#include "model/model_file.h"

namespace sotto {

struct ParallelSizes {
  uint32_t tensor = 1, pipeline = 1;
};

// Which biases a model's layers have.
struct BiasFacts {
  bool qkv = false, dense = false, up = false, down = false, norms = false;
};
BiasFacts biases_of(const Gguf& file);

// What Megatron-LM has no argument for, and sizes that the ranks do not divide: SOTTO_UNSUPPORTED, by name.
Status check_expressible(const ModelDescription& description, const BiasFacts& biases, const ParallelSizes& sizes);

// Writes an argparse.Namespace. REQUIRES: check_expressible.
void write_arguments(const ModelDescription& description, const BiasFacts& biases, const ParallelSizes& sizes, Element element,
                     uint64_t padded_vocabulary, PickleWriter* out);

}  // namespace sotto

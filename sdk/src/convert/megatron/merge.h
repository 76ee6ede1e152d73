// merge.h: one parameter's parts on all tensor-parallel ranks, put together as with one rank. The only place of the importer
// that knows tensor parallelism.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "convert/megatron/state.h"

namespace sotto {

// A rank's part: `whole` covers it all, strides and all.
struct RankPart {
  std::string where;  // the rank's file
  Element element = Element::kF32;
  uint64_t rows = 0, columns = 0;
  Piece whole;
};

struct MergeOptions {
  bool is_gated = false;  // kFirst: each rank has [gate; up]
  double version = 3;     // kQkv: checkpoint_version; below 2 the rows of a rank lie in another order
  uint64_t heads = 0;     // kQkv below version 2: of the whole model
};

// REQUIRES: parts is not empty.
Result<ModelTensor> merge_parts(const ParameterName& name, const std::vector<RankPart>& parts, const MergeOptions& options);

}  // namespace sotto

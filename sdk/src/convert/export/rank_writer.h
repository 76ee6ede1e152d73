// rank_writer.h: one pipeline stage's files, a tensor-parallel rank each: merge.h of the importer the other way.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/status.h"
#include "convert/export/arguments.h"
#include "convert/export/parameters.h"
#include "convert/torch/torch_writer.h"

namespace sotto {

// A parameter on one rank.
struct RankShape {
  uint64_t rows = 0, columns = 1;
};
RankShape shape_on_rank(const ExportParameter& parameter, uint32_t ranks);

// The rank's part of the whole parameter's bytes. `is_gated`: kFirst is [gate; up].
std::vector<uint8_t> slice(const ExportParameter& parameter, const std::vector<uint8_t>& whole, uint32_t rank, uint32_t ranks,
                           bool is_gated);

// Parameters of a stage, layers numbered within it, as a state dictionary. Keys of storages count from 0.
void write_state(const std::vector<ExportParameter>& stage, uint32_t first_layer, uint32_t ranks, PickleWriter* out);

}  // namespace sotto

// split.h: which part of a model each process takes, by what it measures of its speed and has of memory (`--split auto`).
#pragma once

#include <cstdint>
#include <vector>

#include "host/plugin_host.h"
#include "model/model_file.h"

namespace sotto {

struct RankMeasure {
  double bytes_per_second;  // of weights, while decoding
  uint64_t memory_bytes;    // that it may use; 0: unknown
};

// Times one-row steps of a LINEAR of 8-bit weights on the backend, with the threads of the model to come.
Result<RankMeasure> measure_rank(const PluginHost& host, const Backend& backend, uint32_t threads, uint64_t memory_cap);

// Parts in thousandths, proportional to the speeds; whose memory holds less of `model_bytes` gets that, and the others the
// rest. Every rank gets at least one.
Result<std::vector<uint32_t>> choose_split(const std::vector<RankMeasure>& ranks, uint64_t model_bytes);

}  // namespace sotto

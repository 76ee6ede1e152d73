// options.h: the options that several commands share, read once here.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "sotto/session.h"

namespace sotto::tools {

struct CommonOptions {
  std::string backend;
  std::string plugins;
  std::string data;
  uint32_t ranks = 0;
  std::vector<uint32_t> split;
  bool split_auto = false;
  uint32_t device_layers = 0;  // 0: all
  uint32_t threads = 0;
  uint32_t comm_deadline_ms = 0;
  uint32_t context = 0;
  uint64_t memory_bytes = 0;
  uint32_t kv_type = SOTTO_KV_DEFAULT;
  bool json = false;
  bool quiet = false;

  // The struct points into this object: keep it.
  sotto_model_options model_options() const;
};

struct SamplingOptions {
  float temperature = 0;
  uint32_t top_k = 0;
  float top_p = 0;
  float min_p = 0;
  float repeat_penalty = 0;
  uint64_t seed = 0;
  std::vector<std::string> stops;

  // `views` holds what the struct points at: keep both.
  sotto_generate_options generate_options(std::vector<sotto_str>* views) const;
};

void declare_common(CLI::App& app, CommonOptions* options);
void declare_sampling(CLI::App& app, SamplingOptions* options);
void declare_model(CLI::App& app, std::string* model);

// "1,2,3", "[1, 2, 3]". Throws UsageError.
std::vector<uint32_t> parse_ids(const std::string& text);
// "5,3"; empty: none. Throws UsageError.
std::vector<uint32_t> parse_split(const std::string& text);
// "300M": bytes; K, M, G count 1024. Throws UsageError.
uint64_t parse_size(const std::string& text);

}  // namespace sotto::tools

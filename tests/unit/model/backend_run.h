// backend_run.h: a model file on a backend plugin of this build, for tests: open, upload, compile, run tokens.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/plugin_host.h"
#include "model/lora.h"
#include "model/model_file.h"

namespace sotto {

Result<ModelFile> open_model(const std::string& path);

// The plugin folder of this build; nullptr if no backend is there.
const Backend* find_backend(const std::string& name);

struct RunOptions {
  PlanOptions plan;
  uint32_t kv_type = SOTTO_F32;
  uint32_t max_batch = 32;
};

class BackendRun {
 public:
  static Result<std::unique_ptr<BackendRun>> open(const Backend& backend, const ModelFile& file, const RunOptions& options);
  ~BackendRun();
  BackendRun(const BackendRun&) = delete;
  BackendRun& operator=(const BackendRun&) = delete;

  // Appends the tokens to the sequence; output `index` of every one of them, row by row.
  Result<std::vector<float>> feed(const std::vector<uint32_t>& tokens, uint32_t index = 0);
  Status forget();  // empties the sequence
  // Every token from now on runs with the adapter.
  Status use_adapter(Span<const uint8_t> file, float strength);
  const Plan& plan() const { return plan_; }

 private:
  BackendRun(const Backend& backend, const RunOptions& options) : backend_(backend), options_(options) {}
  Status prepare(const ModelFile& file);

  const Backend& backend_;
  RunOptions options_;
  Plan plan_;
  std::string architecture_;
  sotto_group* group_ = nullptr;
  sotto_weights* weights_ = nullptr;
  sotto_program* program_ = nullptr;
  sotto_cache* cache_ = nullptr;
  sotto_adapter* adapter_ = nullptr;
  float strength_ = 0;
  uint32_t length_ = 0;
  std::vector<uint32_t> output_widths_;
};

}  // namespace sotto

#include "unit/model/backend_run.h"

#include <algorithm>

namespace sotto {
namespace {

// Calls a function of the backend's table and makes a Status of it.
template <class Call>
Status checked(const char* what, Call&& call) {
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status code = call(&err);
  return code == SOTTO_OK ? Status() : Status(code, std::string(what) + ": " + err.text);
}

}  // namespace

Result<ModelFile> open_model(const std::string& path) {
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = sotto_str{path.data(), path.size()};
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(source));
  return ModelFile::open(std::move(bytes), false);
}

const Backend* find_backend(const std::string& name) {
  static const Result<std::unique_ptr<PluginHost>> host = [] {
    HostOptions options;
    options.plugin_folder = SOTTO_PLUGIN_DIR;
    return PluginHost::load(options);
  }();
  return host.ok() ? host.value()->find_backend(name) : nullptr;
}

Result<std::unique_ptr<BackendRun>> BackendRun::open(const Backend& backend, const ModelFile& file, const RunOptions& options) {
  std::unique_ptr<BackendRun> run(new BackendRun(backend, options));
  SOTTO_TRY(run->prepare(file));
  return run;
}

Status BackendRun::prepare(const ModelFile& file) {
  const sotto_backend& t = *backend_.table;
  SOTTO_ASSIGN(plan_, file.plan(options_.plan));
  architecture_ = file.config().architecture;
  output_widths_ = {file.config().vocabulary, file.config().hidden};
  sotto_group_options g{};
  g.struct_size = sizeof g;
  g.local_ranks = options_.plan.ranks;
  g.threads = 2;
  SOTTO_TRY(checked("group_create", [&](sotto_error* e) { return t.group_create(backend_.self, &g, &group_, e); }));
  sotto_cache_options c{};
  c.struct_size = sizeof c;
  c.k_type = c.v_type = options_.kv_type;
  c.sequences = 1;
  c.tokens = std::min<uint64_t>(64, plan_.c().max_positions);
  std::vector<sotto_rank_cost> costs(plan_.c().world);
  const uint32_t batch = options_.max_batch;
  SOTTO_TRY(checked("check",
                    [&](sotto_error* e) { return t.check(group_, &plan_.c(), batch, &c, costs.data(), sizeof costs[0], e); }));
  SOTTO_TRY(checked("weights_create", [&](sotto_error* e) { return t.weights_create(group_, &plan_.c(), &weights_, e); }));
  const Upload upload = [&](uint32_t weight, uint32_t rank, const sotto_upload& data) {
    return checked("upload", [&](sotto_error* e) { return t.upload(weights_, weight, rank, &data, e); });
  };
  SOTTO_TRY(upload_weights(plan_, 0, plan_.c().world, upload, nullptr));
  SOTTO_TRY(checked("compile", [&](sotto_error* e) { return t.compile(group_, &plan_.c(), weights_, batch, &program_, e); }));
  return checked("cache_create", [&](sotto_error* e) { return t.cache_create(program_, &c, &cache_, e); });
}

BackendRun::~BackendRun() {
  const sotto_backend& t = *backend_.table;
  t.adapter_destroy(adapter_);
  t.cache_destroy(cache_);
  t.program_destroy(program_);
  t.weights_destroy(weights_);
  t.group_destroy(group_);
}

Result<std::vector<float>> BackendRun::feed(const std::vector<uint32_t>& tokens, uint32_t index) {
  std::vector<float> out;
  for (size_t at = 0; at < tokens.size(); at += options_.max_batch) {
    std::vector<sotto_batch_row> rows;
    for (size_t i = at; i < std::min(tokens.size(), at + options_.max_batch); ++i) {
      sotto_batch_row row{};
      row.token = tokens[i];
      row.position = length_ + static_cast<uint32_t>(rows.size());
      row.outputs = 1u << index;
      row.adapter = adapter_;
      row.strength = strength_;
      rows.push_back(row);
    }
    sotto_batch batch{};
    batch.struct_size = sizeof batch;
    batch.row_count = static_cast<uint32_t>(rows.size());
    batch.row_stride = sizeof(sotto_batch_row);
    batch.rows = rows.data();
    const float* results[2] = {};
    uint32_t counts[2] = {};
    sotto_run_result result{};
    result.struct_size = sizeof result;
    result.output_count = 2;
    result.rows = results;
    result.row_counts = counts;
    result.sequence_count = 1;
    result.lengths = &length_;
    SOTTO_TRY(checked("run", [&](sotto_error* e) { return backend_.table->run(program_, cache_, &batch, &result, e); }));
    if (counts[index] != rows.size()) return Status(SOTTO_INTERNAL, "run: a row is missing");
    out.insert(out.end(), results[index], results[index] + size_t{counts[index]} * output_widths_[index]);
  }
  return out;
}

Status BackendRun::forget() {
  length_ = 0;
  return checked("cache_truncate", [&](sotto_error* e) { return backend_.table->cache_truncate(cache_, 0, 0, e); });
}

Status BackendRun::use_adapter(Span<const uint8_t> file, float strength) {
  const sotto_backend& t = *backend_.table;
  SOTTO_ASSIGN(const LoraAdapter lora, LoraAdapter::read(file, architecture_, plan_, 0, plan_.c().world));
  const auto pairs = lora.pairs();
  strength_ = strength;
  return checked("adapter_create", [&](sotto_error* e) {
    return t.adapter_create(weights_, pairs.data(), static_cast<uint32_t>(pairs.size()), sizeof(sotto_adapter_pair), &adapter_,
                            e);
  });
}

}  // namespace sotto

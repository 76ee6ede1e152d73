// ranks.cc: checkpoints of one file a rank: iter_*/mp_rank_TT[_PPP]/model_optim_rng.pt (Megatron-LM's checkpointing.py), from
// the nested dictionaries of 2019 to Megatron-Core's flat ones.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/printable.h"
#include "convert/megatron/merge.h"
#include "convert/megatron/state.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr uint32_t kMaxRanks = 1024, kMaxChunks = 256;

struct RankFile {
  uint32_t tensor = 0, pipeline = 0, expert = 0;
  std::string path, where;
  TorchFile* file = nullptr;
};

bool read_digits(std::string_view text, uint32_t* out) {
  if (text.empty() || text.size() > 4) return false;
  *out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    *out = *out * 10 + static_cast<uint32_t>(c - '0');
  }
  return true;
}

// "mp_rank_01_002_003": tensor, pipeline, expert rank.
bool read_folder_name(std::string_view name, RankFile* out) {
  constexpr std::string_view kPrefix = "mp_rank_";
  if (name.substr(0, kPrefix.size()) != kPrefix) return false;
  name.remove_prefix(kPrefix.size());
  for (uint32_t* number : {&out->tensor, &out->pipeline, &out->expert}) {
    const size_t end = std::min(name.find('_'), name.size());
    if (!read_digits(name.substr(0, end), number)) return false;
    if (end == name.size()) return true;
    name.remove_prefix(end + 1);
  }
  return false;
}

// Folders without a model hold a shard of the optimizer.
Result<std::vector<RankFile>> list_ranks(const std::string& folder) {
  std::vector<RankFile> ranks;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    RankFile rank;
    rank.where = at->path().filename().string();
    if (!read_folder_name(rank.where, &rank)) continue;
    for (const char* name : {"model_optim_rng.pt", "model_rng.pt"}) {
      const fs::path path = at->path() / name;
      std::error_code unused;
      if (!rank.path.empty() || !fs::exists(path, unused)) continue;
      rank.path = path.string();
      rank.where += std::string("/") + name;
    }
    if (!rank.path.empty()) ranks.push_back(rank);
  }
  if (error) return Status(SOTTO_IO_ERROR, fmt::format("listing {}: {}", folder, error.message()));
  if (ranks.empty())
    return Status(SOTTO_NOT_FOUND, fmt::format("{}: no mp_rank_*/model_optim_rng.pt lies in it: a shard is missing", folder));
  const auto key = [](const RankFile& r) { return std::pair(r.pipeline, r.tensor); };
  std::sort(ranks.begin(), ranks.end(), [&](const RankFile& a, const RankFile& b) { return key(a) < key(b); });
  return ranks;
}

using Leaves = std::vector<std::pair<std::string, const PickleValue*>>;

// Tensors and what else hangs on the tree, by dotted path. Pickles are no deeper than Pickle::kMaxDepth.
Status flatten(const std::string& where, const PickleValue& value, const std::string& path, Leaves* out) {
  constexpr size_t kMaxLeaves = 1 << 20;
  const auto* entries = value.entries();
  if (TorchFile::is_tensor(value) || entries == nullptr) {
    if (out->size() >= kMaxLeaves) return Status(SOTTO_BAD_FILE, fmt::format("{}: more than {} parameters", where, kMaxLeaves));
    out->emplace_back(path, &value);
    return {};
  }
  for (size_t i = 0; i + 1 < entries->size(); i += 2) {
    const PickleValue& key = *(*entries)[i];
    if (!key.is(PickleKind::kText))
      return Status(SOTTO_BAD_FILE, fmt::format("{}: a key below '{}' is {}", where, printable(path), describe(key)));
    SOTTO_TRY(
        flatten(where, *(*entries)[i + 1], path.empty() ? std::string(key.text) : path + "." + std::string(key.text), out));
  }
  return {};
}

class Reader {
 public:
  Reader(std::string folder, MegatronState* state) : folder_(std::move(folder)), state_(*state) {}

  Status read() {
    SOTTO_ASSIGN(ranks_, list_ranks(folder_));
    SOTTO_TRY(check_grid());
    for (RankFile& rank : ranks_) SOTTO_TRY(open(&rank));
    SOTTO_TRY(read_common());
    SOTTO_TRY(check_sizes());
    // Layers are numbered within each chunk of a stage; chunks of virtual stages come round again.
    for (uint32_t chunk = 0; chunk < chunks_; ++chunk)
      for (uint32_t stage = 0; stage < pipeline_; ++stage) SOTTO_TRY(read_stage(chunk, stage));
    return {};
  }

 private:
  const RankFile& rank(uint32_t tensor, uint32_t stage) const { return ranks_[stage * tensor_ + tensor]; }

  Status check_grid() {
    for (const RankFile& r : ranks_) {
      tensor_ = std::max(tensor_, r.tensor + 1);
      pipeline_ = std::max(pipeline_, r.pipeline + 1);
      if (r.expert != 0)
        return Status(SOTTO_UNSUPPORTED,
                      fmt::format("{}: it is of an expert-parallel rank; mixtures of experts are not supported", r.where));
    }
    if (tensor_ > kMaxRanks || pipeline_ > kMaxRanks)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: ranks are numbered up to {}", folder_, std::max(tensor_, pipeline_) - 1));
    const bool has_stages = ranks_.back().where.find('_', 8) < ranks_.back().where.find('/');
    for (uint32_t p = 0, at = 0; p < pipeline_; ++p)
      for (uint32_t t = 0; t < tensor_; ++t, ++at)
        if (at >= ranks_.size() || ranks_[at].tensor != t || ranks_[at].pipeline != p)
          return Status(SOTTO_NOT_FOUND,
                        fmt::format("{}: mp_rank_{:02d}{}/model_optim_rng.pt is missing, the other ranks are of {} x {}",
                                    folder_, t, has_stages ? fmt::format("_{:03d}", p) : "", tensor_, pipeline_));
    return {};
  }

  Status open(RankFile* rank) {
    SOTTO_ASSIGN(MappedFile mapped, MappedFile::open(rank->path, 0, 0));
    state_.checkpoint->files.push_back(std::move(mapped));
    SOTTO_ASSIGN(TorchFile file,
                 TorchFile::read(state_.checkpoint->files.back().bytes(), rank->where, &state_.checkpoint->stored));
    state_.objects.push_back(std::move(file));
    rank->file = &state_.objects.back();
    return {};
  }

  Status read_common() {
    const PickleValue& root = ranks_[0].file->root();
    if (root.entries() == nullptr)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: it holds {}, expected a dictionary", ranks_[0].where, describe(root)));
    SOTTO_TRY(take_arguments(root.find("args"), &state_));
    // Files of before September 2020 have none.
    const PickleValue* v = root.find("checkpoint_version");
    const PickleValue* model = root.find("model");
    state_.is_nested = model != nullptr && model->find("language_model") != nullptr;
    if (v != nullptr || state_.is_nested)
      state_.version = v == nullptr ? 0 : v->is(PickleKind::kReal) ? v->real : static_cast<double>(v->integer);
    for (const char* name : {"iteration", "total_iters"})
      if (const PickleValue* n = root.find(name); n != nullptr && n->is(PickleKind::kInteger) && n->integer > 0)
        state_.iteration = static_cast<uint64_t>(n->integer);
    state_.sotto = root.find("sotto");
    chunks_ = root.find("model") != nullptr ? 1 : 0;
    while (chunks_ < kMaxChunks && root.find(fmt::format("model{}", chunks_)) != nullptr && root.find("model") == nullptr)
      ++chunks_;
    if (chunks_ == 0) return Status(SOTTO_BAD_FILE, fmt::format("{}: key 'model' is missing", ranks_[0].where));
    return {};
  }

  // The ranks that the arguments speak of are all there.
  Status check_sizes() const {
    const Arguments& a = state_.arguments;
    const auto check = [&](std::initializer_list<std::string_view> names, uint32_t found) -> Status {
      const Argument* wanted = a.first(names);
      if (wanted == nullptr || wanted->kind != Argument::Kind::kNumber || wanted->number == found) return {};
      return Status(SOTTO_NOT_FOUND, fmt::format("{}: the arguments say {} = {}, but there are files of {}: a shard is missing",
                                                 folder_, *names.begin(), wanted->describe(), found));
    };
    SOTTO_TRY(check({"tensor_model_parallel_size", "model_parallel_size"}, tensor_));
    return check({"pipeline_model_parallel_size"}, pipeline_);
  }

  Status read_stage(uint32_t chunk, uint32_t stage) {
    std::vector<std::map<std::string, std::pair<ParameterName, RankPart>>> ranks(tensor_);
    for (uint32_t t = 0; t < tensor_; ++t) SOTTO_TRY(read_rank(rank(t, stage), chunk, &ranks[t]));
    uint32_t layers = 0;
    for (const auto& [key, found] : ranks[0]) {
      std::vector<RankPart> parts;
      for (uint32_t t = 0; t < tensor_; ++t) {
        const auto part = ranks[t].find(key);
        if (part == ranks[t].end())
          return Status(SOTTO_BAD_FILE,
                        fmt::format("{}: parameter '{}' of {} is missing", rank(t, stage).where, key, rank(0, stage).where));
        parts.push_back(part->second.second);
      }
      ParameterName name = found.first;
      if (name.is_layer) {
        layers = std::max(layers, name.layer + 1);
        name.layer += state_.layers;
        name.name = layer_name(name.layer, name.in_layer);
      }
      SOTTO_TRY(add(name, parts, ranks[0], key, stage));
    }
    for (uint32_t t = 1; t < tensor_; ++t)
      if (ranks[t].size() != ranks[0].size())
        return Status(SOTTO_BAD_FILE, fmt::format("{}: it has {} parameters, {} has {}", rank(t, stage).where, ranks[t].size(),
                                                  rank(0, stage).where, ranks[0].size()));
    state_.layers += layers;
    return {};
  }

  Status read_rank(const RankFile& rank, uint32_t chunk, std::map<std::string, std::pair<ParameterName, RankPart>>* out) {
    const std::string key = chunks_ > 1 || rank.file->root().find("model") == nullptr ? fmt::format("model{}", chunk) : "model";
    const PickleValue* model = rank.file->root().find(key);
    if (model == nullptr || model->entries() == nullptr)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: key '{}' is missing", rank.where, key));
    Leaves leaves;
    SOTTO_TRY(flatten(rank.where, *model, "", &leaves));
    for (const auto& [path, value] : leaves) {
      ParameterName name;
      const NameKind kind = read_name(path, &name);
      if (kind == NameKind::kIgnored || (value->is_none() && kind == NameKind::kUnknown)) continue;
      if (kind == NameKind::kUnknown || (name.is_layer && !name.has_number))
        return Status(SOTTO_UNSUPPORTED, fmt::format("{}: parameter '{}' is not one of a GPT model that can be imported",
                                                     rank.where, printable(path)));
      SOTTO_ASSIGN(const TorchTensor tensor, rank.file->tensor(*value, path));
      RankPart part;
      part.where = rank.where;
      part.element = tensor.element;
      if (!tensor.as_matrix(name.is_vector, &part.rows, &part.columns, &part.whole))
        return Status(SOTTO_BAD_FILE, fmt::format("{}: parameter '{}' has {} dimensions, expected {}", rank.where,
                                                  printable(path), tensor.size.size(), name.is_vector ? 1 : 2));
      if (!out->emplace(name.name, std::pair(name, part)).second)
        return Status(SOTTO_BAD_FILE, fmt::format("{}: parameter '{}' is there under two names", rank.where, name.name));
    }
    return {};
  }

  Status add(const ParameterName& name, const std::vector<RankPart>& parts,
             const std::map<std::string, std::pair<ParameterName, RankPart>>& stage, const std::string& key,
             uint32_t at_stage) {
    MergeOptions options;
    if (name.cut == Cut::kFirst) {
      const size_t end = key.find("mlp.linear_fc1");
      const auto second = stage.find(key.substr(0, end) + "mlp.linear_fc2.weight");
      options.is_gated = second != stage.end() && parts[0].rows == 2 * second->second.second.columns;
    }
    if (name.cut == Cut::kQkv) {
      const Argument* groups = state_.arguments.find("group_query_attention");
      if (groups == nullptr || !groups->is_set()) options.version = state_.version;  // grouped queries came later
      SOTTO_TRY(state_.arguments.size("num_attention_heads", 0, &options.heads));
    }
    SOTTO_ASSIGN(ModelTensor t, merge_parts(name, parts, options));
    // The tied head's copy on the last stage; without stages it would be a head of its own.
    const bool is_copy = name.name == "output_layer.weight" && pipeline_ > 1 && !is_untied();
    if (!is_copy && !state_.parameters.emplace(name.name, std::move(t)).second)
      return Status(SOTTO_BAD_FILE,
                    fmt::format("{}: parameter '{}' is on an earlier stage too", rank(0, at_stage).where, name.name));
    return {};
  }

  bool is_untied() const {
    const Argument* untied = state_.arguments.find("untie_embeddings_and_output_weights");
    return untied != nullptr && untied->is_set();
  }

  std::string folder_;
  MegatronState& state_;
  std::vector<RankFile> ranks_;
  uint32_t tensor_ = 0, pipeline_ = 0, chunks_ = 0;
};

}  // namespace

Status read_ranks(const std::string& folder, MegatronState* state) { return Reader(folder, state).read(); }

}  // namespace sotto

#include "convert/megatron/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTracker = "latest_checkpointed_iteration.txt";

bool is_there(const fs::path& path) {
  std::error_code unused;
  return fs::exists(path, unused);
}

std::string read_small(const fs::path& path) {
  constexpr size_t kMost = 1 << 16;
  std::string text(kMost, '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(text.data(), kMost);
  text.resize(static_cast<size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return text;
}

bool has_ranks(const fs::path& folder) {
  constexpr std::string_view kPrefix = "mp_rank_";
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().filename().string().compare(0, kPrefix.size(), kPrefix) == 0) return true;
  return false;
}

bool is_iteration(const fs::path& folder) {
  return is_there(folder / "metadata.json") || is_there(folder / ".metadata") || has_ranks(folder);
}

// The latest iteration's folder below a root; the folder itself when it is one iteration's.
Result<fs::path> find_iteration(const std::string& folder) {
  if (!is_there(fs::path(folder) / kTracker)) return fs::path(folder);
  std::string latest = read_small(fs::path(folder) / kTracker);
  latest.erase(latest.find_last_not_of(" \r\n\t") + 1);
  const bool is_number = !latest.empty() && latest.size() <= 12 && latest.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number && latest != "release")
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{}/{} says '{}', expected a number or 'release'", folder, kTracker, printable(latest)));
  const std::string name = is_number ? fmt::format("iter_{:07d}", std::stoull(latest)) : latest;
  const fs::path iteration = fs::path(folder) / name;
  if (!is_there(iteration))
    return Status(SOTTO_NOT_FOUND, fmt::format("{}/{} says {}, but the folder {} is missing", folder, kTracker, latest, name));
  return iteration;
}

// What wrote the folder.
Result<std::string> backend_of(const fs::path& iteration) {
  if (is_there(iteration / "metadata.json")) {
    const auto json = nlohmann::json::parse(read_small(iteration / "metadata.json"), nullptr, false);
    if (!json.is_object() || !json.contains("sharded_backend") || !json["sharded_backend"].is_string())
      return Status(SOTTO_BAD_FILE, fmt::format("{}/metadata.json names no sharded_backend", iteration.string()));
    const std::string backend = json["sharded_backend"].get<std::string>();
    if (backend != "torch_dist")
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("{} is of the format '{}', known are torch_dist and mp_rank files: convert it with "
                                "Megatron-LM first",
                                iteration.string(), printable(backend)));
    return backend;
  }
  if (has_ranks(iteration)) return std::string("mp_rank");
  if (is_there(iteration / ".metadata"))
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{} has a .metadata but no metadata.json: it is of torch_dcp or fsdp_dtensor, which are not "
                              "read; save it as torch_dist",
                              iteration.string()));
  return Status(SOTTO_NOT_FOUND, fmt::format("{}: no Megatron-LM checkpoint lies in it", iteration.string()));
}

}  // namespace

bool looks_like_megatron(const std::string& folder) { return is_there(fs::path(folder) / kTracker) || is_iteration(folder); }

Result<std::unique_ptr<Checkpoint>> read_megatron(const std::string& folder, const std::string& config) {
  SOTTO_ASSIGN(const fs::path iteration, find_iteration(folder));
  SOTTO_ASSIGN(const std::string backend, backend_of(iteration));
  auto checkpoint = std::make_unique<Checkpoint>();
  MegatronState state;
  state.checkpoint = checkpoint.get();
  state.config = config;
  const bool is_distributed = backend == "torch_dist";
  checkpoint->format = is_distributed ? "Megatron torch_dist" : "Megatron mp_rank";
  SOTTO_TRY(is_distributed ? read_distributed(iteration.string(), &state) : read_ranks(iteration.string(), &state));
  SOTTO_TRY(pair_hybrid_layers(&state));
  const auto within = [&](Status s) { return s.ok() ? s : s.within(iteration.string()); };
  SOTTO_TRY(within(describe_megatron(state, &checkpoint->description, &checkpoint->warnings)));
  SOTTO_TRY(within(make_megatron_tensors(state, checkpoint.get())));
  SOTTO_TRY(within(make_megatron_heads(state, checkpoint.get())));
  return checkpoint;
}

// One GPT layer is an attention layer and the feed-forward layer behind it.
Status pair_hybrid_layers(MegatronState* state) {
  const Argument* pattern = state->arguments.first({"hybrid_layer_pattern", "hybrid_override_pattern"});
  if (pattern == nullptr || pattern->kind != Argument::Kind::kText || pattern->text.empty()) return {};
  std::string symbols = pattern->text.substr(0, pattern->text.find('/'));
  symbols.erase(std::remove(symbols.begin(), symbols.end(), '|'), symbols.end());
  for (size_t i = 0; i < symbols.size(); ++i)
    if (symbols[i] != (i % 2 == 0 ? '*' : '-'))
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("argument hybrid_layer_pattern is '{}': symbol {} is '{}', only attention and feed-forward "
                                "layers in turn (*-*-) can be imported",
                                printable(pattern->text), i, printable(symbols.substr(i, 1))));
  if (symbols.size() != state->layers || symbols.size() % 2 != 0)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("argument hybrid_layer_pattern has {} layers, the checkpoint {}: a layer is missing",
                              symbols.size(), state->layers));
  std::map<std::string, ModelTensor> paired;
  for (auto& [name, tensor] : state->parameters) {
    ParameterName parsed;
    (void)read_name(name, &parsed);
    if (parsed.is_layer) tensor.name = layer_name(parsed.layer / 2, parsed.in_layer);
    if (!paired.emplace(tensor.name, tensor).second)
      return Status(SOTTO_BAD_FILE, fmt::format("parameter '{}' is in two layers of hybrid_layer_pattern", name));
  }
  state->parameters = std::move(paired);
  state->layers /= 2;
  state->arguments.put_number("num_layers", state->layers);
  return {};
}

}  // namespace sotto

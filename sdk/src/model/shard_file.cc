#include "model/shard_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace sotto {
namespace {

constexpr uint64_t kMostRanks = 1024;

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, std::move(text)); }

}  // namespace

std::string describe_split(const std::vector<uint32_t>& split) {
  if (split.empty()) return "even";
  std::string text;
  for (const uint32_t part : split) text += (text.empty() ? "" : ",") + std::to_string(part);
  return text;
}

std::string ShardFile::describe() const {
  return fmt::format("rank {} of {}, split {}", rank_, ranks_, describe_split(split_));
}

Result<std::optional<ShardFile>> ShardFile::read(const Gguf& file, std::optional<Gguf>* model) {
  auto architecture = file.text("general.architecture", "");
  if (!architecture.ok() || architecture.value() != kShardArchitecture) return std::optional<ShardFile>();
  ShardFile shard;
  SOTTO_TRY(shard.read_keys(file));
  SOTTO_ASSIGN(const Span<const uint8_t> head, file.raw_bytes("sotto.shard.head"));
  auto whole = Gguf::read_head(head, shard.model_bytes_);
  if (!whole.ok()) return whole.status().within("the model's head in it");
  model->emplace(whole.take());
  SOTTO_TRY(shard.read_places(file, &**model));
  return std::optional<ShardFile>(std::move(shard));
}

Status ShardFile::read_keys(const Gguf& file) {
  SOTTO_ASSIGN(const uint64_t version, file.integer("sotto.shard.version", 0));
  if (version != kShardVersion)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("key 'sotto.shard.version' is {}, this version reads {}", version, kShardVersion));
  SOTTO_ASSIGN(const uint64_t rank, file.integer("sotto.shard.rank", 0));
  SOTTO_ASSIGN(const uint64_t ranks, file.integer("sotto.shard.ranks", 0));
  SOTTO_ASSIGN(model_bytes_, file.integer("sotto.shard.file_bytes", 0));
  if (ranks < 1 || ranks > kMostRanks || rank >= ranks)
    return bad(fmt::format("it is rank {} of {}, expected 1 to {} ranks counted from 0", rank, ranks, kMostRanks));
  rank_ = static_cast<uint32_t>(rank);
  ranks_ = static_cast<uint32_t>(ranks);
  SOTTO_ASSIGN(const std::vector<int64_t> split, file.integers("sotto.shard.split"));
  for (const int64_t part : split) split_.push_back(static_cast<uint32_t>(std::clamp<int64_t>(part, 0, UINT32_MAX)));
  if (!split_.empty() && split_.size() != ranks_)
    return bad(fmt::format("key 'sotto.shard.split' has {} parts for {} ranks", split_.size(), ranks_));
  return {};
}

Status ShardFile::read_places(const Gguf& file, Gguf* model) {
  SOTTO_ASSIGN(const Span<const uint8_t> places, file.raw_bytes("sotto.shard.places"));
  const size_t count = file.tensors().size();
  if (places.size() != count * sizeof(Place))
    return bad(fmt::format("key 'sotto.shard.places' has {} bytes for {} pieces of {}", places.size(), count, sizeof(Place)));
  held_.resize(model->tensors().size());
  for (size_t i = 0; i < count; ++i) {
    Place p;
    std::memcpy(&p, places.data() + i * sizeof p, sizeof p);
    const GgufTensor& piece = file.tensors()[i];
    if (p.tensor >= held_.size()) return bad(fmt::format("piece {} belongs to tensor {} of {}", i, p.tensor, held_.size()));
    const GgufTensor& t = model->tensors()[static_cast<size_t>(p.tensor)];
    const uint64_t whole = t.row_bytes * t.rows;
    // Within the tensor, and as large as what is stored: products stay below the file's size.
    if (piece.type != t.type || p.rows == 0 || p.bytes == 0 || p.offset > whole || p.bytes > t.row_bytes || p.rows > t.rows ||
        (p.rows - 1) * t.row_bytes + p.bytes > whole - p.offset || piece.bytes.size() != p.rows * p.bytes)
      return bad(
          fmt::format("piece {} of {} rows of {} bytes at {} is no part of tensor '{}'", i, p.rows, p.bytes, p.offset, t.name));
    held_[static_cast<size_t>(p.tensor)].push_back({p, piece.bytes});
    if (p.offset == 0 && piece.bytes.size() == whole) model->give_bytes(static_cast<size_t>(p.tensor), piece.bytes);
  }
  return {};
}

Status ShardFile::place(const Gguf& model, Plan* plan) const {
  for (uint32_t w = 0; w < plan->c().weight_count; ++w) {
    const sotto_weight& weight = plan->c().weights[w];
    const sotto_slice& slice = weight.slices[rank_];
    const GgufTensor* t = model.tensor(std::string_view(weight.name.data, static_cast<size_t>(weight.name.size)));
    if (!t || !t->bytes.empty() || slice.rows == 0 || slice.columns == 0) continue;  // made by the host, whole, or nothing
    const ShardPiece wanted = plan->piece_of(w, rank_);
    const auto& held = held_[static_cast<size_t>(t - model.tensors().data())];
    const auto found = std::find_if(held.begin(), held.end(), [&](const Held& h) {
      return ShardPiece{h.place.offset, h.place.rows, h.place.bytes} == wanted;
    });
    if (found == held.end())
      return bad(fmt::format("tensor '{}': the piece of {} rows of {} bytes at {} that {} needs is not in it", t->name,
                             wanted.rows, wanted.bytes, wanted.offset, describe()));
    plan->give_piece(w, found->bytes);
  }
  return {};
}

}  // namespace sotto

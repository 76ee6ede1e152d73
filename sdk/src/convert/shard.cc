#include "convert/shard.h"

#include <fmt/format.h>

#include <algorithm>

#include "convert/gguf_writer.h"
#include "convert/output_folder.h"
#include "model/model_file.h"

namespace sotto {
namespace {

// What one rank's file holds.
struct Content {
  std::vector<Place> places;

  // A piece of the tensor with this index, once.
  void add(uint64_t tensor, const ShardPiece& piece) {
    const auto same = [&](const Place& p) { return p.tensor == tensor && ShardPiece{p.offset, p.rows, p.bytes} == piece; };
    if (std::none_of(places.begin(), places.end(), same)) places.push_back({tensor, piece.offset, piece.rows, piece.bytes});
  }
};

// In the order of the model's tensors. What no plan names, such as heads, every rank gets whole.
Content content_of(const ModelFile& file, const Plan& plan, uint32_t rank) {
  Content content;
  const auto& tensors = file.gguf().tensors();
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Span<const WeightRef> weights = plan.find(std::string(tensors[i].name));
    for (const WeightRef w : weights) {
      const sotto_slice& slice = plan.c().weights[w].slices[rank];
      if (slice.rows != 0 && slice.columns != 0) content.add(i, plan.piece_of(w, rank));
    }
    if (weights.empty()) content.add(i, {0, tensors[i].rows, tensors[i].row_bytes});
  }
  return content;
}

void put_keys(const ModelFile& file, const ShardOptions& o, uint32_t rank, const Content& content, GgufWriter* writer) {
  const auto text = [](const void* bytes, size_t size) { return std::string_view(static_cast<const char*>(bytes), size); };
  writer->put_text("general.architecture", kShardArchitecture);
  writer->put_u32("sotto.shard.version", static_cast<uint32_t>(kShardVersion));
  writer->put_u32("sotto.shard.rank", rank);
  writer->put_u32("sotto.shard.ranks", o.ranks);
  if (!o.split.empty()) writer->put_i32s("sotto.shard.split", std::vector<int32_t>(o.split.begin(), o.split.end()));
  writer->put_u64("sotto.shard.file_bytes", file.file_bytes());
  writer->put_bytes("sotto.shard.head", text(file.gguf().head().data(), file.gguf().head().size()));
  writer->put_bytes("sotto.shard.places", text(content.places.data(), content.places.size() * sizeof(Place)));
}

Status write_rank(const ModelFile& file, const Plan& plan, const ShardOptions& o, uint32_t rank, const std::string& path,
                  const Events& events) {
  const Content content = content_of(file, plan, rank);
  GgufWriter writer;
  put_keys(file, o, rank, content, &writer);
  for (size_t i = 0; i < content.places.size(); ++i) {
    const Place& p = content.places[i];
    const GgufTensor& t = file.gguf().tensors()[static_cast<size_t>(p.tensor)];
    const WeightType& type = *find_weight_type(t.type);
    writer.add_tensor(fmt::format("piece.{}", i), t.type, p.bytes / type.bytes * type.block, p.rows);
  }
  SOTTO_ASSIGN(OutputFile out, OutputFile::create(path, false));
  SOTTO_TRY(writer.begin(&out));
  std::vector<uint8_t> bytes;
  for (const Place& p : content.places) {
    const GgufTensor& t = file.gguf().tensors()[static_cast<size_t>(p.tensor)];
    SOTTO_TRY(events.progress(
        (rank + static_cast<double>(p.tensor) / static_cast<double>(file.gguf().tensors().size())) / o.ranks, t.name));
    bytes.resize(static_cast<size_t>(p.rows * p.bytes));
    for (uint64_t row = 0; row < p.rows; ++row)
      std::copy_n(t.bytes.data() + p.offset + row * t.row_bytes, p.bytes, bytes.data() + row * p.bytes);
    SOTTO_TRY(writer.write_tensor(Span<const uint8_t>(bytes)));
  }
  return out.commit();
}

}  // namespace

Status shard_file(const std::string& input, const std::string& output, const ShardOptions& o, const Events& events) {
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = {input.data(), input.size()};
  SOTTO_ASSIGN(ModelBytes bytes, ModelBytes::open(source));
  SOTTO_ASSIGN(const ModelFile file, ModelFile::open(std::move(bytes), false));
  if (file.shard())
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("{} is {} already: shard the whole model", input, file.shard()->describe()));
  SOTTO_ASSIGN(const Plan plan, file.plan({o.ranks, o.split}));
  SOTTO_ASSIGN(OutputFolder folder, OutputFolder::create(output, o.overwrite));
  for (uint32_t rank = 0; rank < o.ranks; ++rank)
    SOTTO_TRY(write_rank(file, plan, o, rank, fmt::format("{}/rank{}-of-{}.gguf", folder.path(), rank, o.ranks), events));
  return folder.commit();
}

}  // namespace sotto

// distributed.cc: checkpoints of torch.distributed.checkpoint as Megatron-Core writes them ("torch_dist"): an index
// `.metadata`, and chunks that lie anywhere in files `__R_S.distcp`, each a torch.save archive of its own.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "base/printable.h"
#include "convert/megatron/state.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

// Where a chunk's bytes lie.
struct Place {
  std::string_view file;
  uint64_t offset = 0, length = 0;
};

struct Chunk {
  std::vector<uint64_t> offsets, sizes;
};

bool read_numbers(const PickleValue* value, std::vector<uint64_t>* out) {
  constexpr size_t kMostDimensions = 8;
  const auto* elements = value != nullptr ? value->elements() : nullptr;
  if (elements == nullptr || elements->size() > kMostDimensions) return false;
  for (const PickleValue* e : *elements) {
    if (!e->is(PickleKind::kInteger) || e->integer < 0) return false;
    out->push_back(static_cast<uint64_t>(e->integer));
  }
  return true;
}

bool read_number(const PickleValue* value, uint64_t* out) {
  if (value == nullptr || !value->is(PickleKind::kInteger) || value->integer < 0) return false;
  *out = static_cast<uint64_t>(value->integer);
  return true;
}

// A chunk is found by its parameter and where it begins; objects begin nowhere.
std::string place_key(std::string_view name, const std::vector<uint64_t>* offsets) {
  return fmt::format("{}@{}", name, offsets != nullptr ? fmt::format("{}", fmt::join(*offsets, ",")) : "");
}

class Reader {
 public:
  Reader(std::string folder, MegatronState* state) : folder_(std::move(folder)), state_(*state) {}

  Status read() {
    SOTTO_ASSIGN(MappedFile file, MappedFile::open(folder_ + "/.metadata", 0, 0));
    SOTTO_ASSIGN(const Pickle index, Pickle::read(file.bytes(), ".metadata"));
    SOTTO_TRY(read_places(index.root()));
    SOTTO_TRY(read_common());
    const PickleValue* parameters = index.root().find("state_dict_metadata");
    const auto* entries = parameters != nullptr ? parameters->entries() : nullptr;
    if (entries == nullptr) return bad(".metadata: 'state_dict_metadata' is missing");
    for (size_t i = 0; i + 1 < entries->size(); i += 2) SOTTO_TRY(read_entry(*(*entries)[i], *(*entries)[i + 1]));
    return {};
  }

 private:
  Status bad(const std::string& sentence) const { return Status(SOTTO_BAD_FILE, fmt::format("{}: {}", folder_, sentence)); }

  Status read_places(const PickleValue& root) {
    const PickleValue* places = root.find("storage_data");
    const auto* entries = places != nullptr ? places->entries() : nullptr;
    if (entries == nullptr) return bad(".metadata: 'storage_data' is missing");
    for (size_t i = 0; i + 1 < entries->size(); i += 2) {
      const PickleValue &key = *(*entries)[i], &value = *(*entries)[i + 1];
      const PickleValue *name = key.find("fqn"), *offset = key.find("offset"), *file = value.find("relative_path"),
                        *transforms = value.find("transform_descriptors");
      std::vector<uint64_t> offsets;
      const bool has_offset = offset != nullptr && !offset->is_none();
      Place place;
      if (name == nullptr || !name->is(PickleKind::kText) || file == nullptr || !file->is(PickleKind::kText) ||
          (has_offset && !read_numbers(offset, &offsets)) || !read_number(value.find("offset"), &place.offset) ||
          !read_number(value.find("length"), &place.length))
        return bad(fmt::format(".metadata: entry {} of 'storage_data' is {}", i / 2, describe(value)));
      if (transforms != nullptr && transforms->elements() != nullptr && !transforms->elements()->empty())
        return Status(SOTTO_UNSUPPORTED,
                      fmt::format("{}: '{}' is stored compressed or otherwise transformed, which is not supported", folder_,
                                  printable(name->text)));
      place.file = file->text;
      places_[place_key(name->text, has_offset ? &offsets : nullptr)] = place;
    }
    return {};
  }

  // A file of the folder, mapped once. Its name is data of the checkpoint: it may not lead out.
  Result<Span<const uint8_t>> file(std::string_view name) {
    const auto found = files_.find(name);
    if (found != files_.end()) return found->second;
    if (name.empty() || name.find('/') != std::string_view::npos || name.find('\\') != std::string_view::npos || name[0] == '.')
      return bad(fmt::format(".metadata names the file '{}', which lies outside the folder", printable(name)));
    auto mapped = MappedFile::open(folder_ + "/" + std::string(name), 0, 0);
    if (!mapped.ok()) return Status(mapped.status().code(), mapped.status().text() + ": a shard of the checkpoint is missing");
    state_.checkpoint->files.push_back(mapped.take());
    const Span<const uint8_t> bytes = state_.checkpoint->files.back().bytes();
    files_.emplace(std::string(name), bytes);
    return bytes;
  }

  Result<const TorchFile*> object(std::string_view name, const std::vector<uint64_t>* offsets) {
    const auto place = places_.find(place_key(name, offsets));
    if (place == places_.end())
      return bad(fmt::format(".metadata says nowhere where the part of '{}' at [{}] lies", printable(name),
                             offsets != nullptr ? fmt::format("{}", fmt::join(*offsets, ", ")) : ""));
    const Place& p = place->second;
    SOTTO_ASSIGN(const Span<const uint8_t> bytes, file(p.file));
    if (p.offset > bytes.size() || p.length > bytes.size() - p.offset)
      return bad(fmt::format("{} has {} bytes, but '{}' is said to lie at {} with {}: the file is cut", printable(p.file),
                             bytes.size(), printable(name), p.offset, p.length));
    SOTTO_ASSIGN(TorchFile object,
                 TorchFile::read(bytes.part(p.offset, p.length), fmt::format("{}, byte {}", printable(p.file), p.offset),
                                 &state_.checkpoint->stored));
    state_.objects.push_back(std::move(object));
    return static_cast<const TorchFile*>(&state_.objects.back());
  }

  // Megatron-Core up to 0.18 writes common.pt, later an object in a list.
  Status read_common() {
    const PickleValue* root = nullptr;
    const std::string path = folder_ + "/common.pt";
    std::error_code unused;
    if (fs::exists(path, unused)) {
      SOTTO_ASSIGN(const Span<const uint8_t> bytes, file("common.pt"));
      SOTTO_ASSIGN(TorchFile common, TorchFile::read(bytes, "common.pt", &state_.checkpoint->stored));
      state_.objects.push_back(std::move(common));
      root = &state_.objects.back().root();
    } else if (places_.count(place_key("common_state/shard_0_1", nullptr)) != 0) {
      SOTTO_ASSIGN(const TorchFile* common, object("common_state/shard_0_1", nullptr));
      const auto* list = common->root().elements();
      root = list != nullptr && list->size() == 1 ? (*list)[0] : &common->root();
    }
    const PickleValue* args = root != nullptr ? root->find("args") : nullptr;
    if (args == nullptr && state_.config.empty())
      return Status(SOTTO_NOT_FOUND,
                    fmt::format("{}: neither common.pt nor common_state says with which arguments it was trained: give "
                                "them as a JSON configuration",
                                folder_));
    if (root != nullptr) {
      (void)read_number(root->find("iteration"), &state_.iteration);
      state_.sotto = root->find("sotto");
    }
    return take_arguments(args, &state_);
  }

  Status read_entry(const PickleValue& key, const PickleValue& facts) {
    if (!key.is(PickleKind::kText)) return bad(fmt::format(".metadata: a parameter's name is {}", describe(key)));
    ParameterName name;
    const NameKind kind = read_name(key.text, &name);
    if (kind == NameKind::kIgnored) return {};
    if (kind == NameKind::kUnknown)
      return Status(SOTTO_UNSUPPORTED, fmt::format("{}: '{}' is not a parameter of a GPT model that can be imported", folder_,
                                                   printable(key.text)));
    std::vector<uint64_t> size;
    const PickleValue* chunks = facts.find("chunks");
    const auto* list = chunks != nullptr ? chunks->elements() : nullptr;
    if (!read_numbers(facts.find("size"), &size) || list == nullptr)
      return bad(fmt::format(".metadata: parameter '{}' has no size and chunks", printable(key.text)));
    const bool is_stacked = name.is_layer && !name.has_number;
    const size_t dimensions = (is_stacked ? 1 : 0) + (name.is_vector ? 1 : 2);
    if (size.size() != dimensions)
      return bad(fmt::format("parameter '{}' has {} dimensions, expected {}", printable(key.text), size.size(), dimensions));
    SOTTO_TRY(declare(name, size, is_stacked));
    for (const PickleValue* c : *list) {
      Chunk chunk;
      if (!read_numbers(c->find("offsets"), &chunk.offsets) || !read_numbers(c->find("sizes"), &chunk.sizes) ||
          chunk.offsets.size() != dimensions || chunk.sizes.size() != dimensions)
        return bad(fmt::format(".metadata: a chunk of '{}' is {}", printable(key.text), describe(*c)));
      SOTTO_TRY(read_chunk(key.text, name, chunk, is_stacked));
    }
    return {};
  }

  // The whole parameter, once a layer.
  Status declare(const ParameterName& name, const std::vector<uint64_t>& size, bool is_stacked) {
    constexpr uint64_t kMostLayers = 1 << 16;
    const uint64_t layers = is_stacked ? size[0] : 1;
    if (layers > kMostLayers) return bad(fmt::format("parameter '{}' has {} layers", name.name, layers));
    for (uint64_t layer = 0; layer < layers; ++layer) {
      ModelTensor t;
      t.name = is_stacked ? layer_name(static_cast<uint32_t>(layer), name.in_layer) : name.name;
      t.is_vector = name.is_vector;
      t.rows = size[is_stacked ? 1 : 0];
      t.columns = name.is_vector ? 1 : size.back();
      if (!state_.parameters.emplace(t.name, t).second)
        return bad(fmt::format("parameter '{}' is there under two names", t.name));
    }
    if (name.is_layer) state_.layers = std::max(state_.layers, is_stacked ? static_cast<uint32_t>(layers) : name.layer + 1);
    return {};
  }

  Status read_chunk(std::string_view key, const ParameterName& name, const Chunk& chunk, bool is_stacked) {
    SOTTO_ASSIGN(const TorchFile* object, this->object(key, &chunk.offsets));
    SOTTO_ASSIGN(const TorchTensor tensor, object->tensor(object->root(), key));
    std::vector<uint64_t> strides;
    if (!fit(tensor, chunk.sizes, &strides))
      return bad(fmt::format("{}: the part of '{}' is [{}], .metadata says [{}]", object->where(), printable(key),
                             fmt::join(tensor.size, ", "), fmt::join(chunk.sizes, ", ")));
    const size_t row = is_stacked ? 1 : 0;
    const uint64_t first_layer = is_stacked ? chunk.offsets[0] : 0, layers = is_stacked ? chunk.sizes[0] : 1;
    for (uint64_t i = 0; i < layers; ++i) {
      const auto found =
          state_.parameters.find(is_stacked ? layer_name(static_cast<uint32_t>(first_layer + i), name.in_layer) : name.name);
      if (found == state_.parameters.end() || first_layer + i >= UINT32_MAX)
        return bad(fmt::format("a part of '{}' is of layer {}, which is beyond its size", printable(key), first_layer + i));
      ModelTensor& t = found->second;
      if (!t.pieces.empty() && t.element != tensor.element)
        return bad(fmt::format("the parts of '{}' hold {} and {}", t.name, name_of(t.element), name_of(tensor.element)));
      t.element = tensor.element;
      Piece p{tensor.storage,
              tensor.offset + (is_stacked ? i * strides[0] : 0),
              strides[row],
              size_of(t.element),
              chunk.offsets[row],
              chunk.sizes[row],
              0,
              1};
      if (!name.is_vector) {
        p.column_stride = strides[row + 1];
        p.first_column = chunk.offsets[row + 1];
        p.columns = chunk.sizes[row + 1];
      }
      SOTTO_TRY(check_piece(t, p));
      t.pieces.push_back(p);
    }
    return {};
  }

  // The tensor's stride along each dimension of the chunk; leading dimensions of one may be missing on either side.
  static bool fit(const TorchTensor& t, const std::vector<uint64_t>& sizes, std::vector<uint64_t>* strides) {
    strides->assign(sizes.size(), 0);
    for (size_t back = 1; back <= std::max(sizes.size(), t.size.size()); ++back) {
      const uint64_t wanted = back <= sizes.size() ? sizes[sizes.size() - back] : 1;
      const uint64_t found = back <= t.size.size() ? t.size[t.size.size() - back] : 1;
      if (wanted != found || found == 0) return false;
      if (back <= sizes.size() && back <= t.size.size()) (*strides)[sizes.size() - back] = t.stride[t.size.size() - back];
    }
    return true;
  }

  std::string folder_;
  MegatronState& state_;
  std::unordered_map<std::string, Place> places_;
  std::map<std::string, Span<const uint8_t>, std::less<>> files_;
};

}  // namespace

Status read_distributed(const std::string& folder, MegatronState* state) { return Reader(folder, state).read(); }

Status take_arguments(const PickleValue* args, MegatronState* state) {
  if (args != nullptr) {
    SOTTO_ASSIGN(state->arguments, Arguments::of_namespace(*args));
  }
  return state->config.empty() ? Status() : state->arguments.merge_json_file(state->config);
}

}  // namespace sotto

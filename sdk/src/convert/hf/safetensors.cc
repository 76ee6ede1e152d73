#include "convert/hf/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/printable.h"
#include "convert/json.h"

namespace sotto {
namespace {

constexpr uint64_t kLargestHeader = 100'000'000;  // as the format's own library
constexpr size_t kMostDimensions = 16;
constexpr uint64_t kLengthBytes = 8;

constexpr struct {
  std::string_view name;
  uint64_t bits;
} kTypes[] = {
    {"F32", 32},    {"F16", 16},    {"BF16", 16},   {"F64", 64},    {"I64", 64},        {"I32", 32},
    {"I16", 16},    {"I8", 8},      {"U64", 64},    {"U32", 32},    {"U16", 16},        {"U8", 8},
    {"BOOL", 8},    {"C64", 64},    {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
    {"F8_E8M0", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
};

Status bad(const std::string& file, std::string text) {
  return Status(SOTTO_BAD_FILE, fmt::format("{}: {}", file, std::move(text)));
}

bool read_sizes(const Json* list, std::vector<uint64_t>* out) {
  if (!list || !list->is_list() || list->items.size() > kMostDimensions) return false;
  for (const Json& n : list->items) {
    if (!n.is_integer() || n.integer < 0) return false;
    out->push_back(static_cast<uint64_t>(n.integer));
  }
  return true;
}

// Bytes of the shape in its type; false: they overflow or are not whole.
bool bytes_of(const std::vector<uint64_t>& shape, uint64_t bits, uint64_t* out) {
  uint64_t count = 1;
  if (std::find(shape.begin(), shape.end(), 0u) != shape.end()) count = 0;
  for (const uint64_t n : shape)
    if (__builtin_mul_overflow(count, n, &count)) return false;
  if (__builtin_mul_overflow(count, bits, &count) || count % 8 != 0) return false;
  *out = count / 8;
  return true;
}

struct Placed {
  SafeTensor tensor;
  uint64_t begin = 0, end = 0;
};

Status read_entry(const std::string& name, const Json& entry, const std::string& file, Placed* out) {
  SafeTensor& t = out->tensor;
  t.name = name;
  t.file = file;
  const std::string shown = printable(name);
  const Json* type = entry.find("dtype");
  if (!type || !type->is_text()) return bad(file, fmt::format("tensor '{}' has no dtype", shown));
  t.type = type->text;
  const auto* row = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& x) { return x.name == t.type; });
  if (row == std::end(kTypes))
    return bad(file, fmt::format("tensor '{}' is of the unknown dtype '{}'", shown, printable(t.type)));
  if (!read_sizes(entry.find("shape"), &t.shape))
    return bad(file, fmt::format("tensor '{}' has no shape of at most {} sizes that are not negative", shown, kMostDimensions));
  std::vector<uint64_t> offsets;
  if (!read_sizes(entry.find("data_offsets"), &offsets) || offsets.size() != 2 || offsets[0] > offsets[1])
    return bad(file, fmt::format("tensor '{}' has no data_offsets of a begin and an end", shown));
  out->begin = offsets[0];
  out->end = offsets[1];
  uint64_t expected = 0;
  if (!bytes_of(t.shape, row->bits, &expected))
    return bad(file, fmt::format("the shape of tensor '{}' has more numbers than can be addressed, or no whole bytes", shown));
  if (out->end - out->begin != expected)
    return bad(file, fmt::format("tensor '{}' has {} bytes, expected {} for its shape in {}", shown, out->end - out->begin,
                                 expected, t.type));
  return {};
}

// The tensors cover the data without gaps, as the format wants: then no two share a byte and nothing is hidden between them.
Status place(Span<const uint8_t> data, const std::string& file, std::vector<Placed>* placed) {
  std::sort(placed->begin(), placed->end(),
            [](const Placed& a, const Placed& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  uint64_t at = 0;
  for (Placed& p : *placed) {
    const std::string shown = printable(p.tensor.name);
    if (p.end > data.size())
      return bad(file, fmt::format("tensor '{}' ends at byte {} of the data, which has {}", shown, p.end, data.size()));
    if (p.begin != at)
      return bad(file,
                 fmt::format("tensor '{}' begins at byte {} of the data, expected {}: tensors may not overlap nor leave gaps",
                             shown, p.begin, at));
    p.tensor.bytes = data.part(static_cast<size_t>(p.begin), static_cast<size_t>(p.end - p.begin));
    at = p.end;
  }
  if (at != data.size()) return bad(file, fmt::format("its tensors end at byte {} of the data, which has {}", at, data.size()));
  return {};
}

// The files that the index names, each once, and which tensors it expects in them.
Result<std::map<std::string, std::string>> read_index(const std::string& path) {
  SOTTO_ASSIGN(const Json index, read_json(path));
  const Json* map = index.find("weight_map");
  if (!map || !map->is_object() || map->pairs.empty()) return bad(path, "it has no weight_map");
  std::map<std::string, std::string> file_of;
  for (const auto& [name, file] : map->pairs) {
    if (!file.is_text())
      return bad(path, fmt::format("tensor '{}' is mapped to {}, expected a file name", printable(name), file.describe()));
    // A name alone: nothing outside of the folder is opened.
    if (file.text.empty() || file.text[0] == '.' || file.text.find_first_of(std::string("/\\\0", 3)) != std::string::npos)
      return bad(path, fmt::format("tensor '{}' is mapped to '{}', expected the name of a file beside it", printable(name),
                                   printable(file.text)));
    file_of.emplace(name, file.text);
  }
  return file_of;
}

Status read_shard(const std::string& path, std::deque<MappedFile>* files, std::map<std::string, SafeTensor>* tensors) {
  SOTTO_ASSIGN(MappedFile mapped, MappedFile::open(path, 0, 0));
  files->push_back(std::move(mapped));
  SOTTO_ASSIGN(std::vector<SafeTensor> list, parse_safetensors(files->back().bytes(), path));
  for (SafeTensor& t : list) {
    const std::string name = t.name;
    const auto [place, is_new] = tensors->emplace(name, std::move(t));
    if (!is_new) return bad(path, fmt::format("tensor '{}' is in {} too", printable(name), place->second.file));
  }
  return {};
}

}  // namespace

Result<std::vector<SafeTensor>> parse_safetensors(Span<const uint8_t> bytes, const std::string& file) {
  if (bytes.size() < kLengthBytes) return bad(file, fmt::format("it has {} bytes and cannot be safetensors", bytes.size()));
  uint64_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= uint64_t{bytes[i]} << 8 * i;
  if (length > kLargestHeader || length > bytes.size() - kLengthBytes)
    return bad(file, fmt::format("its header would have {} bytes, expected at most {} in a file of {}", length, kLargestHeader,
                                 bytes.size()));
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<size_t>(length));
  SOTTO_ASSIGN(const Json json, parse_json(header, file + ", header"));
  if (!json.is_object()) return bad(file, "its header is no JSON object");
  std::vector<Placed> placed;
  for (const auto& [name, entry] : json.pairs) {
    if (name == "__metadata__") continue;
    placed.emplace_back();
    SOTTO_TRY(read_entry(name, entry, file, &placed.back()));
  }
  const size_t data = static_cast<size_t>(kLengthBytes + length);
  SOTTO_TRY(place(bytes.part(data, bytes.size() - data), file, &placed));
  std::vector<SafeTensor> tensors;
  for (Placed& p : placed) tensors.push_back(std::move(p.tensor));
  return tensors;
}

Result<std::map<std::string, SafeTensor>> read_safetensors(const std::string& folder, std::deque<MappedFile>* files) {
  std::map<std::string, SafeTensor> tensors;
  const std::string whole = folder + "/model.safetensors", index = whole + ".index.json";
  if (is_file(whole)) {
    SOTTO_TRY(read_shard(whole, files, &tensors));
    return tensors;
  }
  SOTTO_ASSIGN(const auto file_of, read_index(index));
  std::set<std::string> names;
  for (const auto& [tensor, file] : file_of) names.insert(file);
  for (const std::string& name : names) {
    if (!is_file(folder + "/" + name))
      return Status(SOTTO_NOT_FOUND, fmt::format("{}: the shard '{}' that it names is not beside it", index, printable(name)));
    SOTTO_TRY(read_shard(folder + "/" + name, files, &tensors));
  }
  for (const auto& [tensor, file] : file_of) {
    const auto found = tensors.find(tensor);
    if (found == tensors.end() || found->second.file != folder + "/" + file)
      return bad(index, fmt::format("tensor '{}' is not in {}, as it says", printable(tensor), printable(file)));
  }
  return tensors;
}

}  // namespace sotto

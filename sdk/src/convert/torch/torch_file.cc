#include "convert/torch/torch_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/printable.h"
#include "convert/torch/zip_archive.h"

namespace sotto {
namespace {

constexpr size_t kMaxDimensions = 8;
constexpr size_t kMaxStorages = 1 << 20;

// What a pickled reference to a storage says: ('storage', type, key, location, numel).
struct StorageId {
  const KnownName* type = nullptr;
  std::string_view key;
  uint64_t count = 0;
};

bool read_storage_id(const PickleValue& id, StorageId* out) {
  if (!id.is(PickleKind::kTuple) || id.items.size() < 5) return false;
  const PickleValue &kind = *id.items[0], &type = *id.items[1], &key = *id.items[2], &count = *id.items[4];
  if (kind.text != "storage" || !type.is(PickleKind::kName) || type.known->meaning != Meaning::kStorage ||
      !key.is(PickleKind::kText) || !count.is(PickleKind::kInteger) || count.integer < 0)
    return false;
  *out = {type.known, key.text, static_cast<uint64_t>(count.integer)};
  return true;
}

bool read_sizes(const PickleValue& list, std::vector<uint64_t>* out) {
  const auto* elements = list.elements();
  if (elements == nullptr || elements->size() > kMaxDimensions) return false;
  for (const PickleValue* e : *elements) {
    if (!e->is(PickleKind::kInteger) || e->integer < 0) return false;
    out->push_back(static_cast<uint64_t>(e->integer));
  }
  return true;
}

// The last number of the view ends inside the storage.
bool is_inside(const TorchTensor& t) {
  uint64_t end = t.offset;
  for (size_t d = 0; d < t.size.size(); ++d) {
    uint64_t reach = 0;
    if (t.size[d] == 0 || __builtin_mul_overflow(t.size[d] - 1, t.stride[d], &reach) ||
        __builtin_add_overflow(end, reach, &end))
      return false;
  }
  return !__builtin_add_overflow(end, uint64_t{size_of(t.element)}, &end) && end <= t.storage->bytes.size();
}

std::string shape_of(const std::vector<uint64_t>& size) { return fmt::format("[{}]", fmt::join(size, ", ")); }

}  // namespace

bool TorchTensor::as_matrix(bool is_vector, uint64_t* rows, uint64_t* columns, Piece* piece) const {
  // Dimensions of one number say nothing.
  std::vector<uint64_t> sizes, strides;
  const size_t keep = is_vector ? 1 : 2;
  for (size_t d = 0; d < size.size(); ++d) {
    if (size[d] == 1 && size.size() - d + sizes.size() > keep) continue;
    sizes.push_back(size[d]);
    strides.push_back(stride[d]);
  }
  if (sizes.size() != keep) return false;
  *rows = sizes[0];
  *columns = is_vector ? 1 : sizes[1];
  *piece = Piece{storage, offset, strides[0], is_vector ? size_of(element) : strides[1], 0, *rows, 0, *columns};
  return true;
}

Result<TorchFile> TorchFile::read(Span<const uint8_t> bytes, const std::string& where, std::deque<StoredBytes>* stored) {
  TorchFile file;
  file.where_ = where;
  SOTTO_TRY(looks_like_zip(bytes) ? file.read_archive(bytes, stored) : file.read_sequence(bytes, stored));
  return file;
}

Status TorchFile::read_archive(Span<const uint8_t> bytes, std::deque<StoredBytes>* stored) {
  SOTTO_ASSIGN(const ZipArchive archive, ZipArchive::read(bytes, where_));
  // Everything lies below one folder of any name.
  constexpr std::string_view kPickle = "/data.pkl", kData = "/data/", kByteOrder = "/byteorder";
  const ZipMember* pickle = nullptr;
  for (const ZipMember& m : archive.members()) {
    const size_t slash = m.name.find('/');
    if (slash == std::string_view::npos) continue;
    const std::string_view rest = m.name.substr(slash);
    if (rest == kPickle) pickle = &m;
    if (rest == kByteOrder && std::string_view(reinterpret_cast<const char*>(m.bytes.data()), m.bytes.size()) != "little")
      return Status(SOTTO_UNSUPPORTED, fmt::format("{}: its numbers are big-endian, which is not supported", where_));
    if (rest.substr(0, kData.size()) != kData) continue;
    const std::string key(rest.substr(kData.size()));
    stored->push_back({m.bytes, fmt::format("{}, storage {}", where_, printable(key)), true, m.crc, false});
    storages_[key] = &stored->back();
  }
  if (pickle == nullptr)
    return Status(SOTTO_BAD_FILE, fmt::format("{}: a zip archive without data.pkl: torch.save did not write it", where_));
  StoredBytes checked{pickle->bytes, where_ + ", data.pkl", true, pickle->crc, false};
  SOTTO_TRY(check_crc(&checked));
  SOTTO_ASSIGN(pickle_, Pickle::read(pickle->bytes, where_));
  return {};
}

// PyTorch before 1.6: magic number, protocol, facts of the machine, the object, the keys of its storages, the storages.
Status TorchFile::read_sequence(Span<const uint8_t> bytes, std::deque<StoredBytes>* stored) {
  constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    auto header = Pickle::read(bytes.part(at, bytes.size() - at), where_);
    if (part == 0 && (!header.ok() || header->root().text != kMagic))
      return Status(SOTTO_BAD_FILE, fmt::format("{}: neither a zip archive nor an older file of torch.save", where_));
    if (!header.ok()) return header.status();
    at += header->size();
  }
  SOTTO_ASSIGN(pickle_, Pickle::read(bytes.part(at, bytes.size() - at), where_));
  at += pickle_.size();
  SOTTO_ASSIGN(const Pickle keys, Pickle::read(bytes.part(at, bytes.size() - at), where_));
  at += keys.size();
  return read_storages(bytes.part(at, bytes.size() - at), keys.root(), stored);
}

// Each storage is its number of elements, then the elements; their width stands in the references to it only.
Status TorchFile::read_storages(Span<const uint8_t> bytes, const PickleValue& keys, std::deque<StoredBytes>* stored) {
  std::unordered_map<std::string_view, uint64_t> widths;
  for (const PickleValue* v : pickle_.persistent_ids()) {
    StorageId id;
    if (read_storage_id(*v, &id)) widths[id.key] = id.type->bytes;
  }
  const auto* list = keys.elements();
  if (list == nullptr || list->size() > kMaxStorages)
    return Status(SOTTO_BAD_FILE, fmt::format("{}: its list of storages is {}", where_, describe(keys)));
  size_t at = 0;
  for (const PickleValue* key : *list) {
    const auto width = widths.find(key->text);
    uint64_t count = 0, size = 0;
    if (width == widths.end() || bytes.size() - at < sizeof count)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: storage '{}' is missing: the file is cut", where_, printable(key->text)));
    std::memcpy(&count, bytes.data() + at, sizeof count);
    at += sizeof count;
    if (__builtin_mul_overflow(count, width->second, &size) || size > bytes.size() - at)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: storage '{}' of {} numbers reaches beyond the end: the file is cut",
                                                where_, printable(key->text), count));
    stored->push_back({bytes.part(at, static_cast<size_t>(size)), fmt::format("{}, storage {}", where_, printable(key->text))});
    storages_[std::string(key->text)] = &stored->back();
    at += static_cast<size_t>(size);
  }
  return {};
}

bool TorchFile::is_tensor(const PickleValue& v) {
  return v.calls(Meaning::kTensor) || v.calls(Meaning::kTypedTensor) || v.calls(Meaning::kParameter);
}

Status TorchFile::find_storage(const PickleValue& reference, std::string_view name, StoredBytes** storage,
                               const KnownName** type) const {
  StorageId id;
  if (!reference.is(PickleKind::kPersistent) || !read_storage_id(*reference.arguments, &id))
    return Status(SOTTO_BAD_FILE, fmt::format("{}: tensor '{}' is made of {}, expected a storage", where_, printable(name),
                                              describe(reference)));
  const auto found = storages_.find(id.key);
  if (found == storages_.end())
    return Status(SOTTO_BAD_FILE, fmt::format("{}: tensor '{}' lies in storage '{}', which is missing", where_, printable(name),
                                              printable(id.key)));
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(id.count, uint64_t{id.type->bytes}, &bytes) || bytes > found->second->bytes.size())
    return Status(SOTTO_BAD_FILE, fmt::format("{}: tensor '{}' expects {} numbers in storage '{}' of {} bytes", where_,
                                              printable(name), id.count, printable(id.key), found->second->bytes.size()));
  *storage = found->second;
  *type = id.type;
  return {};
}

Result<TorchTensor> TorchFile::tensor(const PickleValue& value, std::string_view name) const {
  const PickleValue* v = &value;
  if (v->calls(Meaning::kParameter) && !v->arguments->items.empty()) v = v->arguments->items[0];
  const bool is_typed = v->calls(Meaning::kTypedTensor);
  if ((!is_typed && !v->calls(Meaning::kTensor)) || v->arguments->items.size() < (is_typed ? 7 : 4))
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("{}: '{}' is {}, expected a plain tensor", where_, printable(name), describe(value)));
  const auto& a = v->arguments->items;
  TorchTensor t;
  const KnownName* type = nullptr;
  SOTTO_TRY(find_storage(*a[0], name, &t.storage, &type));
  if (is_typed) type = a[6]->known;
  if (type == nullptr || !type->is_element)
    return Status(SOTTO_UNSUPPORTED, fmt::format("{}: tensor '{}' holds {}, expected float32, float16, bfloat16 or float64",
                                                 where_, printable(name), type != nullptr ? type->name : "an unknown type"));
  t.element = type->element;
  const uint64_t width = size_of(t.element);
  const bool is_read = a[1]->is(PickleKind::kInteger) && a[1]->integer >= 0 && read_sizes(*a[2], &t.size) &&
                       read_sizes(*a[3], &t.stride) && t.size.size() == t.stride.size() &&
                       !__builtin_mul_overflow(static_cast<uint64_t>(a[1]->integer), width, &t.offset);
  if (!is_read)
    return Status(SOTTO_BAD_FILE, fmt::format("{}: tensor '{}' has the size {}, stride {}, offset {}", where_, printable(name),
                                              describe(*a[2]), describe(*a[3]), describe(*a[1])));
  for (uint64_t& stride : t.stride)
    if (__builtin_mul_overflow(stride, width, &stride)) stride = UINT64_MAX;
  if (!is_inside(t))
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{}: tensor '{}' of shape {} from number {} reaches outside its storage of {} bytes", where_,
                              printable(name), shape_of(t.size), a[1]->integer, t.storage->bytes.size()));
  return t;
}

}  // namespace sotto

#include "convert/torch/zip_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/printable.h"

namespace sotto {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50, kDirectorySignature = 0x02014b50, kEndSignature = 0x06054b50,
                   kEnd64Signature = 0x06064b50, kLocator64Signature = 0x07064b50;
constexpr size_t kEndBytes = 22, kLocator64Bytes = 20, kEnd64Bytes = 56, kEntryBytes = 46, kLocalBytes = 30,
                 kMaxComment = 0xFFFF;
constexpr uint32_t kIn64 = 0xFFFFFFFF;  // the number stands in the zip64 field

template <class T>
T load(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

struct Directory {
  uint64_t entries = 0, bytes = 0, offset = 0;
};

struct Entry {
  uint64_t size = 0, stored = 0, local = 0;
};

class Reader {
 public:
  Reader(Span<const uint8_t> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  Status read(std::vector<ZipMember>* members) {
    SOTTO_ASSIGN(const Directory d, directory());
    if (d.offset > bytes_.size() || d.bytes > bytes_.size() - d.offset)
      return fail(fmt::format("its directory of {} bytes at {} lies outside", d.bytes, d.offset));
    if (d.entries > d.bytes / kEntryBytes) return fail(fmt::format("{} members do not fit its directory", d.entries));
    const uint8_t* p = bytes_.data() + d.offset;
    const uint8_t* end = p + d.bytes;
    for (uint64_t i = 0; i < d.entries; ++i) SOTTO_TRY(member(&p, end, members));
    return {};
  }

 private:
  Status fail(const std::string& what) const {
    return Status(SOTTO_BAD_FILE, fmt::format("{}: zip archive of {} bytes: {}; it may be cut or damaged, copy it again",
                                              where_, bytes_.size(), what));
  }

  // The end record stands last, with a comment of at most 64 KiB behind it.
  Result<Directory> directory() const {
    const size_t size = bytes_.size();
    const size_t lowest = size > kEndBytes + kMaxComment ? size - kEndBytes - kMaxComment : 0;
    for (size_t at = size >= kEndBytes ? size - kEndBytes + 1 : 0; at-- > lowest;) {
      const uint8_t* p = bytes_.data() + at;
      if (load<uint32_t>(p) != kEndSignature || load<uint16_t>(p + 20) != size - at - kEndBytes) continue;
      Directory d{load<uint16_t>(p + 10), load<uint32_t>(p + 12), load<uint32_t>(p + 16)};
      if (at >= kLocator64Bytes && load<uint32_t>(p - kLocator64Bytes) == kLocator64Signature)
        return directory64(load<uint64_t>(p - kLocator64Bytes + 8));
      return d;
    }
    return fail("it has no end record");
  }

  Result<Directory> directory64(uint64_t at) const {
    if (bytes_.size() < kEnd64Bytes || at > bytes_.size() - kEnd64Bytes) return fail("its zip64 end record lies outside");
    const uint8_t* p = bytes_.data() + at;
    if (load<uint32_t>(p) != kEnd64Signature) return fail("its zip64 end record is none");
    return Directory{load<uint64_t>(p + 32), load<uint64_t>(p + 40), load<uint64_t>(p + 48)};
  }

  Status member(const uint8_t** at, const uint8_t* end, std::vector<ZipMember>* members) const {
    const uint8_t* p = *at;
    if (static_cast<size_t>(end - p) < kEntryBytes || load<uint32_t>(p) != kDirectorySignature)
      return fail(fmt::format("entry {} of its directory is none", members->size()));
    const size_t name = load<uint16_t>(p + 28), extra = load<uint16_t>(p + 30), comment = load<uint16_t>(p + 32);
    if (static_cast<size_t>(end - p) - kEntryBytes < name + extra + comment)
      return fail(fmt::format("entry {} of its directory is cut", members->size()));
    ZipMember m;
    m.name = std::string_view(reinterpret_cast<const char*>(p) + kEntryBytes, name);
    m.crc = load<uint32_t>(p + 16);
    const unsigned flags = load<uint16_t>(p + 8), method = load<uint16_t>(p + 10);
    if (method != 0 || (flags & 1U) != 0)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("{}: member '{}' is {}; save it as PyTorch does, uncompressed", where_, printable(m.name),
                                method != 0 ? fmt::format("compressed (method {})", method) : "encrypted"));
    Entry e{load<uint32_t>(p + 24), load<uint32_t>(p + 20), load<uint32_t>(p + 42)};
    SOTTO_TRY(read_zip64(p + kEntryBytes + name, extra, m.name, &e));
    SOTTO_TRY(place(e, &m));
    members->push_back(m);
    *at = p + kEntryBytes + name + extra + comment;
    return {};
  }

  // Numbers that did not fit 32 bits, in this order, those only.
  Status read_zip64(const uint8_t* p, size_t size, std::string_view name, Entry* e) const {
    constexpr uint16_t kZip64 = 1;
    for (const uint8_t* end = p + size; static_cast<size_t>(end - p) >= 4;) {
      const size_t bytes = load<uint16_t>(p + 2);
      if (bytes > static_cast<size_t>(end - p) - 4) break;
      if (load<uint16_t>(p) == kZip64) {
        const uint8_t *field = p + 4, *field_end = field + bytes;
        for (uint64_t* number : {&e->size, &e->stored, &e->local}) {
          if (*number != kIn64) continue;
          if (field_end - field < 8) return fail(fmt::format("member '{}' lacks a zip64 number", printable(name)));
          *number = load<uint64_t>(field);
          field += 8;
        }
      }
      p += 4 + bytes;
    }
    return {};
  }

  Status place(const Entry& e, ZipMember* m) const {
    const auto outside = [&] {
      return fail(fmt::format("member '{}' of {} bytes at {} lies outside", printable(m->name), e.size, e.local));
    };
    if (e.stored != e.size) return fail(fmt::format("member '{}' has {} and {} bytes", printable(m->name), e.size, e.stored));
    if (bytes_.size() < kLocalBytes || e.local > bytes_.size() - kLocalBytes) return outside();
    const uint8_t* p = bytes_.data() + e.local;
    if (load<uint32_t>(p) != kLocalSignature) return fail(fmt::format("member '{}' has no header", printable(m->name)));
    const uint64_t first = e.local + kLocalBytes + load<uint16_t>(p + 26) + load<uint16_t>(p + 28);
    if (first > bytes_.size() || e.size > bytes_.size() - first) return outside();
    m->bytes = bytes_.part(static_cast<size_t>(first), static_cast<size_t>(e.size));
    return {};
  }

  Span<const uint8_t> bytes_;
  const std::string& where_;
};

bool by_name(const ZipMember& a, const ZipMember& b) { return a.name < b.name; }

}  // namespace

bool looks_like_zip(Span<const uint8_t> bytes) { return bytes.size() >= 4 && load<uint32_t>(bytes.data()) == kLocalSignature; }

Result<ZipArchive> ZipArchive::read(Span<const uint8_t> bytes, const std::string& where) {
  ZipArchive archive;
  SOTTO_TRY(Reader(bytes, where).read(&archive.members_));
  auto& members = archive.members_;
  std::sort(members.begin(), members.end(), by_name);
  const auto twice =
      std::adjacent_find(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.name == b.name; });
  if (twice != members.end())
    return Status(SOTTO_BAD_FILE, fmt::format("{}: member '{}' is there twice", where, printable(twice->name)));
  return archive;
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  ZipMember wanted;
  wanted.name = name;
  const auto found = std::lower_bound(members_.begin(), members_.end(), wanted, by_name);
  return found != members_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace sotto

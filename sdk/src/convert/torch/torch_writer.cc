#include "convert/torch/torch_writer.h"

#include <libdeflate.h>

#include <cstring>

namespace sotto {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kEntry = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr uint64_t kAlignment = 64, kLocalBytes = 30, kExtraHead = 4;
constexpr uint16_t kVersion64 = 45, kPadding = 0x4246, kZip64 = 1;  // "FB": padding, as PyTorch marks it
constexpr uint32_t kDate = 0x21;  // the first day that the format can say: equal inputs, equal bytes
constexpr uint32_t kIn64 = 0xFFFFFFFF;

template <class T>
void append(std::string* out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out->append(bytes, sizeof value);
}

Span<const uint8_t> bytes_of(const std::string& text) {
  return Span<const uint8_t>(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

uint32_t in_32(uint64_t number) { return number < kIn64 ? static_cast<uint32_t>(number) : kIn64; }

// Version, flags, method, date, checksum, sizes: the same in a member's header and in its entry.
void append_facts(std::string* out, uint32_t crc, uint64_t size, size_t name, size_t extra) {
  append(out, kVersion64);
  append(out, uint16_t{0});
  append(out, uint16_t{0});  // stored
  append(out, kDate << 16);
  append(out, crc);
  append(out, in_32(size));
  append(out, in_32(size));
  append(out, static_cast<uint16_t>(name));
  append(out, static_cast<uint16_t>(extra));
}

std::string sizes_in_64(uint64_t size) {
  std::string extra;
  if (size < kIn64) return extra;
  append(&extra, kZip64);
  append(&extra, uint16_t{16});
  append(&extra, size);
  append(&extra, size);
  return extra;
}

}  // namespace

Status TorchWriter::write(const std::string& bytes) { return file_->write(bytes_of(bytes)); }

Status TorchWriter::write_member(const std::string& name, Span<const uint8_t> bytes) {
  Member m{name, file_->size(), bytes.size(), libdeflate_crc32(libdeflate_crc32(0, nullptr, 0), bytes.data(), bytes.size())};
  std::string extra = sizes_in_64(m.size);
  const uint64_t begin = m.offset + kLocalBytes + name.size() + extra.size() + kExtraHead;
  const uint64_t padding = (kAlignment - begin % kAlignment) % kAlignment;
  append(&extra, kPadding);
  append(&extra, static_cast<uint16_t>(padding));
  extra.append(padding, 'Z');
  std::string header;
  append(&header, kLocal);
  append_facts(&header, m.crc, m.size, name.size(), extra.size());
  members_.push_back(m);
  SOTTO_TRY(write(header + name + extra));
  return file_->write(bytes);
}

Status TorchWriter::write_pickle(const std::string& pickle) {
  SOTTO_TRY(write_member(root_ + "/data.pkl", bytes_of(pickle)));
  return write_member(root_ + "/byteorder", bytes_of("little"));
}

Status TorchWriter::write_storage(std::string_view key, Span<const uint8_t> bytes) {
  return write_member(root_ + "/data/" + std::string(key), bytes);
}

Status TorchWriter::finish() {
  SOTTO_TRY(write_member(root_ + "/version", bytes_of("3\n")));
  const uint64_t begin = file_->size();
  for (const Member& m : members_) {
    std::string extra = sizes_in_64(m.size);
    if (m.offset >= kIn64) {
      if (extra.empty()) {
        append(&extra, kZip64);
        append(&extra, uint16_t{0});
      }
      append(&extra, m.offset);
      const auto field = static_cast<uint16_t>(extra.size() - 4);
      std::memcpy(extra.data() + 2, &field, sizeof field);
    }
    std::string entry;
    append(&entry, kEntry);
    append(&entry, kVersion64);
    append_facts(&entry, m.crc, m.size, m.name.size(), extra.size());
    append(&entry, uint16_t{0});  // comment
    append(&entry, uint16_t{0});  // disk
    append(&entry, uint16_t{0});  // attributes
    append(&entry, uint32_t{0});
    append(&entry, in_32(m.offset));
    SOTTO_TRY(write(entry + m.name + extra));
  }
  const uint64_t end = file_->size(), size = end - begin, count = members_.size();
  std::string tail;
  append(&tail, kEnd64);
  append(&tail, uint64_t{44});
  append(&tail, kVersion64);
  append(&tail, kVersion64);
  append(&tail, uint64_t{0});  // disks
  for (const uint64_t n : {count, count, size, begin}) append(&tail, n);
  append(&tail, kLocator64);
  append(&tail, uint32_t{0});
  append(&tail, end);
  append(&tail, uint32_t{1});
  append(&tail, kEnd);
  append(&tail, uint32_t{0});
  const auto short_count = static_cast<uint16_t>(count < 0xFFFF ? count : 0xFFFF);
  append(&tail, short_count);
  append(&tail, short_count);
  append(&tail, in_32(size));
  append(&tail, in_32(begin));
  append(&tail, uint16_t{0});
  return write(tail);
}

}  // namespace sotto

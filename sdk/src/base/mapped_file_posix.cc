#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/mapped_file.h"

namespace sotto {
namespace {

Status failed(std::string_view what, const std::string& name) {
  return Status(errno == ENOENT ? SOTTO_NOT_FOUND : SOTTO_IO_ERROR, fmt::format("{} {}: {}", what, name, std::strerror(errno)));
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path, uint64_t offset, uint64_t length) {
  // Not blocking: opening a pipe that nobody writes must not hang.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed("opening", path);
  auto file = from_descriptor(fd, path, offset, length);
  ::close(fd);
  return file;
}

Result<MappedFile> MappedFile::from_descriptor(int fd, const std::string& name, uint64_t offset, uint64_t length) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return failed("reading the size of", name);
  if (!S_ISREG(facts.st_mode)) return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{} is not a regular file", name));
  const auto size = static_cast<uint64_t>(facts.st_size);
  if (offset > size || length > size - offset)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("{}: {} bytes from {} were asked for, it has {}", name, length, offset, size));
  if (length == 0) length = size - offset;
  if (length == 0) return Status(SOTTO_BAD_FILE, fmt::format("{} is empty", name));
  const uint64_t page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)), lead = offset % page;
  MappedFile file;
  file.mapped_ = static_cast<size_t>(length + lead);
  void* base = ::mmap(nullptr, file.mapped_, PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(offset - lead));
  if (base == MAP_FAILED) return failed("mapping", name);
  file.base_ = base;
  file.bytes_ = Span<const uint8_t>(static_cast<const uint8_t*>(base) + lead, static_cast<size_t>(length));
  return file;
}

void MappedFile::give_back(Span<const uint8_t> part) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<uintptr_t>(part.data()), end = first + part.size();
  const uintptr_t from = (first + page - 1) / page * page, to = end / page * page;
  if (from < to) (void)::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);  // a hint: failing is harmless
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(mapped_, other.mapped_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (base_) ::munmap(base_, mapped_);
}

}  // namespace sotto

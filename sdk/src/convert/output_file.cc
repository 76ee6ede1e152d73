#include "convert/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sotto {
namespace {

constexpr size_t kPart = 1 << 20;

void sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

Result<OutputFile> OutputFile::create(const std::string& path, bool overwrite) {
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISREG(found.st_mode))
      return Status(SOTTO_INVALID_ARGUMENT, fmt::format("writing {}: it exists and is no plain file: name another", path));
    if (!overwrite)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("writing {}: it exists and is kept: ask for it to be overwritten, or name another", path));
  }
  OutputFile file;
  file.path_ = path;
  file.overwrite_ = overwrite;
  std::string temporary = path + ".part-XXXXXX";
  file.fd_ = mkostemp(temporary.data(), O_CLOEXEC);
  if (file.fd_ < 0) return file.failed("creating a temporary file beside it");
  file.temporary_ = temporary;
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(file.fd_, 0666 & ~mask) != 0) return file.failed("setting its permissions");
  return file;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      pending_(std::move(other.pending_)),
      size_(other.size_),
      fd_(std::exchange(other.fd_, -1)),
      overwrite_(other.overwrite_) {}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Status OutputFile::failed(const char* what) const {
  return Status(SOTTO_IO_ERROR, fmt::format("writing {}: {}: {}", path_, what, std::strerror(errno)));
}

Status OutputFile::write(Span<const uint8_t> bytes) {
  size_ += bytes.size();
  if (pending_.empty() && bytes.size() >= kPart) return put(bytes);
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  return pending_.size() >= kPart ? flush() : Status();
}

Status OutputFile::write_zeros(uint64_t count) {
  size_ += count;
  pending_.resize(pending_.size() + static_cast<size_t>(count));
  return {};
}

Status OutputFile::put(Span<const uint8_t> bytes) const {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t size = ::write(fd_, bytes.data() + done, bytes.size() - done);
    if (size < 0 && errno != EINTR) return failed("writing");
    if (size > 0) done += static_cast<size_t>(size);
  }
  return {};
}

Status OutputFile::flush() {
  SOTTO_TRY(put(pending_));
  pending_.clear();
  return {};
}

Status OutputFile::commit() {
  SOTTO_TRY(flush());
  if (fsync(fd_) != 0) return failed("syncing");
  if (close(std::exchange(fd_, -1)) != 0) return failed("closing");
  // link() never replaces a file that appeared meanwhile; where a file system has no links, rename.
  if (!overwrite_ && link(temporary_.c_str(), path_.c_str()) == 0) {
    unlink(temporary_.c_str());
  } else if (!overwrite_ && errno == EEXIST) {
    return failed("it appeared meanwhile and is kept");
  } else if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return failed("renaming");
  }
  temporary_.clear();
  sync_folder_of(path_);
  return {};
}

}  // namespace sotto

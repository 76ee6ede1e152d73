#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sotto/plugin.hpp"

namespace sotto::journal {
namespace {

using plugin::Failure;

constexpr uint64_t kParts = 8;                        // of max_bytes: a file
constexpr uint64_t kLargestFile = uint64_t{1} << 30;  // a larger one is none of ours
constexpr char kPart[] = ".part";

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  const int error = errno;
  const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw Failure(SOTTO_IO_ERROR, "journal: " + what + " " + path + ": " + std::strerror(error) +
                                    (is_full ? "; make room, nothing that was kept is lost" : ""));
}

// Closed when it goes out of scope.
struct Handle {
  explicit Handle(int d) : fd(d) {}
  ~Handle() {
    if (fd >= 0) close(fd);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  int fd;
};

int open_file(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) fail("opening", path);
  struct stat facts {};
  const bool is_ours = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == geteuid() && facts.st_nlink <= 1;
  if (!is_ours || fchmod(fd, 0600) != 0) {
    close(fd);
    throw Failure(SOTTO_BAD_FILE, "journal: " + path + " is no plain file of this user's own: move it away");
  }
  return fd;
}

uint64_t size_of(int fd, const std::string& path) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) fail("looking at", path);
  return static_cast<uint64_t>(facts.st_size);
}

std::string read_all(int fd, const std::string& path) {
  const uint64_t size = size_of(fd, path);
  if (size > kLargestFile)
    throw Failure(SOTTO_BAD_FILE, "journal: " + path + " has " + std::to_string(size) + " bytes, which none of its files has");
  std::string bytes(static_cast<size_t>(size), '\0');
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t n = pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("reading", path);
    if (n == 0) bytes.resize(at);
    at += static_cast<size_t>(n);
  }
  return bytes;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// Overwrites what a file holds; as far as it succeeds, since the file goes either way.
void wipe(int fd) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) return;
  const std::string zeros(65536, '\0');
  for (off_t at = 0; at < facts.st_size;) {
    const auto left = static_cast<size_t>(facts.st_size - at);
    const ssize_t n = pwrite(fd, zeros.data(), std::min(left, zeros.size()), at);
    if (n <= 0) break;
    at += n;
  }
  fdatasync(fd);
}

}  // namespace

Files::Files(std::string folder, uint64_t max_bytes) : folder_(std::move(folder)), max_bytes_(max_bytes) {
  struct stat facts {};
  if (stat(folder_.c_str(), &facts) != 0) fail("looking at the folder", folder_);
  if (!S_ISDIR(facts.st_mode) || facts.st_uid != geteuid() || (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw Failure(SOTTO_INVALID_ARGUMENT, "journal: " + folder_ + " is no folder that this user alone may write");
  const Handle lock(open_file(folder_ + "/journal.lock", O_RDWR | O_CREAT));
  if (flock(lock.fd, LOCK_EX | LOCK_NB) != 0)
    throw Failure(SOTTO_BUSY, "journal: another journal has the folder " + folder_ + ": close it there first");
  find();
  for (File& file : files_) mend(&file, file.number == files_.back().number);
  if (!files_.empty()) active_ = open_file(path_of(files_.back().number), O_WRONLY | O_APPEND);
  lock_ = dup(lock.fd);  // the lock belongs to what both share
  if (lock_ < 0) {
    if (active_ >= 0) close(active_);
    fail("locking", folder_);
  }
}

Files::~Files() {
  if (active_ >= 0) close(active_);
  close(lock_);
}

std::string Files::path_of(uint32_t number) const {
  char name[32];
  std::snprintf(name, sizeof name, "/journal-%06u.jsonl", number);
  return folder_ + name;
}

void Files::find() {
  DIR* const folder = opendir(folder_.c_str());
  if (folder == nullptr) fail("reading the folder", folder_);
  std::vector<std::string> left_over;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    uint32_t number = 0;
    int end = 0;
    if (std::sscanf(name.c_str(), "journal-%9u.jsonl%n", &number, &end) != 1 || end == 0) continue;
    const std::string rest = name.substr(static_cast<size_t>(end));
    if (rest == kPart) left_over.push_back(folder_ + "/" + name);
    if (rest.empty() && path_of(number) == folder_ + "/" + name) files_.push_back({number, 0, 0});
  }
  closedir(folder);
  for (const std::string& path : left_over) {
    const Handle file(open_file(path, O_WRONLY));
    wipe(file.fd);
    unlink(path.c_str());
  }
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.number < b.number; });
}

void Files::mend(File* file, bool is_last) {
  const std::string path = path_of(file->number);
  const Handle handle(open_file(path, O_RDWR));
  const std::string bytes = read_all(handle.fd, path);
  const size_t end = bytes.rfind('\n') == std::string::npos ? 0 : bytes.rfind('\n') + 1;
  if (is_last && end < bytes.size() && ftruncate(handle.fd, static_cast<off_t>(end)) != 0) fail("mending", path);
  file->bytes = is_last ? end : bytes.size();
  file->rows = static_cast<uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
}

uint64_t Files::rows() const {
  uint64_t sum = 0;
  for (const File& file : files_) sum += file.rows;
  return sum;
}

uint64_t Files::bytes() const {
  uint64_t sum = 0;
  for (const File& file : files_) sum += file.bytes;
  return sum;
}

void Files::start_next() {
  const uint32_t number = files_.empty() ? 1 : files_.back().number + 1;
  const int fd = open_file(path_of(number), O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
  if (active_ >= 0) {
    fdatasync(active_);
    close(active_);
  }
  active_ = fd;
  files_.push_back({number, 0, 0});
}

void Files::append(const std::string& line) {
  if (active_ < 0 || files_.back().bytes + line.size() > std::max<uint64_t>(max_bytes_ / kParts, 1)) {
    if (active_ < 0 || files_.back().bytes > 0) start_next();
  }
  File& file = files_.back();
  if (!write_all(active_, line)) {
    const int error = errno;
    if (ftruncate(active_, static_cast<off_t>(file.bytes)) != 0) fail("taking back half a row of", path_of(file.number));
    errno = error;
    fail("writing", path_of(file.number));
  }
  file.bytes += line.size();
  ++file.rows;
  while (files_.size() > 1 && bytes() > max_bytes_) erase(0);
}

void Files::sync() {
  if (active_ >= 0 && fdatasync(active_) != 0) fail("syncing", path_of(files_.back().number));
}

void Files::erase(size_t index) {
  const std::string path = path_of(files_[index].number);
  const Handle file(open_file(path, O_WRONLY));
  wipe(file.fd);
  if (unlink(path.c_str()) != 0) fail("erasing", path);
  if (index + 1 == files_.size()) {
    close(active_);
    active_ = -1;
    if (index > 0) active_ = open_file(path_of(files_[index - 1].number), O_WRONLY | O_APPEND);
  }
  files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(index));
}

void Files::erase_all() {
  while (!files_.empty()) erase(files_.size() - 1);
}

void Files::filter(const std::function<bool(std::string_view)>& keeps) {
  for (size_t i = files_.size(); i-- > 0;) {
    const std::string path = path_of(files_[i].number);
    const std::string bytes = read_all(Handle(open_file(path, O_RDONLY)).fd, path);
    std::string kept;
    uint64_t rows = 0;
    for (size_t at = 0; at < bytes.size();) {
      const size_t end = std::min(bytes.find('\n', at), bytes.size());
      const std::string_view line = std::string_view(bytes).substr(at, end - at);
      if (keeps(line)) {
        kept.append(line);
        kept += '\n';
        ++rows;
      }
      at = end + 1;
    }
    if (kept.empty())
      erase(i);
    else if (kept.size() != bytes.size())
      rewrite(&files_[i], kept, rows);
  }
}

// The new file stands complete on the disk before it takes the old one's name; then the old bytes are overwritten.
void Files::rewrite(File* file, const std::string& kept, uint64_t rows) {
  const std::string path = path_of(file->number), part = path + kPart;
  const Handle old(open_file(path, O_WRONLY));
  {
    const Handle made(open_file(part, O_WRONLY | O_CREAT | O_TRUNC));
    if (!write_all(made.fd, kept) || fsync(made.fd) != 0) {
      const int error = errno;
      unlink(part.c_str());
      errno = error;
      fail("writing", part);
    }
  }
  if (rename(part.c_str(), path.c_str()) != 0) fail("renaming", part);
  wipe(old.fd);
  file->bytes = kept.size();
  file->rows = rows;
  if (file->number != files_.back().number) return;
  close(active_);
  active_ = -1;
  active_ = open_file(path, O_WRONLY | O_APPEND);
}

}  // namespace sotto::journal

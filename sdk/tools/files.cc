#include "files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "sotto/sotto.hpp"

namespace sotto::tools {
namespace {

struct Close {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

[[noreturn]] void fail_to_read(const std::string& path) {
  throw Error(errno == ENOENT ? SOTTO_NOT_FOUND : SOTTO_IO_ERROR,
              fmt::format("reading {}: {}", path == "-" ? "standard input" : path, std::strerror(errno)).c_str());
}

}  // namespace

std::string read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, Close> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (file == nullptr) fail_to_read(path);
  std::string text;
  char part[1 << 16];
  while (const size_t size = std::fread(part, 1, sizeof part, file.get())) text.append(part, size);
  if (std::ferror(file.get()) != 0) fail_to_read(path);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

OutputFile::OutputFile(std::string path, bool force) : path_(std::move(path)), force_(force) {
  struct stat found {};
  if (lstat(path_.c_str(), &found) == 0) {
    if (!S_ISREG(found.st_mode))
      throw Error(SOTTO_INVALID_ARGUMENT,
                  fmt::format("writing {}: it exists and is no plain file: name another", path_).c_str());
    if (!force_)
      throw Error(SOTTO_INVALID_ARGUMENT,
                  fmt::format("writing {}: it exists and is kept: give --force to replace it", path_).c_str());
  }
  temporary_ = path_ + ".part-XXXXXX";
  fd_ = mkostemp(temporary_.data(), O_CLOEXEC);
  if (fd_ < 0) {
    temporary_.clear();
    fail("creating a temporary file beside it");
  }
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd_, 0666 & ~mask) != 0) fail("setting its permissions");
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::fail(const char* what) const {
  throw Error(SOTTO_IO_ERROR, fmt::format("writing {}: {}: {}", path_, what, std::strerror(errno)).c_str());
}

void OutputFile::write(std::string_view bytes) {
  constexpr size_t kPart = 1 << 20;
  pending_.append(bytes);
  if (pending_.size() >= kPart) flush();
}

void OutputFile::flush() {
  std::string_view left = pending_;
  while (!left.empty()) {
    const ssize_t size = ::write(fd_, left.data(), left.size());
    if (size < 0 && errno != EINTR) fail("writing");
    if (size > 0) left.remove_prefix(static_cast<size_t>(size));
  }
  pending_.clear();
}

void OutputFile::commit() {
  flush();
  if (fsync(fd_) != 0) fail("syncing");
  const int closed = close(std::exchange(fd_, -1));
  if (closed != 0) fail("closing");
  // link() never replaces a file that appeared meanwhile; where a file system has no links, rename.
  if (!force_ && link(temporary_.c_str(), path_.c_str()) == 0) {
    unlink(temporary_.c_str());
  } else if (!force_ && errno == EEXIST) {
    fail("it appeared meanwhile and is kept, give --force to replace it");
  } else if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail("renaming");
  }
  temporary_.clear();
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  const int folder_fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_fd >= 0) {
    fsync(folder_fd);
    close(folder_fd);
  }
}

}  // namespace sotto::tools

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "host/library_file.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

#if defined(__APPLE__)
constexpr std::string_view kSuffix = ".dylib";
#else
constexpr std::string_view kSuffix = ".so";
#endif

struct Closing {
  int fd;
  ~Closing() {
    if (fd >= 0) ::close(fd);
  }
};

struct OpenFolder {
  DIR* folder;
  ~OpenFolder() {
    if (folder) ::closedir(folder);
  }
};

Status os_failure(const std::string& path, int error) {
  const sotto_status code = error == ENOENT || error == ENOTDIR ? SOTTO_NOT_FOUND : SOTTO_IO_ERROR;
  return Status(code, fmt::format("{}: {}", path, std::strerror(error)));
}

Status check_writers(const std::string& path, const char* kind, const struct stat& info) {
  const uid_t self = ::geteuid();
  if (info.st_uid != 0 && info.st_uid != self)
    return Status(SOTTO_REFUSED,
                  fmt::format("{}: the {} belongs to user {}; it must belong to root or to the current user ({})", path, kind,
                              info.st_uid, self));
  const unsigned mode = info.st_mode & 07777u;
  if ((mode & (S_IWGRP | S_IWOTH)) != 0)
    return Status(SOTTO_REFUSED,
                  fmt::format("{}: {} may write the {} (mode {:04o}), so its content cannot be trusted: chmod go-w", path,
                              (mode & S_IWOTH) != 0 ? "everybody" : "its group", kind, mode));
  return Status();
}

Status check_folder(const fs::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return os_failure(folder.string(), errno);
  return check_writers(folder.string(), "folder", info);
}

Status check_open_file(const std::string& path, int fd, struct stat* info) {
  if (::fstat(fd, info) != 0) return os_failure(path, errno);
  if (!S_ISREG(info->st_mode)) return Status(SOTTO_REFUSED, fmt::format("{}: not a regular file", path));
  return check_writers(path, "file", *info);
}

Status check_library(const std::string& path, int fd, const struct stat& info) {
  const Status elf = check_elf(fd, static_cast<uint64_t>(info.st_size));
  return elf.ok() ? elf : elf.within(path);
}

Status check_program(const std::string& path, int, const struct stat&) {
  return ::access(path.c_str(), X_OK) == 0 ? Status() : os_failure(path, errno).within("program");
}

using CheckContent = Status (*)(const std::string& path, int fd, const struct stat& info);

Result<std::string> check_file(const std::string& path, CheckContent check_content) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  if (error) return os_failure(path, error.value());
  const fs::path real = fs::canonical(absolute, error);
  if (error) return os_failure(absolute.string(), error.value());
  const fs::path named_folder = fs::canonical(absolute.parent_path(), error);
  if (error) return os_failure(absolute.string(), error.value());
  SOTTO_TRY(check_folder(named_folder));
  if (real.parent_path() != named_folder) SOTTO_TRY(check_folder(real.parent_path()));
  // O_NONBLOCK: opening a pipe or a device must not wait.
  const Closing file{::open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.fd < 0) return os_failure(real.string(), errno);
  struct stat info {};
  SOTTO_TRY(check_open_file(real.string(), file.fd, &info));
  SOTTO_TRY(check_content(real.string(), file.fd, info));
  return real.string();
}

}  // namespace

Result<std::vector<std::string>> list_libraries(const std::string& folder) {
  std::error_code error;
  const fs::path absolute = fs::absolute(folder, error);
  if (error) return os_failure(folder, error.value());
  // Not std::filesystem: its iterator ends the process where an allocation fails.
  const OpenFolder entries{::opendir(absolute.c_str())};
  if (!entries.folder) return os_failure(absolute.string(), errno).within("plugin folder");
  std::vector<std::string> files;
  errno = 0;
  for (const dirent* entry = nullptr; (entry = ::readdir(entries.folder)) != nullptr; errno = 0) {
    const std::string_view name = entry->d_name;
    if (name.size() > kSuffix.size() && name.substr(name.size() - kSuffix.size()) == kSuffix)
      files.push_back((absolute / entry->d_name).string());
  }
  if (errno != 0) return os_failure(absolute.string(), errno).within("plugin folder");
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> check_library_file(const std::string& path) { return check_file(path, check_library); }

Result<std::string> check_program_file(const std::string& path) { return check_file(path, check_program); }

}  // namespace sotto

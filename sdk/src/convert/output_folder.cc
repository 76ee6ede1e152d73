#include "convert/output_folder.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace sotto {

namespace fs = std::filesystem;

Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? Status(SOTTO_IO_ERROR, fmt::format("creating the folder {}: {}", path, error.message())) : Status();
}

Result<OutputFolder> OutputFolder::create(const std::string& path, bool overwrite) {
  std::error_code error;
  const fs::file_status found = fs::symlink_status(path, error);
  if (fs::exists(found) && !fs::is_directory(found))
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("writing {}: it exists and is no folder: name another", path));
  if (fs::exists(found) && !overwrite && !fs::is_empty(path, error))
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("writing {}: it exists and is kept: ask for it to be overwritten, or name another", path));
  OutputFolder folder;
  folder.path_ = path;
  folder.overwrite_ = overwrite;
  while (folder.path_.size() > 1 && folder.path_.back() == '/') folder.path_.pop_back();
  std::string temporary = folder.path_ + ".part-XXXXXX";
  if (mkdtemp(temporary.data()) == nullptr)
    return Status(SOTTO_IO_ERROR, fmt::format("creating a temporary folder beside {}: {}", path, std::strerror(errno)));
  folder.temporary_ = temporary;
  fs::permissions(temporary, fs::perms(0755), error);
  return folder;
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::exchange(other.temporary_, {})), overwrite_(other.overwrite_) {}

OutputFolder::~OutputFolder() {
  std::error_code unused;
  if (!temporary_.empty()) fs::remove_all(temporary_, unused);
}

// A folder cannot be replaced in one step: the old one steps aside first, and goes when the new one is in place.
Status OutputFolder::commit() {
  std::error_code error;
  const std::string aside = temporary_ + ".old";
  const bool is_replaced = fs::exists(path_, error);
  if (is_replaced) fs::rename(path_, aside, error);
  if (!error) fs::rename(temporary_, path_, error);
  if (error) return Status(SOTTO_IO_ERROR, fmt::format("writing {}: renaming: {}", path_, error.message()));
  temporary_.clear();
  if (is_replaced) fs::remove_all(aside, error);
  return {};
}

}  // namespace sotto

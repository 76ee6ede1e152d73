#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include <fmt/format.h>

#include "host/blob_store.h"

namespace sotto {
namespace {

constexpr size_t kMaxKey = 64;

bool is_key_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

struct File {
  int fd;
  explicit File(int opened) : fd(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
};

Status os_failure(const char* action, const std::string& path, int error) {
  return Status(error == ENOENT ? SOTTO_NOT_FOUND : SOTTO_IO_ERROR,
                fmt::format("cannot {} {}: {}", action, path, std::strerror(error)));
}

Status read_all(int fd, const std::string& path, char* into, uint64_t size) {
  for (uint64_t done = 0; done < size;) {
    const ssize_t got = ::read(fd, into + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_failure("read", path, errno);
    if (got == 0) return Status(SOTTO_IO_ERROR, fmt::format("cannot read {}: it ended after {} of {} bytes", path, done, size));
    done += static_cast<uint64_t>(got);
  }
  return Status();
}

Status write_all(int fd, const std::string& path, const char* bytes, uint64_t size) {
  for (uint64_t done = 0; done < size;) {
    const ssize_t put = ::write(fd, bytes + done, size - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return os_failure("write", path, errno);
    done += static_cast<uint64_t>(put);
  }
  return ::fsync(fd) == 0 ? Status() : os_failure("write", path, errno);
}

// A rename or a removal lasts once the folder itself is on the disk.
Status sync_folder(const std::string& folder) {
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.fd < 0 || ::fsync(opened.fd) != 0) return os_failure("sync", folder, errno);
  return Status();
}

// The C side of the service.
sotto_status answer(const Status& status, sotto_error* err) noexcept {
  if (status.ok() || err == nullptr || err->struct_size < sizeof *err) return status.code();
  err->status = status.code();
  const size_t size = std::min(status.text().size(), sizeof err->text - 1);
  std::memcpy(err->text, status.text().data(), size);
  err->text[size] = '\0';
  return status.code();
}

template <class Body>
sotto_status serve(sotto_error* err, Body&& body) noexcept {
  try {
    return answer(body(), err);
  } catch (const std::exception&) {
    return SOTTO_OUT_OF_MEMORY;
  }
}

Status check_buffer(const void* bytes, uint64_t size) {
  if (bytes != nullptr || size == 0) return Status();
  return Status(SOTTO_INVALID_ARGUMENT, fmt::format("a blob of {} bytes at a NULL pointer", size));
}

std::string_view view(sotto_str text) {
  return text.data == nullptr ? std::string_view() : std::string_view(text.data, static_cast<size_t>(text.size));
}

sotto_status blob_read(void* self, sotto_str key, void* bytes, uint64_t* size, sotto_error* err) {
  return serve(err, [&] { return static_cast<BlobStore*>(self)->read(view(key), bytes, size); });
}
sotto_status blob_write(void* self, sotto_str key, const void* bytes, uint64_t size, sotto_error* err) {
  return serve(err, [&] { return static_cast<BlobStore*>(self)->write(view(key), bytes, size); });
}
sotto_status blob_remove(void* self, sotto_str key, sotto_error* err) {
  return serve(err, [&] { return static_cast<BlobStore*>(self)->remove(view(key)); });
}

constexpr sotto_blob_service kService = {sizeof(sotto_blob_service), 0, blob_read, blob_write, blob_remove};

}  // namespace

sotto_interface BlobStore::service() { return sotto_interface{&kService, this}; }

Result<std::string> BlobStore::path_of(std::string_view key) const {
  const bool known = std::all_of(key.begin(), key.end(), is_key_character);
  if (key.empty() || key.size() > kMaxKey || !known || key == "." || key == "..")
    return Status(
        SOTTO_INVALID_ARGUMENT,
        fmt::format("blob key of {} bytes: a key has 1 to {} of the characters A-Z a-z 0-9 . _ -", key.size(), kMaxKey));
  return fmt::format("{}/{}", folder_, key);
}

Status BlobStore::read(std::string_view key, void* bytes, uint64_t* size) const {
  SOTTO_ASSIGN(const std::string path, path_of(key));
  if (size == nullptr) return Status(SOTTO_INVALID_ARGUMENT, "the pointer for the blob's size is NULL");
  SOTTO_TRY(check_buffer(bytes, *size));
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return os_failure("read", path, errno);
  if (!S_ISREG(info.st_mode)) return Status(SOTTO_IO_ERROR, fmt::format("cannot read {}: not a regular file", path));
  const auto held = static_cast<uint64_t>(info.st_size);
  if (held <= *size) SOTTO_TRY(read_all(file.fd, path, static_cast<char*>(bytes), held));
  *size = held;
  return Status();
}

Status BlobStore::write(std::string_view key, const void* bytes, uint64_t size) {
  SOTTO_ASSIGN(const std::string path, path_of(key));
  SOTTO_TRY(check_buffer(bytes, size));
  const std::lock_guard<std::mutex> lock(mutex_);
  if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) return os_failure("make", folder_, errno);
  // No key has a '~'; the process is part of the name, so that two of them do not write into one file.
  const std::string temporary = fmt::format("{}~{}", path, ::getpid());
  Status written;
  {
    const File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.fd < 0) return os_failure("write", temporary, errno);
    written = write_all(file.fd, temporary, static_cast<const char*>(bytes), size);
  }
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) written = os_failure("replace", path, errno);
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_folder(folder_);
}

Status BlobStore::remove(std::string_view key) {
  SOTTO_ASSIGN(const std::string path, path_of(key));
  if (::unlink(path.c_str()) != 0) return os_failure("remove", path, errno);
  return sync_folder(folder_);
}

}  // namespace sotto

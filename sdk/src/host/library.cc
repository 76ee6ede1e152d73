#include "host/library.h"

#define BOOST_DLL_USE_STD_FS  // no Boost library is linked
#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

namespace sotto {

struct Library::Handle {
  boost::dll::shared_library library;
};

Library::Library(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Library::Library(Library&&) noexcept = default;
Library& Library::operator=(Library&&) noexcept = default;
Library::~Library() = default;

Result<Library> Library::open(const std::string& path) {
  const std::filesystem::path file(path);
  // Boost 1.74 makes "./name" of a bare name: only absolute paths may come here.
  if (!file.is_absolute())
    return Status(SOTTO_INTERNAL, fmt::format("{}: a library is opened by its absolute path only", path));
  auto handle = std::make_unique<Handle>();
  try {
    // Throws where the other overload would lose the loader's sentence.
    handle->library.load(file, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception& e) {
    return Status(SOTTO_REFUSED, fmt::format("{}: the system's loader does not open it: {}", path, e.what()));
  }
  return Library(std::move(handle));
}

const void* Library::symbol(const char* name) const {
  if (!handle_->library.has(name)) return nullptr;
  return &handle_->library.get<const char>(name);
}

}  // namespace sotto

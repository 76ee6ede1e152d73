// library.h: an opened shared library, closed with its owner. The only user of Boost.DLL.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"

namespace sotto {

class Library {
 public:
  // `path` is absolute; nothing is searched. All symbols are bound now and stay private to the library.
  static Result<Library> open(const std::string& path);
  Library(Library&&) noexcept;
  Library& operator=(Library&&) noexcept;
  ~Library();

  // The address of a symbol that the library exports, or NULL.
  const void* symbol(const char* name) const;

 private:
  struct Handle;
  explicit Library(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace sotto

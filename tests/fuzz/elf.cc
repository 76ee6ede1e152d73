// elf.cc: bytes as the file of a plugin, before it is opened as a library.
#include <sys/mman.h>
#include <unistd.h>

#include "host/library_file.h"
#include "target.h"

namespace sotto::fuzz {

FUZZ_TARGET(elf) {
  static const int file = ::memfd_create("plugin", MFD_CLOEXEC);
  FUZZ_CHECK(file >= 0 && ::ftruncate(file, 0) == 0);
  FUZZ_CHECK(::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const Status whole = check_elf(file, size);
  FUZZ_CHECK(whole.ok() || !whole.text().empty());
  // The file may have been cut after its size was asked for.
  FUZZ_CHECK(::ftruncate(file, static_cast<off_t>(size / 2)) == 0);
  const Status cut = check_elf(file, size);
  FUZZ_CHECK(cut.ok() || !cut.text().empty());
}

}  // namespace sotto::fuzz

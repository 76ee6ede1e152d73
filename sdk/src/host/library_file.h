// library_file.h: looks at the file of a plugin before it is opened, so that opening runs no code that others could have
// placed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace sotto {

// Every library of a folder, absolute, by name. A folder that is missing is SOTTO_NOT_FOUND.
Result<std::vector<std::string>> list_libraries(const std::string& folder);

// `path` made absolute with its links followed, after these checks: the file and its folder (that of the link, too) belong to
// root or to the effective user and nobody else may write them; it is a regular file and a whole library for this machine.
Result<std::string> check_library_file(const std::string& path);

// The same for a program that is to be started, but for what it holds: it must be executable.
Result<std::string> check_program_file(const std::string& path);

// The part of the check that reads the ELF header and the program headers. The sentence does not name the file.
Status check_elf(int fd, uint64_t file_size);

}  // namespace sotto

// files.h: the files that the command reads and writes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sotto::tools {

// The whole file; "-" is standard input. Throws sotto::Error.
std::string read_file(const std::string& path);

// The lines of a text that hold anything, without their ends.
std::vector<std::string> lines_of(const std::string& text);

// A result file: written under a temporary name beside it, synced, renamed when all went well, else removed. Throws
// sotto::Error.
class OutputFile {
 public:
  // An existing file is kept unless `force`; anything but a plain file is never replaced.
  OutputFile(std::string path, bool force);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);
  void commit();

 private:
  [[noreturn]] void fail(const char* what) const;
  void flush();

  std::string path_;
  std::string temporary_;
  std::string pending_;
  int fd_ = -1;
  bool force_;
};

}  // namespace sotto::tools

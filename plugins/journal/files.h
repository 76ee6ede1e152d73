// files.h: the files of a journal: appended whole lines, rotated by size, rewritten to forget. Bytes are overwritten before a
// file goes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::journal {

// [one thread]. Throws plugin::Failure; after a failure the files are as they were, or hold less of what was to be erased.
class Files {
 public:
  // Takes the folder for itself, drops a torn last line and what an interrupted rewriting left.
  Files(std::string folder, uint64_t max_bytes);
  ~Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  void append(const std::string& line);  // with its line end; whole or not at all
  void sync();
  // Keeps the lines that `keeps` likes; `line` is without its end.
  void filter(const std::function<bool(std::string_view line)>& keeps);
  void erase_all();

  uint32_t count() const { return static_cast<uint32_t>(files_.size()); }
  uint64_t rows() const;
  uint64_t bytes() const;

 private:
  struct File {
    uint32_t number;
    uint64_t bytes, rows;
  };
  std::string path_of(uint32_t number) const;
  void find();
  void mend(File* file, bool is_last);
  void start_next();
  void erase(size_t index);
  void rewrite(File* file, const std::string& kept, uint64_t rows);

  std::string folder_;
  uint64_t max_bytes_;
  int lock_ = -1;
  int active_ = -1;          // the last of files_, open for appending
  std::vector<File> files_;  // by number
};

}  // namespace sotto::journal

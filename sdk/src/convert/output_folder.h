// output_folder.h: a folder that appears under its name when it is complete, and not before.
#pragma once

#include <string>

#include "base/status.h"

namespace sotto {

Status make_folder(const std::string& path);

// Filled under a temporary name beside its own, renamed by commit(); removed with its content when destroyed before.
class OutputFolder {
 public:
  // An existing one is kept, and that is an error, unless `overwrite`.
  static Result<OutputFolder> create(const std::string& path, bool overwrite);

  OutputFolder(OutputFolder&& other) noexcept;
  OutputFolder& operator=(OutputFolder&&) = delete;
  OutputFolder(const OutputFolder&) = delete;
  ~OutputFolder();

  const std::string& path() const { return temporary_; }  // where to write
  Status commit();

 private:
  OutputFolder() = default;

  std::string path_;
  std::string temporary_;
  bool overwrite_ = false;
};

}  // namespace sotto

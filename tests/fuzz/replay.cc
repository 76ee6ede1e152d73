// replay.cc: runs one fuzz target over files: fuzz_replay TARGET FILE-OR-FOLDER... A finding that came back ends the program.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "target.h"

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& place) {
  if (!fs::is_directory(place)) return {place};
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(place))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  const auto& rows = sotto::fuzz::rows();
  const auto target =
      std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return argc > 2 && std::strcmp(row.name, argv[1]) == 0; });
  if (target == rows.end()) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FILE-OR-FOLDER...\ntargets:");
    for (const auto& row : rows) std::fprintf(stderr, " %s", row.name);
    std::fprintf(stderr, "\n");
    return 2;
  }
  size_t count = 0;
  for (int i = 2; i < argc; ++i) {
    for (const fs::path& file : files_of(argv[i])) {
      std::fprintf(stderr, "%s\n", file.c_str());  // the last line names the file that crashes
      std::ifstream in(file, std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(in), {});
      // A block of its own size: reading past its end is seen by the address sanitizer.
      const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
      target->run(exact.data(), exact.size());
      ++count;
    }
  }
  std::printf("%s: %zu inputs\n", target->name, count);
  return count == 0 ? 1 : 0;
}

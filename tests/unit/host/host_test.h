// host_test.h: what the tests of the host share: a private folder, copies of fixture plugins, a log that is kept.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "host/plugin_host.h"

namespace sotto {

// A new folder that only its owner may write; removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sotto-host-XXXXXX").string();
    path_ = mkdtemp(name.data()) == nullptr ? std::string() : std::filesystem::canonical(name).string();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  std::string put(const std::string& name, const std::string& bytes) const {
    std::ofstream(*this / name, std::ios::binary) << bytes;
    chmod((*this / name).c_str(), 0644);
    return *this / name;
  }
  // A copy of the fixture plugin, under its own or another name.
  std::string add(const std::string& fixture, const std::string& name = "") const {
    return put(name.empty() ? fixture + ".so" : name, fixture_bytes(fixture));
  }
  static std::string fixture_bytes(const std::string& fixture) {
    return read(std::string(SOTTO_HOST_PLUGINS) + "/" + fixture + ".so");
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

 private:
  std::string path_;
};

// Lines of the log in order; hook() goes into HostOptions.
class Lines {
 public:
  Log hook(int32_t level = SOTTO_LOG_DEBUG) { return Log(&Lines::keep, this, level); }
  bool has(const std::string& part) const {
    for (const std::string& line : lines_)
      if (line.find(part) != std::string::npos) return true;
    return false;
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

 private:
  static void keep(void* self, int32_t, sotto_str line) {
    static_cast<Lines*>(self)->lines_.emplace_back(line.data, static_cast<size_t>(line.size));
  }
  std::vector<std::string> lines_;
};

inline std::unique_ptr<PluginHost> load(const HostOptions& options) {
  Result<std::unique_ptr<PluginHost>> host = PluginHost::load(options);
  EXPECT_TRUE(host.ok()) << host.status().text();
  return host.ok() ? host.take() : nullptr;
}

inline HostOptions with_files(std::vector<std::string> files) {
  HostOptions options;
  options.plugin_files = std::move(files);
  return options;
}

// What became of the only plugin named.
inline PluginFact fact_of(const std::string& file) {
  const auto host = load(with_files({file}));
  if (host == nullptr || host->facts().size() != 1) return {};
  return host->facts()[0];
}

// Is the file mapped into this process? Then it was opened as a library.
inline bool is_open(const std::string& path) { return Folder::read("/proc/self/maps").find(path) != std::string::npos; }

}  // namespace sotto

#include "convert/assistant_domain.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/mapped_file.h"

namespace sotto {
namespace {

constexpr size_t kMostBytes = 8 << 20;  // what the reader on the device takes
constexpr const char* kFile = "assistant.json";

}  // namespace

Result<std::string> read_assistant_domain(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::path(folder) / kFile;
  std::error_code unused;
  if (!std::filesystem::exists(path, unused)) return std::string();
  SOTTO_ASSIGN(const MappedFile file, MappedFile::open(path.string(), 0, 0));
  const Span<const uint8_t> bytes = file.bytes();
  if (bytes.size() > kMostBytes)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{} has {} bytes, at most {} are taken into a model", path.string(), bytes.size(), kMostBytes));
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const bool is_domain = json.is_object() && json.contains("format") && json["format"] == "sotto.assistant";
  if (!is_domain)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{} is no domain of an assistant: sotto-train domain writes one; or take it out of the folder",
                              path.string()));
  return text;
}

}  // namespace sotto

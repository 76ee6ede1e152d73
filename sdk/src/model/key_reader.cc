#include "model/key_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace sotto {
namespace {

// Keys behind "<architecture>." that do not change the result.
constexpr std::string_view kHarmless[] = {"tensor_data_layout", "rope.scaling.finetuned", "pooling_type"};

}  // namespace

std::string KeyReader::key(std::string_view name) {
  std::string full = prefix_ + std::string(name);
  asked_.insert(full);
  return full;
}

Status KeyReader::size(std::string_view name, uint64_t most, uint32_t fallback, uint32_t* out) {
  const std::string full = key(name);
  const GgufValue* v = file_.find(full);
  if (!v && fallback == 0) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is missing", full));
  uint64_t n = fallback;
  if (v && v->type == GgufType::kArray) {
    // One number per layer: supported when all are the same.
    SOTTO_ASSIGN(const auto list, file_.integers(full));
    if (list.empty() || std::any_of(list.begin(), list.end(), [&](int64_t x) { return x != list[0]; }))
      return Status(SOTTO_UNSUPPORTED, fmt::format("key '{}' differs from layer to layer, which is not supported", full));
    if (list[0] < 0) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}", full, list[0]));
    n = static_cast<uint64_t>(list[0]);
  } else {
    SOTTO_ASSIGN(n, file_.integer(full, fallback));
  }
  if (n < 1 || n > most) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, expected 1 to {}", full, n, most));
  *out = static_cast<uint32_t>(n);
  return {};
}

Status KeyReader::number(std::string_view name, double fallback, double above, double* out) {
  const std::string full = key(name);
  SOTTO_ASSIGN(*out, file_.real(full, fallback));
  constexpr double kMost = 1e12;
  if (!(*out > above) || !(*out <= kMost))
    return Status(SOTTO_BAD_FILE,
                  fmt::format("key '{}' is {}, expected more than {} and at most {}", full, *out, above, kMost));
  return {};
}

Status KeyReader::refuse_the_rest() const {
  for (const std::string_view k : file_.keys()) {
    if (k.substr(0, prefix_.size()) != prefix_ || asked_.count(std::string(k))) continue;
    const std::string_view name = k.substr(prefix_.size());
    if (std::find(std::begin(kHarmless), std::end(kHarmless), name) != std::end(kHarmless)) continue;
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("key '{}' may change the result and is not known to this version", printable(k)));
  }
  return {};
}

}  // namespace sotto

#include "model/weights.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"

namespace sotto {
namespace {

// Tensors that may stand in a file without a part in the plan: tables that the configuration read, and heads for other uses.
bool is_known_apart(std::string_view name) {
  constexpr std::string_view kHeads = "sotto.head.";
  return name == "rope_freqs.weight" || name.substr(0, kHeads.size()) == kHeads;
}

}  // namespace

const GgufTensor* Weights::take(const char* name, uint64_t rows, uint64_t columns, bool vector) {
  if (!status_.ok()) return nullptr;
  const std::string full = prefix_ + name;
  const GgufTensor* t = file_.tensor(full);
  if (!t) {
    status_ = Status(SOTTO_BAD_FILE, fmt::format("tensor '{}' is missing", full));
    return nullptr;
  }
  if (t->rows != rows || t->columns != columns || t->dimensions > 2) {
    status_ = Status(SOTTO_BAD_FILE, fmt::format("tensor '{}' is {} x {} in {} dimensions, expected {} x {}", full, t->rows,
                                                 t->columns, t->dimensions, rows, columns));
    return nullptr;
  }
  if (vector && find_weight_type(t->type)->block != 1) {
    status_ = Status(SOTTO_BAD_FILE, fmt::format("tensor '{}' is quantized ({}), expected F32, F16 or BF16", full,
                                                 find_weight_type(t->type)->name));
    return nullptr;
  }
  used_.insert(t->name);
  return t;
}

WeightRef Weights::table(const char* name, uint64_t rows, const std::vector<Range>& slices, uint32_t use) {
  const GgufTensor* t = take(name, rows, config_.hidden, false);
  return t ? plan_.rows(*t, {0, rows}, slices, use) : SOTTO_NONE;
}

WeightRef Weights::rows(const char* name, Range part, uint64_t tensor_rows, const std::vector<Range>& slices) {
  const GgufTensor* t = take(name, tensor_rows, config_.hidden, false);
  return t ? plan_.rows(*t, part, slices, SOTTO_USE_LINEAR) : SOTTO_NONE;
}

WeightRef Weights::columns(const char* name, uint64_t columns, const std::vector<Range>& slices) {
  const GgufTensor* t = take(name, config_.hidden, columns, false);
  return t ? plan_.columns(*t, slices) : SOTTO_NONE;
}

WeightRef Weights::vector(const char* name, uint64_t columns) {
  const GgufTensor* t = take(name, 1, columns, true);
  return t ? plan_.vector(*t, {0, columns}, sharding_.whole(columns)) : SOTTO_NONE;
}

WeightRef Weights::optional_vector(const char* name, uint64_t columns) {
  return has(name) ? vector(name, columns) : SOTTO_NONE;
}

WeightRef Weights::vector(const char* name, Range part, uint64_t columns, const std::vector<Range>& slices) {
  const GgufTensor* t = take(name, 1, columns, true);
  return t ? plan_.vector(*t, part, slices) : SOTTO_NONE;
}

WeightRef Weights::optional_vector(const char* name, Range part, uint64_t columns, const std::vector<Range>& slices) {
  return has(name) ? vector(name, part, columns, slices) : SOTTO_NONE;
}

Status Weights::check_all_used() const {
  for (const GgufTensor& t : file_.tensors())
    if (!used_.count(t.name) && !is_known_apart(t.name))
      return Status(SOTTO_UNSUPPORTED, fmt::format("tensor '{}' has no place in the architecture '{}' as this version knows it",
                                                   printable(t.name), config_.architecture));
  return {};
}

}  // namespace sotto

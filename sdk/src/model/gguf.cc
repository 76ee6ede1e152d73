#include "model/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/printable.h"
#include "sotto/types.h"

namespace sotto {
namespace {

constexpr WeightType kWeightTypes[] = {
    {SOTTO_F32, "F32", 1, 4},       {SOTTO_F16, "F16", 1, 2},       {SOTTO_BF16, "BF16", 1, 2},
    {SOTTO_Q8_0, "Q8_0", 32, 34},   {SOTTO_Q4_0, "Q4_0", 32, 18},   {SOTTO_Q4_1, "Q4_1", 32, 20},
    {SOTTO_Q5_0, "Q5_0", 32, 22},   {SOTTO_Q5_1, "Q5_1", 32, 24},   {SOTTO_Q4_K, "Q4_K", 256, 144},
    {SOTTO_Q5_K, "Q5_K", 256, 176}, {SOTTO_Q6_K, "Q6_K", 256, 210},
};

constexpr const char* kTypeNames[] = {"uint8", "int8", "uint16", "int16",  "uint32", "int32",  "float32",
                                      "bool",  "text", "array",  "uint64", "int64",  "float64"};

const char* name_of(GgufType type) { return kTypeNames[static_cast<uint32_t>(type)]; }

std::string type_of(const GgufValue& v) {
  return v.type == GgufType::kArray ? fmt::format("array of {}", name_of(v.element)) : name_of(v.type);
}

template <class T>
T load(const uint8_t* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// The integer at p; false if the type is none. `too_large`: a uint64 above what int64 holds.
bool load_integer(GgufType type, const uint8_t* p, int64_t* out, bool* too_large) {
  *too_large = false;
  switch (type) {
    case GgufType::kU8:
      return *out = load<uint8_t>(p), true;
    case GgufType::kI8:
      return *out = load<int8_t>(p), true;
    case GgufType::kU16:
      return *out = load<uint16_t>(p), true;
    case GgufType::kI16:
      return *out = load<int16_t>(p), true;
    case GgufType::kU32:
      return *out = load<uint32_t>(p), true;
    case GgufType::kI32:
      return *out = load<int32_t>(p), true;
    case GgufType::kI64:
      return *out = load<int64_t>(p), true;
    case GgufType::kU64:
      *too_large = load<uint64_t>(p) > static_cast<uint64_t>(INT64_MAX);
      return *out = static_cast<int64_t>(load<uint64_t>(p)), true;
    case GgufType::kF32:
    case GgufType::kBool:
    case GgufType::kText:
    case GgufType::kArray:
    case GgufType::kF64:
      return false;
  }
  return false;
}

Status mismatch(std::string_view key, const GgufValue& v, std::string_view wanted) {
  return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is of type {}, expected {}", printable(key), type_of(v), wanted));
}

Status check_count(std::string_view key, const GgufValue& v) {
  if (v.count <= Gguf::kMaxElements) return {};
  return Status(SOTTO_BAD_FILE,
                fmt::format("key '{}' has {} elements, expected at most {}", printable(key), v.count, Gguf::kMaxElements));
}

std::string_view as_text(Span<const uint8_t> bytes) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

const WeightType* find_weight_type(uint32_t type) {
  const auto* row =
      std::find_if(std::begin(kWeightTypes), std::end(kWeightTypes), [&](const WeightType& t) { return t.type == type; });
  return row == std::end(kWeightTypes) ? nullptr : row;
}

const GgufTensor* Gguf::tensor(std::string_view name) const {
  const auto found = tensor_index_.find(name);
  return found == tensor_index_.end() ? nullptr : &tensors_[found->second];
}

const GgufValue* Gguf::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

Result<uint64_t> Gguf::integer(std::string_view key, uint64_t fallback) const {
  const GgufValue* v = find(key);
  if (!v) return fallback;
  int64_t n = 0;
  bool too_large = false;
  if (!load_integer(v->type, v->bytes.data(), &n, &too_large)) return mismatch(key, *v, "an integer");
  if (n < 0 && !too_large) return Status(SOTTO_BAD_FILE, fmt::format("key '{}' is {}, expected 0 or more", key, n));
  return static_cast<uint64_t>(n);
}

Result<double> Gguf::real(std::string_view key, double fallback) const {
  const GgufValue* v = find(key);
  if (!v) return fallback;
  if (v->type == GgufType::kF32) return static_cast<double>(load<float>(v->bytes.data()));
  if (v->type == GgufType::kF64) return load<double>(v->bytes.data());
  return mismatch(key, *v, "a real number");
}

Result<bool> Gguf::boolean(std::string_view key, bool fallback) const {
  const GgufValue* v = find(key);
  if (!v) return fallback;
  if (v->type != GgufType::kBool) return mismatch(key, *v, "a truth value");
  return v->bytes[0] != 0;
}

Result<std::string_view> Gguf::text(std::string_view key, std::string_view fallback) const {
  const GgufValue* v = find(key);
  if (!v) return fallback;
  if (v->type != GgufType::kText) return mismatch(key, *v, "text");
  return as_text(v->bytes);
}

Result<std::vector<std::string_view>> Gguf::texts(std::string_view key) const {
  std::vector<std::string_view> list;
  const GgufValue* v = find(key);
  if (!v) return list;
  if (v->type != GgufType::kArray || v->element != GgufType::kText) return mismatch(key, *v, "an array of texts");
  SOTTO_TRY(check_count(key, *v));
  list.reserve(static_cast<size_t>(v->count));
  const uint8_t* p = v->bytes.data();
  for (uint64_t i = 0; i < v->count; ++i) {
    const auto length = load<uint64_t>(p);
    list.emplace_back(reinterpret_cast<const char*>(p) + 8, static_cast<size_t>(length));
    p += 8 + length;
  }
  return list;
}

Result<std::vector<float>> Gguf::reals(std::string_view key) const {
  std::vector<float> list;
  const GgufValue* v = find(key);
  if (!v) return list;
  if (v->type != GgufType::kArray || v->element != GgufType::kF32) return mismatch(key, *v, "an array of float32");
  SOTTO_TRY(check_count(key, *v));
  list.resize(static_cast<size_t>(v->count));
  if (!list.empty()) std::memcpy(list.data(), v->bytes.data(), v->bytes.size());
  return list;
}

Result<std::vector<int64_t>> Gguf::integers(std::string_view key) const {
  std::vector<int64_t> list;
  const GgufValue* v = find(key);
  if (!v) return list;
  int64_t n = 0;
  bool too_large = false;
  if (v->type != GgufType::kArray || (v->count > 0 && !load_integer(v->element, v->bytes.data(), &n, &too_large)))
    return mismatch(key, *v, "an array of integers");
  SOTTO_TRY(check_count(key, *v));
  list.reserve(static_cast<size_t>(v->count));
  const size_t each = v->count ? v->bytes.size() / static_cast<size_t>(v->count) : 0;
  for (uint64_t i = 0; i < v->count; ++i) {
    load_integer(v->element, v->bytes.data() + i * each, &n, &too_large);
    if (too_large) return Status(SOTTO_BAD_FILE, fmt::format("key '{}': element {} is too large", key, i));
    list.push_back(n);
  }
  return list;
}

Result<Span<const uint8_t>> Gguf::raw_bytes(std::string_view key) const {
  const GgufValue* v = find(key);
  if (!v) return Span<const uint8_t>();
  if (v->type != GgufType::kArray || (v->element != GgufType::kU8 && v->element != GgufType::kI8))
    return mismatch(key, *v, "an array of bytes");
  return v->bytes;
}

namespace {

std::string describe_scalar(GgufType type, const uint8_t* p) {
  int64_t n = 0;
  bool too_large = false;
  if (load_integer(type, p, &n, &too_large))
    return too_large ? fmt::format("{}", static_cast<uint64_t>(n)) : fmt::format("{}", n);
  if (type == GgufType::kBool) return *p ? "true" : "false";
  return type == GgufType::kF32 ? fmt::format("{}", load<float>(p)) : fmt::format("{}", load<double>(p));
}

}  // namespace

std::string Gguf::describe(const GgufValue& v) const {
  if (v.type == GgufType::kText) return std::string(as_text(v.bytes));
  if (v.type != GgufType::kArray) return describe_scalar(v.type, v.bytes.data());
  constexpr uint64_t kShown = 16;
  std::string out = "[";
  const uint8_t* p = v.bytes.data();
  for (uint64_t i = 0; i < std::min(v.count, kShown); ++i) {
    if (i) out += ", ";
    if (v.element == GgufType::kText) {
      const auto length = load<uint64_t>(p);
      out.append(reinterpret_cast<const char*>(p) + 8, static_cast<size_t>(length));
      p += 8 + length;
    } else {
      out += describe_scalar(v.element, p);
      p += v.bytes.size() / v.count;
    }
  }
  return out + (v.count > kShown ? fmt::format(", ... {} in all]", v.count) : "]");
}

}  // namespace sotto

// The C functions of values.h, and their table for plugins.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "api/values_service.h"
#include "border/guard.h"
#include "border/options.h"
#include "text/values/agree.h"
#include "text/values/parser.h"

namespace sotto {
namespace {

constexpr int64_t kLastClock = 250000000000000;  // ms: the year 9892, far enough from the last that dates are written in
constexpr int32_t kMostOffset = 1080;            // minutes
constexpr uint32_t kLastKind = SOTTO_VALUE_PHONE;

Result<sotto_values_options> read_values_options(const sotto_values_options* options) {
  SOTTO_ASSIGN(const auto o, read_options("sotto_values_options", options));
  if (o.language > SOTTO_VALUES_EN)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_values_options.language is {}: 0 to {} are known", o.language, SOTTO_VALUES_EN));
  if (o.now_unix_ms < 0 || o.now_unix_ms > kLastClock)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("sotto_values_options.now_unix_ms is {}: 0 (no clock) to {} are possible",
                                                      o.now_unix_ms, kLastClock));
  if (o.utc_offset_minutes < -kMostOffset || o.utc_offset_minutes > kMostOffset)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("sotto_values_options.utc_offset_minutes is {}: -{} to {} are possible",
                                                      o.utc_offset_minutes, kMostOffset, kMostOffset));
  if (o.expect > kLastKind)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_values_options.expect is {}: kinds 1 to {} are known", o.expect, kLastKind));
  if ((o.kinds & 1u) != 0 || o.kinds >> (kLastKind + 1) != 0)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_values_options.kinds is {:#x}: bits 1 to {} are known", o.kinds, kLastKind));
  if (o.reserved != 0)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_values_options.reserved is {}, it must be 0", o.reserved));
  return o;
}

// The caller's array of values.
struct Array {
  sotto_value* values;
  uint32_t stride;
  uint64_t capacity;
};

Status check(const Array& array, const uint64_t* count) {
  SOTTO_TRY(check_given("the pointer for the count of values", count));
  if (array.capacity == 0) return {};
  SOTTO_TRY(check_given("the array of values", array.values));
  if (array.stride < sizeof(sotto_value) || array.stride > kMaxStructSize || array.stride % alignof(sotto_value) != 0)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("a stride of {} bytes: give sizeof(sotto_value), here {}", array.stride, sizeof(sotto_value)));
  if (array.capacity > PTRDIFF_MAX / array.stride)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("a capacity of {} values is not possible", array.capacity));
  return {};
}

void fill(std::string_view text, const sotto_values_options& options, const Array& array, uint64_t* count) {
  uint64_t found = 0;
  bool is_full = false;
  values::parse(text, options, [&](const sotto_value* readings, uint32_t readings_count) {
    is_full = is_full || readings_count > array.capacity - std::min(found, array.capacity);
    for (uint32_t i = 0; i < readings_count && !is_full; ++i)
      std::memcpy(reinterpret_cast<char*>(array.values) + (found + i) * array.stride, &readings[i], sizeof(sotto_value));
    found += readings_count;
  });
  *count = found;
}

Status parse(sotto_str text, const sotto_values_options* options, const Array& array, uint64_t* count) {
  SOTTO_ASSIGN(const auto o, read_values_options(options));
  SOTTO_TRY(check(array, count));
  SOTTO_ASSIGN(const std::string_view view, read_text("text", text));
  fill(view, o, array, count);
  return {};
}

Status print(const sotto_value* value, char* buffer, uint64_t capacity, uint64_t* size) {
  SOTTO_TRY(check_given("the value", value));
  if (value->struct_size < sizeof(sotto_value))
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("sotto_value.struct_size is {}: set it to sizeof(sotto_value), here {}",
                                                      value->struct_size, sizeof(sotto_value)));
  SOTTO_ASSIGN(const auto copy, read_options("sotto_value", value));
  const std::string out = values::print(copy);
  return write_items(out.data(), out.size(), buffer, capacity, size);
}

// Hypotheses lie a stride apart; each may be larger than this library knows.
Status read_hypotheses(const sotto_hypothesis* first, uint32_t stride, uint32_t count, values::Hypothesis* out) {
  if (count == 0 || count > SOTTO_HYPOTHESES_MAX)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("{} hypotheses: 1 to {} are possible; leave the least likely out", count, SOTTO_HYPOTHESES_MAX));
  SOTTO_TRY(check_given("the hypotheses", first));
  if (stride < sizeof(sotto_hypothesis) || stride > kMaxStructSize || stride % alignof(sotto_hypothesis) != 0)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("hypotheses {} bytes apart: give sizeof(sotto_hypothesis), here {}",
                                                      stride, sizeof(sotto_hypothesis)));
  for (uint32_t i = 0; i < count; ++i) {
    const auto* at = reinterpret_cast<const sotto_hypothesis*>(reinterpret_cast<const char*>(first) + size_t{i} * stride);
    if (at->struct_size > stride)
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("hypothesis {}: a struct_size of {}, but they lie {} bytes apart", i, at->struct_size, stride));
    SOTTO_ASSIGN(const auto h, read_options("sotto_hypothesis", at));
    if (!std::isfinite(h.score))
      return Status(SOTTO_INVALID_ARGUMENT, fmt::format("hypothesis {}: its score is not finite", i));
    SOTTO_ASSIGN(out[i].text, read_text("the hypothesis' text", h.text));
    out[i].score = static_cast<double>(h.score);
  }
  return {};
}

Status agree(const sotto_hypothesis* first, uint32_t hypothesis_stride, uint32_t hypothesis_count,
             const sotto_values_options* options, sotto_agreement* agreement, const Array& array, uint64_t* count) {
  SOTTO_ASSIGN(const auto o, read_values_options(options));
  SOTTO_TRY(check(array, count));
  values::Hypothesis hypotheses[SOTTO_HYPOTHESES_MAX];
  SOTTO_TRY(read_hypotheses(first, hypothesis_stride, hypothesis_count, hypotheses));
  const values::Agreement found = values::agree({hypotheses, hypothesis_count}, o);
  sotto_agreement out{};
  out.hypothesis = found.hypothesis;
  out.share = static_cast<float>(found.share);
  SOTTO_TRY(write_out("sotto_agreement", out, agreement));
  fill(hypotheses[found.hypothesis].text, o, array, count);
  return {};
}

constexpr sotto_values_service kService = {sizeof(sotto_values_service), 0, sotto_values_parse, sotto_value_print,
                                           sotto_values_agree};

}  // namespace

sotto_interface values_service() { return {&kService, nullptr}; }

}  // namespace sotto

sotto_status sotto_values_parse(sotto_str text, const sotto_values_options* options, sotto_value* values, uint32_t stride,
                                uint64_t capacity, uint64_t* count, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::parse(text, options, {values, stride, capacity}, count); });
}

sotto_status sotto_value_print(const sotto_value* value, char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::print(value, buffer, capacity, size); });
}

sotto_status sotto_values_agree(const sotto_hypothesis* hypotheses, uint32_t hypothesis_stride, uint32_t hypothesis_count,
                                const sotto_values_options* options, sotto_agreement* agreement, sotto_value* values,
                                uint32_t stride, uint64_t capacity, uint64_t* count, sotto_error* err) {
  return sotto::guard(err, [&] {
    return sotto::agree(hypotheses, hypothesis_stride, hypothesis_count, options, agreement, {values, stride, capacity}, count);
  });
}

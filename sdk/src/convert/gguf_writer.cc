#include "convert/gguf_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace sotto {
namespace {

constexpr uint64_t kAlignment = 32;  // GGUF's own default
constexpr uint32_t kVersion = 3;

uint64_t padding(uint64_t bytes) { return (kAlignment - bytes % kAlignment) % kAlignment; }

template <class T>
void append(std::string* out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out->append(bytes, sizeof value);
}

void append_text(std::string* out, std::string_view text) {
  append(out, uint64_t{text.size()});
  out->append(text);
}

std::string typed(GgufType type) {
  std::string value;
  append(&value, static_cast<uint32_t>(type));
  return value;
}

template <class T>
std::string scalar(GgufType type, T content) {
  std::string value = typed(type);
  append(&value, content);
  return value;
}

std::string array(GgufType element, uint64_t count) {
  std::string value = typed(GgufType::kArray);
  append(&value, static_cast<uint32_t>(element));
  append(&value, count);
  return value;
}

template <class T>
std::string numbers(GgufType element, const std::vector<T>& values) {
  std::string value = array(element, values.size());
  value.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  return value;
}

Span<const uint8_t> bytes_of(const std::string& text) {
  return Span<const uint8_t>(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

}  // namespace

std::string& GgufWriter::value_of(std::string_view key) {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.name == key; });
  if (found != keys_.end()) return found->value;
  keys_.push_back({std::string(key), {}});
  return keys_.back().value;
}

void GgufWriter::put_u32(std::string_view key, uint32_t value) { value_of(key) = scalar(GgufType::kU32, value); }
void GgufWriter::put_u64(std::string_view key, uint64_t value) { value_of(key) = scalar(GgufType::kU64, value); }
void GgufWriter::put_f32(std::string_view key, double value) {
  value_of(key) = scalar(GgufType::kF32, static_cast<float>(value));
}
void GgufWriter::put_bool(std::string_view key, bool value) { value_of(key) = scalar(GgufType::kBool, uint8_t{value}); }

void GgufWriter::put_text(std::string_view key, std::string_view value) {
  std::string& stored = value_of(key);
  stored = typed(GgufType::kText);
  append_text(&stored, value);
}

void GgufWriter::put_texts(std::string_view key, const std::vector<std::string>& values) {
  std::string& stored = value_of(key);
  stored = array(GgufType::kText, values.size());
  for (const std::string& value : values) append_text(&stored, value);
}

void GgufWriter::put_i32s(std::string_view key, const std::vector<int32_t>& values) {
  value_of(key) = numbers(GgufType::kI32, values);
}
void GgufWriter::put_f32s(std::string_view key, const std::vector<float>& values) {
  value_of(key) = numbers(GgufType::kF32, values);
}
void GgufWriter::put_bytes(std::string_view key, std::string_view bytes) {
  value_of(key) = array(GgufType::kU8, bytes.size()).append(bytes);
}

void GgufWriter::put_value(std::string_view key, const GgufValue& value) {
  std::string& stored = value_of(key);
  stored = value.type == GgufType::kArray ? array(value.element, value.count) : typed(value.type);
  if (value.type == GgufType::kText) append(&stored, uint64_t{value.bytes.size()});
  stored.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

void GgufWriter::remove(std::string_view key) {
  keys_.erase(std::remove_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.name == key; }), keys_.end());
}

void GgufWriter::add_tensor(std::string_view name, uint32_t type, uint64_t columns, uint64_t rows) {
  const WeightType& t = *find_weight_type(type);
  const uint64_t bytes = columns / t.block * t.bytes * std::max<uint64_t>(rows, 1);
  tensors_.push_back({std::string(name), type, columns, rows, bytes});
  tensor_bytes_ += bytes + padding(bytes);
}

Status GgufWriter::begin(OutputFile* file) {
  std::string head = "GGUF";
  append(&head, kVersion);
  append(&head, uint64_t{tensors_.size()});
  append(&head, uint64_t{keys_.size()});
  for (const Key& key : keys_) {
    append_text(&head, key.name);
    head += key.value;
  }
  uint64_t offset = 0;
  for (const Tensor& t : tensors_) {
    append_text(&head, t.name);
    append(&head, uint32_t{t.rows == 0 ? 1U : 2U});
    append(&head, t.columns);
    if (t.rows != 0) append(&head, t.rows);
    append(&head, t.type);
    append(&head, offset);
    offset += t.bytes + padding(t.bytes);
  }
  file_ = file;
  SOTTO_TRY(file->write(bytes_of(head)));
  return file->write_zeros(padding(head.size()));
}

Status GgufWriter::write_tensor(Span<const uint8_t> bytes) {
  const Tensor& t = tensors_[next_++];
  if (bytes.size() != t.bytes)
    return Status(SOTTO_INTERNAL, fmt::format("tensor '{}': {} bytes were made, {} announced", t.name, bytes.size(), t.bytes));
  SOTTO_TRY(file_->write(bytes));
  return file_->write_zeros(padding(t.bytes));
}

}  // namespace sotto

#include "unit/model/raw_gguf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "model/gguf.h"

namespace sotto {
namespace {

struct Reader {
  const std::string& bytes;
  size_t at = 0;

  template <class T>
  T number() {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    at += sizeof value;
    return value;
  }
  std::string take(size_t count) {
    at += count;
    return bytes.substr(at - count, count);
  }
  std::string text() { return take(number<uint64_t>()); }
};

constexpr size_t kSizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

std::string value_of(Reader& r, uint32_t type) {
  const size_t start = r.at;
  if (type == 8) {
    r.text();
  } else if (type == 9) {
    const auto element = r.number<uint32_t>();
    const auto count = r.number<uint64_t>();
    for (uint64_t i = 0; i < count; ++i) value_of(r, element);
  } else {
    r.take(kSizes[type]);
  }
  return r.bytes.substr(start, r.at - start);
}

}  // namespace

RawGguf RawGguf::parse(const std::string& file) {
  RawGguf g;
  Reader r{file};
  g.magic = r.take(4);
  g.version = r.number<uint32_t>();
  const auto tensors = r.number<uint64_t>(), keys = r.number<uint64_t>();
  for (uint64_t i = 0; i < keys; ++i) {
    RawKey k;
    k.name = r.text();
    k.type = r.number<uint32_t>();
    k.value = value_of(r, k.type);
    g.keys.push_back(k);
  }
  for (uint64_t i = 0; i < tensors; ++i) {
    RawTensor t;
    t.name = r.text();
    t.dims.resize(r.number<uint32_t>());
    for (uint64_t& d : t.dims) d = r.number<uint64_t>();
    t.type = r.number<uint32_t>();
    t.offset = r.number<uint64_t>();
    g.tensors.push_back(t);
  }
  const size_t start = (r.at + g.alignment - 1) / g.alignment * g.alignment;
  if (start < file.size()) g.data = file.substr(start);
  return g;
}

std::string RawGguf::write() const {
  std::string out = magic + raw(version) + raw(tensor_count.value_or(tensors.size())) + raw(key_count.value_or(keys.size()));
  for (const RawKey& k : keys) out += raw(k.name_length.value_or(k.name.size())) + k.name + raw(k.type) + k.value;
  for (const RawTensor& t : tensors) {
    out += raw(t.name_length.value_or(t.name.size())) + t.name;
    out += raw(t.dim_count.value_or(static_cast<uint32_t>(t.dims.size())));
    for (const uint64_t d : t.dims) out += raw(d);
    out += raw(t.type) + raw(t.offset);
  }
  out.resize((out.size() + alignment - 1) / alignment * alignment);
  return out + data;
}

RawKey& RawGguf::key(std::string_view name) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const RawKey& k) { return k.name == name; });
  if (found != keys.end()) return *found;
  ADD_FAILURE() << "no key " << name;
  return keys.front();
}

RawTensor& RawGguf::tensor(std::string_view name) {
  const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const RawTensor& t) { return t.name == name; });
  if (found != tensors.end()) return *found;
  ADD_FAILURE() << "no tensor " << name;
  return tensors.front();
}

void RawGguf::remove_key(std::string_view name) {
  key(name);
  keys.erase(std::remove_if(keys.begin(), keys.end(), [&](const RawKey& k) { return k.name == name; }), keys.end());
}

void RawGguf::lay_out() {
  uint64_t at = 0;
  for (RawTensor& t : tensors) {
    t.offset = at;
    const WeightType* type = find_weight_type(t.type);
    uint64_t count = 1;
    for (const uint64_t d : t.dims) count *= d;
    at = (at + count / type->block * type->bytes + alignment - 1) / alignment * alignment;
  }
  data.resize(at);
}

std::string raw_text(std::string_view text) { return raw(uint64_t{text.size()}) + std::string(text); }

std::string raw_array(uint32_t type, uint64_t count, std::string_view elements) {
  return raw(type) + raw(count) + std::string(elements);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string fixture(const std::string& name) { return read_file(std::string(SOTTO_FIXTURES) + "/" + name); }

}  // namespace sotto

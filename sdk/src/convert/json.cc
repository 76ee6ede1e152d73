#include "convert/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/mapped_file.h"
#include "base/printable.h"

namespace sotto {
namespace {

constexpr size_t kMaxDepth = 64;
constexpr uint64_t kLargestFile = uint64_t{256} << 20;

// Builds values while the library's parser reads; its own tree would keep the last of two equal keys and say nothing.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Json()); }
  bool boolean(bool b) override {
    Json v;
    v.kind = Json::Kind::kBool;
    v.truth = b;
    return add(std::move(v));
  }
  bool number_integer(number_integer_t i) override {
    Json v;
    v.kind = Json::Kind::kInteger;
    v.integer = i;
    v.real = static_cast<double>(i);
    return add(std::move(v));
  }
  bool number_unsigned(number_unsigned_t u) override {
    if (u <= INT64_MAX) return number_integer(static_cast<int64_t>(u));
    return number_float(static_cast<double>(u), "");
  }
  bool number_float(number_float_t d, const string_t&) override {
    Json v;
    v.kind = Json::Kind::kReal;
    v.real = d;
    return add(std::move(v));
  }
  bool string(string_t& s) override {
    Json v;
    v.kind = Json::Kind::kText;
    v.text = std::move(s);
    return add(std::move(v));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Json::Kind::kObject); }
  bool start_array(size_t) override { return open(Json::Kind::kList); }
  bool end_object() override { return has_distinct_keys(open_.back().value) && close(); }
  bool end_array() override { return close(); }
  bool key(string_t& k) override {
    open_.back().key = std::move(k);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return fail(fmt::format("it is no JSON at byte {}", position));
  }

  const std::string& fault() const { return fault_; }
  Json take() { return std::move(result_); }

 private:
  struct Open {
    Json value;
    std::string key;
  };

  bool fail(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
    return false;
  }
  bool open(Json::Kind kind) {
    if (open_.size() >= kMaxDepth) return fail(fmt::format("it is nested deeper than {}", kMaxDepth));
    open_.emplace_back();
    open_.back().value.kind = kind;
    return true;
  }
  bool has_distinct_keys(const Json& object) {
    std::vector<std::string_view> keys;
    keys.reserve(object.pairs.size());
    for (const auto& [k, v] : object.pairs) keys.push_back(k);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    return twice == keys.end() || fail(fmt::format("the key '{}' stands in it twice", printable(*twice)));
  }
  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }
  bool add(Json v) {
    if (open_.empty())
      result_ = std::move(v);
    else if (open_.back().value.is_object())
      open_.back().value.pairs.emplace_back(std::move(open_.back().key), std::move(v));
    else
      open_.back().value.items.push_back(std::move(v));
    return true;
  }

  std::vector<Open> open_;
  Json result_;
  std::string fault_;
};

Result<MappedFile> open_bounded(const std::string& path) {
  SOTTO_ASSIGN(MappedFile file, MappedFile::open(path, 0, 0));
  if (file.bytes().size() > kLargestFile)
    return Status(SOTTO_BAD_FILE, fmt::format("{} has {} bytes, expected at most {}", path, file.bytes().size(), kLargestFile));
  return file;
}

std::string_view view(const MappedFile& file) {
  return std::string_view(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
}

}  // namespace

const Json* Json::find(std::string_view key) const {
  const auto at = std::find_if(pairs.begin(), pairs.end(), [&](const auto& p) { return p.first == key; });
  return at == pairs.end() || at->second.is_null() ? nullptr : &at->second;
}

bool Json::has(std::string_view key) const {
  return std::any_of(pairs.begin(), pairs.end(), [&](const auto& p) { return p.first == key; });
}

std::string Json::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return truth ? "true" : "false";
    case Kind::kInteger:
      return fmt::format("{}", integer);
    case Kind::kReal:
      return fmt::format("{}", real);
    case Kind::kText:
      return fmt::format("\"{}\"", printable(text).substr(0, 60));
    case Kind::kList:
      return fmt::format("a list of {}", items.size());
    case Kind::kObject:
      return fmt::format("an object of {}", pairs.size());
  }
  return {};
}

Result<Json> parse_json(std::string_view text, const std::string& where) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder) || !builder.fault().empty())
    return Status(SOTTO_BAD_FILE, fmt::format("{}: {}", where, builder.fault().empty() ? "it is no JSON" : builder.fault()));
  return builder.take();
}

Result<Json> read_json(const std::string& path) {
  SOTTO_ASSIGN(const MappedFile file, open_bounded(path));
  return parse_json(view(file), path);
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

Result<std::string> read_text(const std::string& path) {
  SOTTO_ASSIGN(const MappedFile file, open_bounded(path));
  return std::string(view(file));
}

}  // namespace sotto

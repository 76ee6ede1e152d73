// json.h: JSON files of checkpoints as values, for the importer's readers. Strict: nothing after the value, no key twice, no
// deeper nesting than any such file has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sotto {

struct Json {
  enum class Kind : uint8_t { kNull, kBool, kInteger, kReal, kText, kList, kObject };

  Kind kind = Kind::kNull;
  bool truth = false;
  int64_t integer = 0;
  double real = 0;  // of integers too
  std::string text;
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> pairs;  // in the order of the file

  bool is_null() const { return kind == Kind::kNull; }
  bool is_bool() const { return kind == Kind::kBool; }
  bool is_true() const { return kind == Kind::kBool && truth; }
  bool is_integer() const { return kind == Kind::kInteger; }
  bool is_number() const { return kind == Kind::kInteger || kind == Kind::kReal; }
  bool is_text() const { return kind == Kind::kText; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_object() const { return kind == Kind::kObject; }

  // The value under a key; nullptr: there is none, or it is null, or this is no object. Looks through all keys.
  const Json* find(std::string_view key) const;
  bool has(std::string_view key) const;  // null too
  // As a sentence shows it: at most 60 characters.
  std::string describe() const;
};

// `where` stands in messages.
Result<Json> parse_json(std::string_view text, const std::string& where);
// A file of at most 256 MiB.
Result<Json> read_json(const std::string& path);

bool is_file(const std::string& path);
// A whole small file, for texts.
Result<std::string> read_text(const std::string& path);

}  // namespace sotto

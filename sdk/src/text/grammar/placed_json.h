// placed_json.h: JSON values that know where they stand, so that a fault in a schema can be shown. Inside the grammar folder
// only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sotto::grammar {

struct PlacedJson {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kText, kList, kObject };

  Kind kind = Kind::kNull;
  bool truth = false;
  std::string text;  // of a number: as it is written
  std::vector<PlacedJson> items;
  std::vector<std::pair<std::string, PlacedJson>> pairs;  // in order; no key twice
  size_t at = 0;                                          // byte of the source

  const PlacedJson* find(std::string_view key) const;  // looks through all keys
};

// Strict JSON: nothing behind the value, UTF-8, no key twice, bounded in depth and number. Faults tell line and column.
Result<PlacedJson> read_placed_json(std::string_view text);
// "line 3, column 5": counted in bytes from 1.
std::string place_in(std::string_view text, size_t at);
// The value as JSON without blanks, texts in the spelling of json_texts.h.
std::string compact_json(const PlacedJson& value);
// Numbers by value, objects in any order.
bool equal(const PlacedJson& a, const PlacedJson& b);

}  // namespace sotto::grammar

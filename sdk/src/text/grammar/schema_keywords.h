// schema_keywords.h: every keyword of JSON Schema that is known, and what is done with it. Inside the grammar folder only.
#pragma once

#include <cstdint>
#include <string_view>

namespace sotto::grammar {

// Kinds of JSON values, as bits.
enum ValueKind : uint8_t {
  kNullValue = 1,
  kBoolValue = 2,
  kIntegerValue = 4,
  kNumberValue = 8,
  kTextValue = 16,
  kListValue = 32,
  kObjectValue = 64
};
constexpr uint8_t kAnyValue = 127;

enum class KeywordUse : uint8_t {
  kAnnotation,  // says nothing about what is valid
  kShape,       // applied to every value: type, enum, references, unions
  kOfKind,      // applied to values of one kind only
  kRefused,
};

struct Keyword {
  std::string_view name;
  KeywordUse use;
  uint8_t kinds = 0;             // kOfKind: of which values it speaks
  std::string_view remedy = {};  // kRefused
};

// nullptr: not known.
const Keyword* find_keyword(std::string_view name);

}  // namespace sotto::grammar

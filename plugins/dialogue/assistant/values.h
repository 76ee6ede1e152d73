// values.h: typed values (sotto/values.h) as arguments of functions, and as words of an answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain.h"
#include "services.h"

namespace sotto::assistant {

// An argument: JSON for the function, the words for the answer in both languages, and where it was said.
struct Value {
  std::string json;
  std::array<std::string, kLanguages> words;
  size_t begin = 0, end = 0;
};

// One place of the text that reads as a slot's type; several readings where it is ambiguous.
struct Reading {
  std::vector<Value> values;
  bool is_ambiguous() const { return values.size() > 1; }
};

struct Clock {
  int64_t now_ms = 0;
  int32_t utc_offset_minutes = 0;
};

// const after construction, any thread.
class ValueReader {
 public:
  ValueReader(const Services& services, Clock clock) : services_(services), clock_(clock) {}

  // The values of a type in a text, in order. `is_asked`: the text answers a question for it, so a bare number counts.
  std::vector<Reading> read(std::string_view text, SlotType type, Language language, bool is_asked) const;

 private:
  const Services& services_;
  Clock clock_;
};

bool is_typed(SlotType type);  // read by ValueReader; the others are text or names
Value text_value(std::string_view words);

}  // namespace sotto::assistant

// read_json.h: JSON that others wrote, read with limits. The only place where a plugin of this tree parses any.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

namespace sotto::plugins {

struct JsonLimits {
  size_t bytes = size_t{1} << 20;
  size_t depth = 32;                // of lists and objects within each other
  size_t values = size_t{1} << 20;  // held at once; each takes 16 to 100 bytes, whatever its text takes
};

// What is wrong, as the end of a sentence: "nested deeper than 32 levels". No byte of the text is quoted.
class JsonFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// For more than is to be held at once: the items of the list that the root object has under `name` are handed out one by one,
// and the list in the tree stays empty. `take` may throw, which ends the reading.
struct JsonItems {
  std::string_view name;
  std::function<void(nlohmann::json item)> take;
};

// Throws JsonFault: beyond a limit, no JSON, no UTF-8, a number that no double holds, a name that an object has twice (of
// which one would be lost without a word). Takes time in proportion to the text.
nlohmann::json read_json(std::string_view text, const JsonLimits& limits, const JsonItems* items = nullptr);

}  // namespace sotto::plugins

// config_keys.h: the keys of a config.json: read one by one with their limits, then the rest judged by tables.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "convert/json.h"

namespace sotto {

// Remembers what it was asked for. REQUIRES: `json` is an object and outlives it.
class ConfigKeys {
 public:
  ConfigKeys(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  // nullptr: absent or null.
  const Json* find(std::string_view key);
  bool has(std::string_view key);  // null too
  // A whole number from 1 to `most`. Absent: `fallback`, 0 there meaning that the key is required.
  Status size(std::string_view key, uint64_t most, uint32_t fallback, uint32_t* out);
  // A finite number above 0.
  Status number(std::string_view key, double fallback, double* out);
  Status flag(std::string_view key, bool fallback, bool* out);
  Status text(std::string_view key, std::string_view fallback, std::string* out);

  // Refuses what nobody asked for and may change the result, warns of what is not known, passes what is known to be harmless.
  Status judge_the_rest(std::string_view family, std::vector<std::string>* warnings) const;

  const Json& json() const { return json_; }
  const std::string& where() const { return where_; }
  Status bad(std::string text) const;
  Status unsupported(std::string text) const;

 private:
  const Json& json_;
  std::string where_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace sotto

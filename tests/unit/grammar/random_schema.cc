#include "random_schema.h"

#include <algorithm>
#include <string>

namespace sotto::grammar {
namespace {

using Json = nlohmann::ordered_json;

class Maker {
 public:
  explicit Maker(std::mt19937_64& random) : random_(random) {}

  Json make() {
    Json root = value(3);
    if (root.is_boolean()) root = object(2);
    if (has_refs_) {
      root["$defs"]["scalar"] = scalar();
      Json node = {{"type", "object"}};
      node["properties"]["v"] = scalar();
      node["properties"]["next"] = {{"$ref", "#/$defs/node"}};
      node["required"] = {"v"};
      root["$defs"]["node"] = node;
    }
    return root;
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  bool chance(uint64_t percent) { return below(100) < percent; }
  int64_t between(int64_t least, int64_t most) {
    return least + static_cast<int64_t>(below(static_cast<uint64_t>(most - least + 1)));
  }

  std::string word() {
    constexpr const char* kWords[] = {
        "on",           "off",        "room", "kitchen", "light", "a", "ab", "abc", "\xE5\xAE\xA2\xE5\x8E\x85",
        "\xE7\x81\xAF", "say \"hi\"", "x\\y", "tab\t",   ""};
    return kWords[below(std::size(kWords))];
  }

  Json text() {
    Json s = {{"type", "string"}};
    constexpr const char* kPatterns[] = {"^[a-z]{1,5}$", "^\\d{2}:\\d{2}$", "^(on|off|dim( \\d{1,2})?)$", "^[A-C_-]{0,3}x?$",
                                         "^#[0-9a-f]{6}$"};
    if (chance(30)) return s["pattern"] = kPatterns[below(std::size(kPatterns))], s;
    const int64_t least = between(0, 3);
    if (chance(60)) s["minLength"] = least;
    s["maxLength"] = least + between(0, 8);
    return s;
  }

  Json number() {
    Json s = {{"type", chance(60) ? "integer" : "number"}};
    const int64_t least = between(-1500, 1500);
    if (chance(60)) s[chance(70) ? "minimum" : "exclusiveMinimum"] = least;
    if (chance(60)) s[chance(70) ? "maximum" : "exclusiveMaximum"] = least + between(2, 3000);
    return s;
  }

  Json listed() {
    Json values = Json::array();
    for (int64_t n = between(1, 4); n > 0; --n) {
      Json v;
      switch (below(5)) {
        case 0:
          v = between(-20, 20);
          break;
        case 1:
          v = chance(50);
          break;
        case 2:
          v = nullptr;
          break;
        default:
          v = word();
      }
      if (std::find(values.begin(), values.end(), v) == values.end()) values.push_back(v);
    }
    return chance(20) ? Json{{"const", values[0]}} : Json{{"enum", values}};
  }

  Json scalar() {
    switch (below(6)) {
      case 0:
        return Json{{"type", "boolean"}};
      case 1:
        return Json{{"type", chance(50) ? "null" : "boolean"}, {"description", "anything"}};
      case 2:
        return listed();
      case 3:
        return number();
      default:
        return text();
    }
  }

  Json object(int depth) {
    Json s = {{"type", "object"}, {"properties", Json::object()}};
    Json required = Json::array();
    for (int64_t n = between(0, 5); n > 0; --n) {
      const std::string key = word() + (chance(30) ? std::to_string(n) : "");
      if (s["properties"].contains(key)) continue;
      s["properties"][key] = value(depth - 1);
      if (chance(50)) required.push_back(key);
    }
    if (!required.empty()) s["required"] = required;
    if (chance(30)) s["additionalProperties"] = false;
    return s;
  }

  Json list(int depth) {
    Json s = {{"type", "array"}};
    int64_t first = 0;
    if (chance(25)) {
      s["prefixItems"] = Json::array();
      for (first = between(1, 2); s["prefixItems"].size() < static_cast<size_t>(first);)
        s["prefixItems"].push_back(value(depth - 1));
    }
    s["items"] = chance(10) && first ? Json(false) : value(depth - 1);
    const int64_t least = between(0, 2);
    if (chance(50) && (!s["items"].is_boolean() || least <= first)) s["minItems"] = least;
    s["maxItems"] = std::max(least, first) + between(0, 2);
    return s;
  }

  Json either(int depth) {
    if (chance(40)) {
      Json ways = Json::array();
      for (const char* kind : {"set", "get", "stop"}) {
        Json way = object(depth - 1);
        way["properties"]["kind"] = {{"const", kind}};
        way["required"].push_back("kind");
        ways.push_back(way);
      }
      return Json{{"oneOf", ways}};
    }
    return Json{{"anyOf", {value(depth - 1), value(depth - 1)}}};
  }

  Json value(int depth) {
    if (depth <= 0 || chance(30)) {
      Json s = scalar();
      if (s.contains("type") && chance(10)) s["nullable"] = true;
      return s;
    }
    switch (below(8)) {
      case 0:
        return either(depth);
      case 1:
        has_refs_ = true;
        return Json{{"$ref", chance(50) ? "#/$defs/scalar" : "#/$defs/node"}};
      case 2:
      case 3:
        return list(depth);
      default:
        return object(depth);
    }
  }

  std::mt19937_64& random_;
  bool has_refs_ = false;
};

}  // namespace

Json random_schema(std::mt19937_64& random) { return Maker(random).make(); }

}  // namespace sotto::grammar

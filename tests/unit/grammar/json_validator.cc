#include "json_validator.h"

#include <algorithm>
#include <cmath>
#include <regex>

namespace sotto::grammar {
namespace {

using Json = nlohmann::json;

bool is_type(const Json& v, const std::string& type) {
  if (type == "null") return v.is_null();
  if (type == "boolean") return v.is_boolean();
  if (type == "string") return v.is_string();
  if (type == "array") return v.is_array();
  if (type == "object") return v.is_object();
  if (type == "number") return v.is_number();
  return type == "integer" && v.is_number() && std::floor(v.get<double>()) == v.get<double>();
}

size_t characters(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string check_text(const std::string& text, const Json& s) {
  if (s.contains("minLength") && characters(text) < s["minLength"]) return "minLength";
  if (s.contains("maxLength") && characters(text) > s["maxLength"]) return "maxLength";
  if (s.contains("pattern") && !std::regex_search(text, std::regex(s["pattern"].get<std::string>()))) return "pattern";
  return {};
}

std::string check_number(double n, const Json& s) {
  if (s.contains("minimum") && n < s["minimum"].get<double>()) return "minimum";
  if (s.contains("maximum") && n > s["maximum"].get<double>()) return "maximum";
  if (s.contains("exclusiveMinimum") && n <= s["exclusiveMinimum"].get<double>()) return "exclusiveMinimum";
  if (s.contains("exclusiveMaximum") && n >= s["exclusiveMaximum"].get<double>()) return "exclusiveMaximum";
  return {};
}

std::string check_list(const Json& v, const Json& s, const Json& root) {
  if (s.contains("minItems") && v.size() < s["minItems"]) return "minItems";
  if (s.contains("maxItems") && v.size() > s["maxItems"]) return "maxItems";
  const size_t first = s.contains("prefixItems") ? s["prefixItems"].size() : 0;
  for (size_t i = 0; i < v.size(); ++i) {
    const Json item = i < first ? s["prefixItems"][i] : s.value("items", Json(true));
    const std::string why = invalid_because(v[i], item, root);
    if (!why.empty()) return "[" + std::to_string(i) + "]: " + why;
  }
  return {};
}

std::string check_object(const Json& v, const Json& s, const Json& root) {
  for (const Json& name : s.value("required", Json::array()))
    if (!v.contains(name.get<std::string>())) return "required " + name.dump();
  const Json properties = s.value("properties", Json::object());
  for (const auto& [key, value] : v.items()) {
    const Json of_key = properties.contains(key) ? properties[key] : s.value("additionalProperties", Json(true));
    const std::string why = invalid_because(value, of_key, root);
    if (!why.empty()) return key + ": " + why;
  }
  return {};
}

std::string check_union(const Json& v, const Json& s, const Json& root) {
  for (const char* key : {"anyOf", "oneOf"}) {
    if (!s.contains(key)) continue;
    const auto held =
        std::count_if(s[key].begin(), s[key].end(), [&](const Json& way) { return invalid_because(v, way, root).empty(); });
    if (held == 0 || (key[0] == 'o' && held != 1)) return std::string(key) + ": " + std::to_string(held) + " hold";
  }
  return {};
}

}  // namespace

std::string invalid_because(const Json& v, const Json& s, const Json& root) {
  if (s.is_boolean()) return s.get<bool>() ? "" : "false";
  if (s.contains("$ref")) return invalid_because(v, root.at(Json::json_pointer(s["$ref"].get<std::string>().substr(1))), root);
  if (s.contains("const") && v != s["const"]) return "const";
  if (s.contains("enum") && std::find(s["enum"].begin(), s["enum"].end(), v) == s["enum"].end()) return "enum";
  if (s.value("nullable", false) && v.is_null()) return {};
  if (s.contains("type")) {
    const Json types = s["type"].is_array() ? s["type"] : Json::array({s["type"]});
    if (std::none_of(types.begin(), types.end(), [&](const Json& t) { return is_type(v, t); })) return "type";
  }
  const std::string of_union = check_union(v, s, root);
  if (!of_union.empty()) return of_union;
  if (v.is_string()) return check_text(v, s);
  if (v.is_number()) return check_number(v, s);
  if (v.is_array()) return check_list(v, s, root);
  if (v.is_object()) return check_object(v, s, root);
  return {};
}

}  // namespace sotto::grammar

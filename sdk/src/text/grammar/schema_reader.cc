#include "text/grammar/schema_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/printable.h"
#include "text/grammar/json_numbers.h"
#include "text/grammar/json_texts.h"

namespace sotto::grammar {
namespace {

using Kind = PlacedJson::Kind;

struct TypeName {
  std::string_view name;
  uint8_t kinds;
};
constexpr TypeName kTypes[] = {{"null", kNullValue},     {"boolean", kBoolValue}, {"integer", kIntegerValue},
                               {"number", kNumberValue}, {"string", kTextValue},  {"array", kListValue},
                               {"object", kObjectValue}};

bool is_of(const PlacedJson& v, uint8_t kinds) {
  switch (v.kind) {
    case Kind::kNull:
      return kinds & kNullValue;
    case Kind::kBool:
      return kinds & kBoolValue;
    case Kind::kNumber: {
      const double d = std::strtod(v.text.c_str(), nullptr);
      return (kinds & kNumberValue) ||
             ((kinds & kIntegerValue) && d == static_cast<double>(static_cast<int64_t>(std::clamp(d, -9e18, 9e18))));
    }
    case Kind::kText:
      return kinds & kTextValue;
    case Kind::kList:
      return kinds & kListValue;
    case Kind::kObject:
      return kinds & kObjectValue;
  }
  return false;
}

}  // namespace

Status SchemaReader::fault(const Place& place, const PlacedJson& at, std::string_view what, sotto_status code) const {
  return Status(code, fmt::format("{} ({}): {}", place_in(source_, at.at), printable(place.path), what));
}

Result<Syntax> SchemaReader::read() {
  SOTTO_TRY(find_recursive());
  free_values_.resize(options_.max_recursion + 1);
  const Place root{&root_, "#", 0};
  SOTTO_TRY(limits(root).status());
  const uint32_t rule = syntax_.add_rule("#");
  rules_[{&root_, 0}] = rule;
  pending_.push_back({root, rule});
  while (!pending_.empty()) {
    const Pending p = std::move(pending_.back());
    pending_.pop_back();
    SOTTO_ASSIGN(const Expr e, body(p.place));
    syntax_.set_body(p.rule, e);
    if (syntax_.is_full())
      return unsupported(
          p.place, *p.place.schema,
          fmt::format("up to here the schema takes more than {} rules or {} parts", kMostRules, kMostExpressions));
  }
  syntax_.root = rule;
  return std::move(syntax_);
}

Result<Expr> SchemaReader::schema(const Place& place) {
  const auto [known, is_new] = rules_.emplace(std::make_pair(place.schema, place.level), 0);
  if (is_new) {
    known->second = syntax_.add_rule(place.path);
    pending_.push_back({place, known->second});
  }
  if (syntax_.is_full()) return unsupported(place, *place.schema, fmt::format("more than {} rules", kMostRules));
  return syntax_.rule(known->second);
}

// Every keyword is known; where a reference, a list of values or a union says what is valid, nothing stands beside it.
Status SchemaReader::check_keywords(const Place& place, bool only_shape) const {
  for (const auto& [key, value] : place.schema->pairs) {
    if (key.substr(0, 2) == "x-") continue;
    const Keyword* k = find_keyword(key);
    if (!k) return unsupported(place, value, fmt::format("the keyword '{}' is not known", printable(key)));
    if (k->use == KeywordUse::kRefused)
      return unsupported(place, value, fmt::format("the keyword '{}' is not taken: {}", key, k->remedy));
    if (k->use == KeywordUse::kOfKind && only_shape)
      return unsupported(
          place, value, fmt::format("'{}' beside $ref, const, enum, anyOf, oneOf or allOf is not taken: write it inside", key));
  }
  return {};
}

Result<Expr> SchemaReader::body(const Place& place) {
  if (place.schema->kind == Kind::kBool) return place.schema->truth ? free_value(options_.max_recursion) : syntax_.nothing();
  if (place.schema->kind != Kind::kObject) return fault(place, "a schema is expected: an object, true or false");
  const struct {
    const char* key;
    const PlacedJson* value;
  } shapes[] = {{"$ref", place.find("$ref")},   {"const", place.find("const")}, {"enum", place.find("enum")},
                {"anyOf", place.find("anyOf")}, {"oneOf", place.find("oneOf")}, {"allOf", place.find("allOf")}};
  const PlacedJson* found[6] = {};
  size_t which = 6, given = 0;
  for (size_t i = 0; i < 6; ++i) {
    found[i] = shapes[i].value;
    if (found[i]) which = i, ++given;
  }
  SOTTO_TRY(check_keywords(place, given > 0));
  if (given > 1)
    return unsupported(place, *found[which],
                       fmt::format("'{}' beside another of $ref, const, enum, anyOf, oneOf, allOf", shapes[which].key));
  const PlacedJson* nullable = place.find("nullable");
  if (nullable && nullable->kind != Kind::kBool) return fault(place, *nullable, "'nullable' is true or false");
  const bool adds_null = nullable && nullable->truth;
  if (which > 2 && which < 6 && place.find("type"))
    return unsupported(place, *place.find("type"),
                       fmt::format("'type' beside {} is not taken: write it inside", shapes[which].key));
  if (which == 0 && place.find("type")) return unsupported(place, *place.find("type"), "'type' beside $ref is not taken");
  Result<Expr> e = syntax_.nothing();
  if (which == 0) e = reference(place, *found[0]);
  if (which == 1) e = enumeration(place, *found[1], false);
  if (which == 2) e = enumeration(place, *found[2], true);
  if (which == 3 || which == 4) e = any_of(place, *found[which], shapes[which].key);
  if (which == 5) e = all_of(place, *found[5]);
  if (which == 6) {
    SOTTO_ASSIGN(const uint8_t kinds, kinds_of(place));
    e = of_kinds(place, kinds);
  }
  if (!e.ok() || !adds_null) return e;
  return syntax_.choice({e.value(), syntax_.literal("null")});
}

// What `type` says; without it what the other keywords speak of; without those everything.
Result<uint8_t> SchemaReader::kinds_of(const Place& place) const {
  const PlacedJson* type = place.find("type");
  uint8_t kinds = 0;
  if (!type) {
    for (const auto& [key, value] : place.schema->pairs)
      if (const Keyword* k = find_keyword(key)) kinds = static_cast<uint8_t>(kinds | k->kinds);
    return kinds ? static_cast<uint8_t>(kinds & ~(kinds & kNumberValue ? kIntegerValue : 0)) : kAnyValue;
  }
  const auto add = [&](const PlacedJson& name) {
    const auto* row =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const TypeName& t) { return t.name == name.text; });
    if (name.kind != Kind::kText || row == std::end(kTypes)) return false;
    kinds = static_cast<uint8_t>(kinds | row->kinds);
    return true;
  };
  const bool is_list = type->kind == Kind::kList;
  if (is_list ? !std::all_of(type->items.begin(), type->items.end(), add) : !add(*type))
    return fault(place, *type, "'type' is one or a list of null, boolean, integer, number, string, array, object");
  return kinds;
}

Result<Expr> SchemaReader::of_kinds(const Place& place, uint8_t kinds) {
  const bool is_free = std::none_of(place.schema->pairs.begin(), place.schema->pairs.end(), [](const auto& p) {
    const Keyword* k = find_keyword(p.first);
    return k && k->use == KeywordUse::kOfKind;
  });
  if (kinds == kAnyValue && is_free) return free_value(options_.max_recursion);
  std::vector<Expr> ways;
  const auto take = [&](Result<Expr> e) -> Status {
    if (e.ok()) ways.push_back(e.value());
    return e.status();
  };
  if (kinds & kNullValue) ways.push_back(syntax_.literal("null"));
  if (kinds & kBoolValue) ways.push_back(syntax_.choice({syntax_.literal("true"), syntax_.literal("false")}));
  if (kinds & kNumberValue)
    SOTTO_TRY(take(number(place, false)));
  else if (kinds & kIntegerValue)
    SOTTO_TRY(take(number(place, true)));
  if (kinds & kTextValue) SOTTO_TRY(take(text(place)));
  if (kinds & kListValue) SOTTO_TRY(take(list(place)));
  if (kinds & kObjectValue) SOTTO_TRY(take(object(place)));
  return syntax_.choice(std::move(ways));
}

Result<Expr> SchemaReader::enumeration(const Place& place, const PlacedJson& values, bool is_list) {
  if (is_list && values.kind != Kind::kList) return fault(place, values, "'enum' is a list of values");
  uint8_t kinds = kAnyValue;
  if (place.find("type")) {
    SOTTO_ASSIGN(kinds, kinds_of(place));
  }
  std::vector<Expr> ways;
  for (const PlacedJson& v : is_list ? values.items : std::vector<PlacedJson>{values})
    if (is_of(v, kinds)) ways.push_back(syntax_.literal(compact_json(v)));
  if (ways.empty()) return fault(place, values, "no value is left of it");
  return syntax_.choice(std::move(ways));
}

// Any value, with lists and objects at most so deep inside of each other.
Expr SchemaReader::free_value(uint32_t depth) {
  if (free_values_[depth]) return syntax_.rule(*free_values_[depth]);
  const uint32_t rule = syntax_.add_rule(fmt::format("value-{}", depth));
  free_values_[depth] = rule;
  std::vector<Expr> ways = {syntax_.literal("null"), syntax_.literal("true"), syntax_.literal("false"), numbers({}, &syntax_),
                            free_text()};
  if (depth > 0) {
    const Expr inner = free_value(depth - 1);
    const Expr member = syntax_.sequence({free_text(), colon(), inner});
    const auto enclosed = [&](const char* open, Expr item, const char* end) {
      const Expr more = syntax_.repeat(syntax_.sequence({comma(), item}), 0, kUnbounded);
      return syntax_.sequence({syntax_.literal(open), syntax_.optional(syntax_.sequence({item, more})), syntax_.literal(end)});
    };
    ways.push_back(enclosed("[", inner, "]"));
    ways.push_back(enclosed("{", member, "}"));
  }
  syntax_.set_body(rule, syntax_.choice(std::move(ways)));
  return syntax_.rule(rule);
}

Result<uint32_t> SchemaReader::count(const Place& place, const char* key, uint32_t fallback) const {
  const PlacedJson* v = place.find(key);
  if (!v) return fallback;
  const double n = v->kind == Kind::kNumber ? std::strtod(v->text.c_str(), nullptr) : -1;
  if (!(n >= 0) || n != static_cast<double>(static_cast<uint64_t>(std::min(n, 1e18))))
    return fault(place, *v, fmt::format("'{}' is a whole number from 0", key));
  if (n > kMostRepeats) return unsupported(place, *v, fmt::format("'{}' is more than {}", key, kMostRepeats));
  return static_cast<uint32_t>(n);
}

Result<Syntax> read_schema(std::string_view json, const SchemaOptions& options) {
  SOTTO_ASSIGN(const PlacedJson root, read_placed_json(json));
  return SchemaReader(json, root, options).read();
}

}  // namespace sotto::grammar

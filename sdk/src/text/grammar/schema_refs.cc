// schema_refs.cc: references within a schema, and unions of schemas.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "text/grammar/cycles.h"
#include "text/grammar/schema_reader.h"

namespace sotto::grammar {
namespace {

using Kind = PlacedJson::Kind;

// "%24" and "~1" as a path in a reference writes them.
std::string unescaped(std::string_view part) {
  std::string out;
  for (size_t i = 0; i < part.size(); ++i) {
    const auto hex = [&](size_t at) {
      const char c = at < part.size() ? part[at] : ' ';
      return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
    };
    if (part[i] == '%' && hex(i + 1) >= 0 && hex(i + 2) >= 0) {
      out += static_cast<char>(hex(i + 1) << 4 | hex(i + 2));
      i += 2;
    } else {
      out += part[i];
    }
  }
  std::string named;
  for (size_t i = 0; i < out.size(); ++i) {
    const bool is_escape = out[i] == '~' && i + 1 < out.size() && (out[i + 1] == '0' || out[i + 1] == '1');
    named += is_escape ? (out[i + 1] == '0' ? '~' : '/') : out[i];
    i += is_escape ? 1 : 0;
  }
  return named;
}

const PlacedJson* step_into(const PlacedJson& v, const std::string& name) {
  if (v.kind == Kind::kObject) return v.find(name);
  const bool is_index = v.kind == Kind::kList && !name.empty() && name.size() < 7 &&
                        std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  const size_t index = is_index ? std::stoul(name) : v.items.size();
  return index < v.items.size() ? &v.items[index] : nullptr;
}

const PlacedJson* look_up(const PlacedJson& root, const std::string& ref) {
  if (ref.empty() || ref[0] != '#') return nullptr;
  const PlacedJson* at = &root;
  for (size_t from = 1; at && from < ref.size();) {
    if (ref[from] != '/') return nullptr;
    const size_t end = std::min(ref.find('/', from + 1), ref.size());
    at = step_into(*at, unescaped(std::string_view(ref).substr(from + 1, end - from - 1)));
    from = end;
  }
  return at;
}

// Visits a value and all inside of it.
template <class Visit>
void visit_all(const PlacedJson& v, Visit&& visit) {
  visit(v);
  for (const PlacedJson& item : v.items) visit_all(item, visit);
  for (const auto& [key, item] : v.pairs) visit_all(item, visit);
}

// The values that enum or const list; none: it lists none.
std::vector<const PlacedJson*> listed(const PlacedJson& schema) {
  std::vector<const PlacedJson*> out;
  if (const PlacedJson* one = schema.find("const")) return {one};
  if (const PlacedJson* list = schema.find("enum"))
    for (const PlacedJson& v : list->items) out.push_back(&v);
  return out;
}

constexpr size_t kMostPairs = 10000;    // of listed values that are compared
constexpr size_t kMostProperties = 32;  // that may tell two schemas apart
constexpr uint32_t kMostUnionSteps = 20000;
constexpr size_t kMostReferences = 4096;  // distinct ones

bool are_apart(const std::vector<const PlacedJson*>& a, const std::vector<const PlacedJson*>& b) {
  if (a.empty() || b.empty() || a.size() * b.size() > kMostPairs) return false;
  return std::none_of(a.begin(), a.end(), [&](const PlacedJson* x) {
    return std::any_of(b.begin(), b.end(), [&](const PlacedJson* y) { return equal(*x, *y); });
  });
}

bool requires_key(const PlacedJson& schema, const std::string& key) {
  const PlacedJson* required = schema.find("required");
  return required &&
         std::any_of(required->items.begin(), required->items.end(), [&](const PlacedJson& v) { return v.text == key; });
}

}  // namespace

// nullptr: it is not there, or there are too many of them.
const PlacedJson* SchemaReader::target_of(const std::string& ref) const {
  const auto known = targets_.find(ref);
  if (known != targets_.end()) return known->second;
  const PlacedJson* target = targets_.size() < kMostReferences ? look_up(root_, ref) : nullptr;
  targets_.emplace(ref, target);
  return target;
}

// Which targets of references come back to themselves: only those count as recursion.
Status SchemaReader::find_recursive() {
  std::vector<const PlacedJson*> targets;
  std::unordered_map<const PlacedJson*, uint32_t> index;
  const auto target_at = [&](const PlacedJson& v) -> const PlacedJson* {
    const PlacedJson* ref = v.kind == Kind::kObject ? v.find("$ref") : nullptr;
    return ref && ref->kind == Kind::kText ? target_of(ref->text) : nullptr;
  };
  visit_all(root_, [&](const PlacedJson& v) {
    const PlacedJson* t = target_at(v);
    if (t && index.emplace(t, static_cast<uint32_t>(targets.size())).second) targets.push_back(t);
  });
  if (targets_.size() > kMostReferences)
    return Status(SOTTO_UNSUPPORTED, fmt::format("the schema has more than {} references", kMostReferences));
  constexpr size_t kMostVisits = 5000000;
  size_t visits = 0;
  std::vector<std::vector<uint32_t>> callees(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    visit_all(*targets[i], [&](const PlacedJson& v) {
      ++visits;
      if (const PlacedJson* t = target_at(v)) callees[i].push_back(index[t]);
    });
    if (visits > kMostVisits) return Status(SOTTO_UNSUPPORTED, "the schema's references lie too much inside of each other");
  }
  const Cycles cycles = find_cycles(callees);
  for (size_t i = 0; i < targets.size(); ++i) recursive_[targets[i]] = cycles.is_in_one[i];
  return {};
}

Result<const PlacedJson*> SchemaReader::resolve(const Place& place, const PlacedJson& ref) const {
  if (ref.kind != Kind::kText) return fault(place, ref, "'$ref' is a text");
  if (ref.text.empty() || ref.text[0] != '#')
    return unsupported(place, ref,
                       fmt::format("'$ref' to '{}': only references within the schema are taken (#/...)", printable(ref.text)));
  const PlacedJson* target = target_of(ref.text);
  if (!target) return fault(place, ref, fmt::format("'$ref' to '{}', which is not there", printable(ref.text)));
  return target;
}

Result<Expr> SchemaReader::reference(const Place& place, const PlacedJson& ref) {
  SOTTO_ASSIGN(const PlacedJson* target, resolve(place, ref));
  const uint32_t level = place.level + (recursive_.at(target) ? 1 : 0);
  if (level > options_.max_recursion) return syntax_.nothing();
  return schema({target, ref.text, level});
}

Result<Expr> SchemaReader::all_of(const Place& place, const PlacedJson& list) {
  if (list.kind != Kind::kList || list.items.empty()) return fault(place, list, "'allOf' is a list of schemas");
  if (list.items.size() > 1)
    return unsupported(place, list, "'allOf' with more than one schema is not taken: write them as one");
  return schema(place.below("allOf/0", list.items[0]));
}

Result<Expr> SchemaReader::any_of(const Place& place, const PlacedJson& list, const char* keyword) {
  if (list.kind != Kind::kList || list.items.empty())
    return fault(place, list, fmt::format("'{}' is a list of schemas", keyword));
  if (std::string_view(keyword) == "oneOf") SOTTO_TRY(check_disjoint(place, list));
  std::vector<Expr> ways;
  for (size_t i = 0; i < list.items.size(); ++i) {
    SOTTO_ASSIGN(const Expr way, schema(place.below(fmt::format("{}/{}", keyword, i), list.items[i])));
    ways.push_back(way);
  }
  return syntax_.choice(std::move(ways));
}

const PlacedJson* SchemaReader::behind_references(const PlacedJson* schema) const {
  for (int hops = 0; hops < 64 && schema && schema->kind == Kind::kObject; ++hops) {
    const PlacedJson* ref = schema->find("$ref");
    if (!ref || ref->kind != Kind::kText) return schema;
    schema = target_of(ref->text);
  }
  return nullptr;
}

// Kinds that a value under the schema may have, at most.
uint8_t SchemaReader::kinds_at_most(const PlacedJson* schema, int depth) const {
  schema = behind_references(schema);
  if (!schema || depth > 8 || ++union_steps_ > kMostUnionSteps) return kAnyValue;
  const PlacedJson* nullable = schema->find("nullable");
  const uint8_t null = nullable && nullable->truth ? kNullValue : 0;
  for (const char* key : {"anyOf", "oneOf"}) {
    const PlacedJson* list = schema->find(key);
    if (!list) continue;
    uint8_t kinds = null;
    for (const PlacedJson& v : list->items) kinds = static_cast<uint8_t>(kinds | kinds_at_most(&v, depth + 1));
    return kinds;
  }
  const auto values = listed(*schema);
  if (!values.empty()) {
    constexpr uint8_t kOf[] = {kNullValue, kBoolValue, kNumberValue | kIntegerValue, kTextValue, kListValue, kObjectValue};
    uint8_t kinds = null;
    for (const PlacedJson* v : values) kinds = static_cast<uint8_t>(kinds | kOf[static_cast<size_t>(v->kind)]);
    return kinds;
  }
  if (!schema->find("type")) return kAnyValue;
  const auto kinds = kinds_of({schema, "", 0});
  if (!kinds.ok()) return kAnyValue;
  const bool has_numbers = kinds.value() & (kIntegerValue | kNumberValue);
  return static_cast<uint8_t>(kinds.value() | null | (has_numbers ? kIntegerValue | kNumberValue : 0));
}

// By their kinds, the values they list, or a property that both require and whose listed values differ.
bool SchemaReader::have_no_common_value(const PlacedJson* a, const PlacedJson* b) const {
  const uint8_t common = static_cast<uint8_t>(kinds_at_most(a, 0) & kinds_at_most(b, 0));
  if (!common) return true;
  a = behind_references(a);
  b = behind_references(b);
  if (!a || !b || a->find("nullable") || b->find("nullable")) return false;
  if (are_apart(listed(*a), listed(*b))) return true;
  const PlacedJson *of_a = a->find("properties"), *of_b = b->find("properties");
  if (common != kObjectValue || !of_a || !of_b) return false;
  const auto end = of_a->pairs.begin() + static_cast<std::ptrdiff_t>(std::min(of_a->pairs.size(), kMostProperties));
  return std::any_of(of_a->pairs.begin(), end, [&](const auto& p) {
    const PlacedJson* other = of_b->find(p.first);
    return other && requires_key(*a, p.first) && requires_key(*b, p.first) && are_apart(listed(p.second), listed(*other));
  });
}

Status SchemaReader::check_disjoint(const Place& place, const PlacedJson& list) const {
  constexpr size_t kMostBranches = 64;
  if (list.items.size() > kMostBranches)
    return unsupported(place, list, fmt::format("'oneOf' of more than {} schemas: write anyOf", kMostBranches));
  for (size_t i = 0; i < list.items.size(); ++i)
    for (size_t k = i + 1; k < list.items.size(); ++k)
      if (!have_no_common_value(&list.items[i], &list.items[k]))
        return unsupported(place, list,
                           fmt::format("'oneOf': schemas {} and {} may both hold for one value; write anyOf, or give both a "
                                       "required property with a const of its own",
                                       i, k));
  return {};
}

}  // namespace sotto::grammar

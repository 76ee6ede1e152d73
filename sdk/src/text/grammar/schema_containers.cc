// schema_containers.cc: objects and lists of a schema.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/printable.h"
#include "text/grammar/json_texts.h"
#include "text/grammar/schema_reader.h"

namespace sotto::grammar {
namespace {

using Kind = PlacedJson::Kind;

// Links of a graph and what they read.
struct Graph {
  uint32_t nodes = 2;
  std::vector<Link> links;
  std::vector<Expr> parts;

  uint32_t add_node() { return nodes++; }
  void link(uint32_t from, uint32_t to, Expr by) {
    links.push_back({from, to});
    parts.push_back(by);
  }
};

struct Property {
  std::string key;
  const PlacedJson* schema;
  bool is_required = false;
};

}  // namespace

Expr SchemaReader::comma() {
  if (!comma_) comma_ = separator(",");
  return *comma_;
}
Expr SchemaReader::colon() {
  if (!colon_) colon_ = separator(":");
  return *colon_;
}
Expr SchemaReader::separator(const char* sign) {
  if (options_.is_compact) return syntax_.literal(sign);
  return syntax_.sequence({syntax_.literal(sign), syntax_.optional(syntax_.literal(" "))});
}

// Properties in the order of the schema, the optional ones present or not; further ones
// behind them.
Result<Expr> SchemaReader::object(const Place& place) {
  std::vector<Property> properties;
  std::unordered_map<std::string_view, size_t> places;
  if (const PlacedJson* p = place.find("properties")) {
    if (p->kind != Kind::kObject) return fault(place, *p, "'properties' is an object of schemas");
    for (const auto& [key, schema] : p->pairs) {
      places.emplace(key, properties.size());
      properties.push_back({key, &schema});
    }
  }
  const PlacedJson* further = place.find("additionalProperties");
  if (const PlacedJson* required = place.find("required")) {
    if (required->kind != Kind::kList) return fault(place, *required, "'required' is a list of names");
    for (const PlacedJson& name : required->items) {
      if (name.kind != Kind::kText) return fault(place, name, "'required' is a list of names");
      const auto [known, is_new] = places.emplace(name.text, properties.size());
      if (is_new) properties.push_back({name.text, further ? further : &anything_});
      properties[known->second].is_required = true;
    }
  }
  if (!further && properties.empty() && !place.find("properties")) further = &anything_;
  Graph g;
  uint32_t before = 0, after = g.add_node();  // nothing is written yet, or something is
  std::vector<std::string> keys;
  for (const Property& p : properties) {
    keys.push_back(p.key);
    SOTTO_ASSIGN(const Expr value, schema(place.below("properties/" + printable(p.key), *p.schema)));
    const Expr member = syntax_.sequence({syntax_.literal(quoted_json(p.key)), colon(), value});
    const uint32_t next_before = g.add_node(), next_after = g.add_node();
    g.link(before, next_after, member);
    g.link(after, next_after, syntax_.sequence({comma(), member}));
    if (!p.is_required) {
      g.link(before, next_before, syntax_.empty());
      g.link(after, next_after, syntax_.empty());
    }
    before = next_before;
    after = next_after;
    if (syntax_.is_full()) return unsupported(place, *place.schema, "it has too many properties");
  }
  if (further && !(further->kind == Kind::kBool && !further->truth)) {
    SOTTO_ASSIGN(const Expr key, free_key(place, keys));
    Expr value = syntax_.nothing();
    if (further->kind == Kind::kBool)
      value = free_value(options_.max_recursion > 0 ? options_.max_recursion - 1 : 0);
    else {
      SOTTO_ASSIGN(value, schema(place.below("additionalProperties", *further)));
    }
    const Expr member = syntax_.sequence({key, colon(), value});
    g.link(before, after, member);
    g.link(after, after, syntax_.sequence({comma(), member}));
  }
  g.link(before, 1, syntax_.empty());
  g.link(after, 1, syntax_.empty());
  return syntax_.sequence(
      {syntax_.literal("{"), syntax_.graph(g.nodes, std::move(g.links), std::move(g.parts)), syntax_.literal("}")});
}

Result<Expr> SchemaReader::list(const Place& place) {
  SOTTO_ASSIGN(const uint32_t least, count(place, "minItems", 0));
  SOTTO_ASSIGN(uint32_t most, count(place, "maxItems", kUnbounded));
  if (const PlacedJson* unique = place.find("uniqueItems"); unique && unique->truth)
    return unsupported(place, *unique,
                       "'uniqueItems' is not taken: a grammar cannot compare; bound the list or list the values");
  const PlacedJson *prefix = place.find("prefixItems"), *items = place.find("items");
  if (prefix && prefix->kind != Kind::kList) return fault(place, *prefix, "'prefixItems' is a list of schemas");
  if (items && items->kind == Kind::kList)
    return unsupported(place, *items, "'items' as a list is not taken: write prefixItems");
  const auto first = static_cast<uint32_t>(prefix ? prefix->items.size() : 0);
  if (items && items->kind == Kind::kBool && !items->truth) most = std::min(most, first);
  if (prefix && !items && least <= first) most = std::min(most, first);
  if (most < least) return syntax_.nothing();
  const uint32_t written = most == kUnbounded ? std::max({first, least, 1u}) : most;
  Expr further = syntax_.nothing();  // an item behind those of the prefix
  if (items) {
    SOTTO_ASSIGN(further, schema(place.below("items", *items)));
  } else if (written > first || most == kUnbounded) {
    further = free_value(options_.max_recursion > 0 ? options_.max_recursion - 1 : 0);
  }
  const Expr next_further = syntax_.sequence({comma(), further});
  Graph g;
  uint32_t at = 0;
  for (uint32_t i = 0; i < written; ++i) {
    if (i >= least) g.link(at, 1, syntax_.empty());
    Expr item = i == 0 ? further : next_further;
    if (i < first) {
      SOTTO_ASSIGN(item, schema(place.below(fmt::format("prefixItems/{}", i), prefix->items[i])));
      if (i > 0) item = syntax_.sequence({comma(), item});
    }
    const uint32_t next = g.add_node();
    g.link(at, next, item);
    at = next;
  }
  if (written >= least) g.link(at, 1, syntax_.empty());
  if (most == kUnbounded) g.link(at, at, next_further);
  return syntax_.sequence(
      {syntax_.literal("["), syntax_.graph(g.nodes, std::move(g.links), std::move(g.parts)), syntax_.literal("]")});
}

}  // namespace sotto::grammar

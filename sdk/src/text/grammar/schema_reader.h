// schema_reader.h: from a schema to rules, one for each schema in it at each depth of recursion. Inside the grammar folder
// only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/grammar/automaton.h"
#include "text/grammar/placed_json.h"
#include "text/grammar/schema.h"
#include "text/grammar/schema_keywords.h"

namespace sotto::grammar {

class SchemaReader {
 public:
  SchemaReader(std::string_view source, const PlacedJson& root, const SchemaOptions& options)
      : source_(source), root_(root), options_(options) {
    anything_.kind = PlacedJson::Kind::kBool;
    anything_.truth = true;
  }
  Result<Syntax> read();

 private:
  // A schema where it stands, and how many references to schemas that come back to themselves lie above it.
  struct Place {
    const PlacedJson* schema;
    std::string path;
    uint32_t level;
    Place below(std::string_view key, const PlacedJson& child) const { return {&child, path + "/" + std::string(key), level}; }
    const PlacedJson* find(std::string_view key) const { return schema->find(key); }
  };

  // schema_reader.cc: dispatch.
  Status fault(const Place& place, const PlacedJson& at, std::string_view what,
               sotto_status code = SOTTO_INVALID_ARGUMENT) const;
  Status fault(const Place& place, std::string_view what) const { return fault(place, *place.schema, what); }
  Status unsupported(const Place& place, const PlacedJson& at, std::string_view what) const {
    return fault(place, at, what, SOTTO_UNSUPPORTED);
  }
  Result<Expr> schema(const Place& place);  // a call of its rule
  Result<Expr> body(const Place& place);
  Result<uint8_t> kinds_of(const Place& place) const;
  Status check_keywords(const Place& place, bool only_shape) const;
  Result<Expr> of_kinds(const Place& place, uint8_t kinds);
  Result<Expr> enumeration(const Place& place, const PlacedJson& values, bool is_list);
  Expr free_value(uint32_t depth);
  Result<uint32_t> count(const Place& place, const char* key, uint32_t fallback) const;

  // schema_refs.cc: references and unions.
  Status find_recursive();
  Result<const PlacedJson*> resolve(const Place& place, const PlacedJson& ref) const;
  Result<Expr> reference(const Place& place, const PlacedJson& ref);
  Result<Expr> all_of(const Place& place, const PlacedJson& list);
  Result<Expr> any_of(const Place& place, const PlacedJson& list, const char* keyword);
  Status check_disjoint(const Place& place, const PlacedJson& list) const;
  const PlacedJson* target_of(const std::string& ref) const;
  const PlacedJson* behind_references(const PlacedJson* schema) const;
  uint8_t kinds_at_most(const PlacedJson* schema, int depth) const;
  bool have_no_common_value(const PlacedJson* a, const PlacedJson* b) const;

  // schema_texts.cc
  Result<Expr> text(const Place& place);
  Result<Expr> number(const Place& place, bool is_integer);
  Result<std::shared_ptr<const Automaton>> text_automaton(const Place& place, Expr code_points) const;
  Result<std::shared_ptr<const Automaton>> limits(const Place& place);
  Expr free_text();
  Result<Expr> free_key(const Place& place, const std::vector<std::string>& taken);

  // schema_containers.cc
  Result<Expr> object(const Place& place);
  Result<Expr> list(const Place& place);
  Expr comma();
  Expr colon();
  Expr separator(const char* sign);

  std::string_view source_;
  const PlacedJson& root_;
  const SchemaOptions& options_;
  PlacedJson anything_;  // the schema `true`
  Syntax syntax_;
  std::map<std::pair<const PlacedJson*, uint32_t>, uint32_t> rules_;
  struct Pending {
    Place place;
    uint32_t rule;
  };
  std::vector<Pending> pending_;
  mutable std::unordered_map<std::string, const PlacedJson*> targets_;  // of references; nullptr: not there
  mutable uint32_t union_steps_ = 0;
  std::unordered_map<const PlacedJson*, bool> recursive_;  // targets of references
  std::vector<std::optional<uint32_t>> free_values_;       // rules, by depth left
  std::optional<uint32_t> free_text_;
  std::shared_ptr<const Automaton> limits_;
  std::optional<Expr> comma_, colon_;
};

}  // namespace sotto::grammar

// schema_texts.cc: strings and numbers of a schema.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "base/printable.h"
#include "text/grammar/json_numbers.h"
#include "text/grammar/json_texts.h"
#include "text/grammar/pattern.h"
#include "text/grammar/schema_reader.h"
#include "text/grammar/spans.h"
#include "text/unicode.h"

namespace sotto::grammar {
namespace {

using Kind = PlacedJson::Kind;

#define DAYS "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
#define YEARS "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
#define LEAP_YEARS "([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
#define DATE "(" YEARS "-" DAYS "|" LEAP_YEARS "-02-29)"
#define TIME "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"

struct Format {
  std::string_view name;
  std::string_view pattern;  // the whole text
};
// RFC 3339 and 4122; years from 1, no leap seconds.
constexpr Format kFormats[] = {{"date", "^" DATE "$"},
                               {"time", "^" TIME "$"},
                               {"date-time", "^" DATE "T" TIME "$"},
                               {"uuid", "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
                               {"ipv4", "^" BYTE "\\." BYTE "\\." BYTE "\\." BYTE "$"}};
#undef DAYS
#undef YEARS
#undef LEAP_YEARS
#undef DATE
#undef TIME
#undef BYTE

using Shared = std::shared_ptr<const Automaton>;

}  // namespace

Result<Shared> SchemaReader::text_automaton(const Place& place, Expr code_points) const {
  auto built = build(syntax_, code_points, Symbols::kCodePoints, RuleFacts());
  if (!built) return unsupported(place, *place.schema, fmt::format("its texts take more than {} states", kMostStates));
  return std::make_shared<const Automaton>(std::move(*built));
}

// The values and spans that texts are limited to; nullptr: they are not.
Result<Shared> SchemaReader::limits(const Place& place) {
  if (!options_.limits_texts) return Shared();
  if (limits_) return limits_;
  std::vector<Expr> ways;
  for (const std::string& value : options_.values) ways.push_back(value.empty() ? syntax_.empty() : syntax_.literal(value));
  for (const std::string& text : options_.spans)
    ways.push_back(syntax_.automaton(std::make_shared<const Automaton>(spans_of(text))));
  SOTTO_ASSIGN(limits_, text_automaton(place, syntax_.choice(std::move(ways))));
  return limits_;
}

Expr SchemaReader::free_text() {
  if (!free_text_) {
    free_text_ = syntax_.add_rule("text");
    Automaton any;
    any.states.resize(1);
    any.states[0].is_final = true;
    any.states[0].edges.push_back({0, kLastCodePoint, 0});
    Expr body = syntax_.nothing();
    if (options_.limits_texts && limits_) any = *limits_;
    if (auto quoted = quoted_json(any)) body = syntax_.automaton(std::make_shared<const Automaton>(std::move(*quoted)));
    syntax_.set_body(*free_text_, body);
  }
  return syntax_.rule(*free_text_);
}

Result<Expr> SchemaReader::text(const Place& place) {
  const PlacedJson *pattern = place.find("pattern"), *format = place.find("format");
  SOTTO_ASSIGN(const uint32_t least, count(place, "minLength", 0));
  SOTTO_ASSIGN(const uint32_t most, count(place, "maxLength", kUnbounded));
  std::vector<Shared> parts;
  const auto take = [&](std::string_view source, const PlacedJson& at) -> Status {
    auto e = read_pattern(source, &syntax_);
    if (!e.ok()) return unsupported(place, at, e.status().text());
    SOTTO_ASSIGN(Shared a, text_automaton(place, e.value()));
    parts.push_back(std::move(a));
    return {};
  };
  if (pattern) {
    if (pattern->kind != Kind::kText) return fault(place, *pattern, "'pattern' is a text");
    SOTTO_TRY(take(pattern->text, *pattern));
  }
  if (format) {
    const auto* row =
        std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& f) { return f.name == format->text; });
    if (format->kind != Kind::kText || row == std::end(kFormats))
      return unsupported(place, *format,
                         fmt::format("the format '{}' is not taken: date, time, date-time, uuid and ipv4 are; write a pattern",
                                     printable(format->text)));
    SOTTO_TRY(take(row->pattern, *format));
  } else {
    SOTTO_ASSIGN(const Shared limited, limits(place));
    if (limited) parts.push_back(limited);
  }
  if (least > 0 || most != kUnbounded) {
    if (most < least) return syntax_.nothing();
    SOTTO_ASSIGN(Shared a, text_automaton(place, syntax_.repeat(syntax_.chars({{0, kLastCodePoint}}), least, most)));
    parts.push_back(std::move(a));
  }
  if (parts.empty()) return free_text();
  std::optional<Automaton> all = *parts[0];
  for (size_t i = 1; i < parts.size() && all; ++i) all = intersect(*all, *parts[i]);
  if (all) trim(&*all);
  if (all && reads_nothing_at_all(*all)) return syntax_.nothing();
  if (all) all = quoted_json(*all);
  if (!all) return unsupported(place, *place.schema, fmt::format("its texts take more than {} states", kMostStates));
  return syntax_.automaton(std::make_shared<const Automaton>(std::move(*all)));
}

// Any key but those taken.
Result<Expr> SchemaReader::free_key(const Place& place, const std::vector<std::string>& taken) {
  SOTTO_ASSIGN(const Shared limited, limits(place));
  if (taken.empty()) return free_text();
  std::vector<Expr> ways;
  for (const std::string& key : taken) ways.push_back(key.empty() ? syntax_.empty() : syntax_.literal(key));
  SOTTO_ASSIGN(const Shared names, text_automaton(place, syntax_.choice(std::move(ways))));
  std::optional<Automaton> others = complement(*names);
  if (others && limited) others = intersect(*others, *limited);
  if (others && reads_nothing_at_all(*others)) return syntax_.nothing();
  if (others) others = quoted_json(*others);
  if (!others) return unsupported(place, *place.schema, "its further keys take too many states");
  return syntax_.automaton(std::make_shared<const Automaton>(std::move(*others)));
}

Result<Expr> SchemaReader::number(const Place& place, bool is_integer) {
  Bounds bounds;
  const struct {
    const char* key;
    bool is_least, is_exclusive;
  } rows[] = {
      {"minimum", true, false}, {"exclusiveMinimum", true, true}, {"maximum", false, false}, {"exclusiveMaximum", false, true}};
  for (const auto& row : rows) {
    const PlacedJson* v = place.find(row.key);
    if (!v) continue;
    if (v->kind != Kind::kNumber) return fault(place, *v, fmt::format("'{}' is a number", row.key));
    const double exact = std::strtod(v->text.c_str(), nullptr);
    const bool is_whole = exact == std::floor(exact);
    if (!is_whole && !is_integer)
      return unsupported(
          place, *v,
          fmt::format("'{}' of a number that is no integer is only taken when it is a whole number itself", row.key));
    const bool is_plain = v->text.find_first_of(".eE") == std::string::npos;
    errno = 0;
    const int64_t written = std::strtoll(v->text.c_str(), nullptr, 10);
    if (is_plain ? errno == ERANGE : !(std::abs(exact) < 9e18))
      return unsupported(place, *v, fmt::format("'{}' is out of the range of 64 bits", row.key));
    const int64_t rounded = is_plain ? written : static_cast<int64_t>(row.is_least ? std::ceil(exact) : std::floor(exact));
    const Bound b{rounded, is_whole && row.is_exclusive};
    auto& into = row.is_least ? bounds.least : bounds.most;
    // Of two bounds the tighter one.
    const auto rank = [&](const Bound& x) { return std::make_pair(row.is_least ? x.value : ~x.value, x.is_exclusive); };
    if (!into || rank(b) > rank(*into)) into = b;
  }
  return is_integer ? integers(bounds, &syntax_) : numbers(bounds, &syntax_);
}

}  // namespace sotto::grammar

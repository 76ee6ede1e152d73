// functions.cc: the global functions of templates.
#include <fmt/format.h>

#include <ctime>
#include <memory>

#include "text/template/evaluator.h"

namespace sotto::jinja {
namespace {

constexpr int64_t kMaxRange = 100000;

Result<Value> range(Evaluator& e, Arguments& a) {
  int64_t bounds[3] = {0, 0, 1};
  const size_t count = a.positional.size();
  if (count < 1 || count > 3) return e.error("range takes 1 to 3 arguments");
  for (size_t i = 0; i < count; ++i) {
    if (!a.positional[i].is_number() || a.positional[i].kind() == Kind::kFloat) return e.error("range takes integers");
    bounds[count == 1 ? 1 : i] = a.positional[i].as_int();
  }
  const auto [start, stop, step] = bounds;
  if (step == 0) return e.error("range() arg 3 must not be zero");
  List items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (static_cast<int64_t>(items.size()) >= kMaxRange)
      return e.error(fmt::format("Range too big. The sandbox blocks ranges larger than MAX_RANGE ({}).", kMaxRange));
    items.push_back(Value::integer(i));
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  SOTTO_TRY(e.spend(items.size()));
  return Value::range(start, stop, step, std::move(items));
}

Result<Value> dictionary(Evaluator& e, Arguments& a, bool is_namespace) {
  if (a.positional.size() > 1) return e.error(fmt::format("dict takes at most 1 argument, got {}", a.positional.size()));
  Pairs pairs;
  const auto put = [&](const Value& key, const Value& value) -> Status {
    SOTTO_TRY(e.spend(1 + pairs.size() / 16));
    Value::put(&pairs, key, value);
    return {};
  };
  if (!a.positional.empty() && a.positional[0].kind() == Kind::kDict) {
    SOTTO_TRY(e.spend(a.positional[0].pairs().size()));
    pairs = a.positional[0].pairs();
  } else if (!a.positional.empty()) {
    SOTTO_ASSIGN(const List entries, iterate(e, a.positional[0]));
    for (const Value& entry : entries) {
      SOTTO_ASSIGN(const List pair, iterate(e, entry));
      if (pair.size() != 2) return e.error("dict needs pairs of a key and a value");
      SOTTO_TRY(put(pair[0], pair[1]));
    }
  }
  for (const auto& [k, v] : a.named) SOTTO_TRY(put(Value::text(Text::literal(k)), v));
  Value made = Value::dict(std::move(pairs), is_namespace);
  if (is_namespace) e.adopt(made);
  return made;
}

Result<Value> raise_exception(Evaluator&, Arguments& a) {
  // The template's own sentence, as it is.
  return Status(SOTTO_TEMPLATE_ERROR, to_text(a.get(0, "message")).bytes);
}

Result<Value> joiner(Evaluator&, Arguments& a) {
  const Value separator = a.positional.empty() ? Value::text(Text::literal(", ")) : a.positional[0];
  auto used = std::make_shared<bool>(false);
  return Value::function(
      "joiner",
      [separator, used](Evaluator&, Arguments&) -> Result<Value> {
        if (*used) return separator;
        *used = true;
        return Value::text(Text());
      },
      separator);
}

Result<Value> cycler(Evaluator& e, Arguments& a) {
  if (a.positional.empty()) return e.error("at least one item has to be provided");
  auto at = std::make_shared<size_t>(0);
  const List items = a.positional;
  const Value held = Value::list(items);
  const auto word = [](const char* s) { return Value::text(Text::literal(s)); };
  return Value::dict(
      {{word("next"),
        Value::function(
            "next", [items, at](Evaluator&, Arguments&) -> Result<Value> { return items[(*at)++ % items.size()]; }, held)},
       {word("reset"), Value::function("reset", [at](Evaluator&, Arguments&) -> Result<Value> {
          *at = 0;
          return Value::none();
        })}});
}

}  // namespace

void add_functions(Scope* globals, int64_t now) {
  const auto add = [&](const char* name, Function f) { globals->names[name] = Value::function(name, std::move(f)); };
  add("range", range);
  add("dict", [](Evaluator& e, Arguments& a) { return dictionary(e, a, false); });
  add("namespace", [](Evaluator& e, Arguments& a) { return dictionary(e, a, true); });
  add("raise_exception", raise_exception);
  add("joiner", joiner);
  add("cycler", cycler);
  add("strftime_now", [now](Evaluator& e, Arguments& a) -> Result<Value> {
    const Value format = a.get(0, "format");
    if (!format.is_text() || format.as_text().bytes.size() > 200) return e.error("strftime_now needs a format");
    const auto seconds = static_cast<std::time_t>(now);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char buffer[1024];
    const size_t size = std::strftime(buffer, sizeof buffer, format.as_text().bytes.c_str(), &parts);
    return Value::text(Text::literal(std::string(buffer, size)));
  });
}

}  // namespace sotto::jinja

#include "arguments.h"

#include <algorithm>
#include <cstdlib>

#include "frames.h"
#include "json.h"
#include "lexicon.h"

namespace sotto::assistant {
namespace {

using Places = std::vector<std::pair<size_t, size_t>>;

bool overlaps(const Places& places, size_t begin, size_t end) {
  return std::any_of(places.begin(), places.end(), [&](const auto& p) { return begin < p.second && p.first < end; });
}

const Span* span_of(const Understood& understood, std::string_view slot) {
  for (const Span& span : understood.spans)
    if (span.slot == slot) return &span;
  return nullptr;
}

std::string_view words_at(const std::string& text, const Span& span) {
  return std::string_view(text).substr(span.begin, span.end - span.begin);
}

bool is_text_beside(const World& world, const Span& span, const Parameter& p, const Value& v) {
  return span.slot != p.name && world.domain.type_of(span.slot) == SlotType::kText && span.begin < v.end && v.begin < span.end;
}

// Names that the home knows are taken from the text itself, unless the model marked a longer one around it: "壁灯" is not "灯".
void take_places(const World& world, const Function& function, const std::string& text, const Understood& understood,
                 Wish* wish) {
  const std::string normal = normal_form(text);
  std::vector<std::string> names, areas;
  for (const Home::Mention& mention : world.home.mentions(normal, world.domain)) {
    std::vector<std::string>& to = mention.is_area ? areas : names;
    if (std::find(to.begin(), to.end(), mention.words) == to.end()) to.push_back(mention.words);
  }
  const Span* const name_span = span_of(understood, "name");
  const Span* const area_span = span_of(understood, "area");
  if (name_span != nullptr) {
    const std::string marked(words_at(text, *name_span)), bare = normal_form(marked);
    if (names.empty()) names.push_back(marked);
    const auto is_inside = [&](const std::string& name) { return bare.size() > name.size() && contains(bare, name); };
    // "灯和风扇" are two, though the model marked them as one, and so are the lights of two rooms.
    if (std::count_if(names.begin(), names.end(), is_inside) == 1 && std::count_if(areas.begin(), areas.end(), is_inside) < 2)
      for (std::string& name : names)
        if (is_inside(name)) name = marked;
  }
  if (areas.empty() && area_span != nullptr) areas.emplace_back(words_at(text, *area_span));
  if (wish->names.empty()) wish->names = names;
  if (wish->areas.empty()) wish->areas = areas;
  // "Both" without a name are those of before (carry_over), not all that there are.
  const bool is_both = has_cue(normal, Cue::kBoth);
  wish->is_all = wish->is_all || (is_both ? !wish->names.empty() : has_cue(normal, Cue::kAll));
  if (!function.acts_on_devices()) keep_place_words(function, wish);
}

std::optional<Value> choice_in(const Parameter& parameter, std::string_view text) {
  const std::string normal = normal_form(text);
  const Choice* best = nullptr;
  std::string_view said;
  for (const Choice& choice : parameter.choices)
    for (const std::string& words : choice.words)
      if (contains(normal, words) && words.size() > said.size()) best = &choice, said = words;
  if (best == nullptr) return std::nullopt;
  Value value;
  value.json = best->json;
  value.words.fill(std::string(said));
  return value;
}

std::optional<Value> yes_in(std::string_view text) {
  constexpr struct {
    std::string_view words;
    bool is_yes;
  } kWords[] = {{"不", false},  {"别", false},    {"关", false},      {"off", false}, {"no", false},
                {"not", false}, {"don't", false}, {"without", false}, {"开", true},   {"要", true},
                {"on", true},   {"yes", true},    {"with", true}};
  const std::string normal = normal_form(text);
  for (const auto& row : kWords)
    if (contains(normal, row.words)) {
      Value value;
      value.json = row.is_yes ? "true" : "false";
      value.words.fill(std::string(row.words));
      return value;
    }
  return std::nullopt;
}

// What stands at {name} of an example that the text follows.
std::optional<std::string> aligned(const World& world, const Function& function, const Parameter& parameter,
                                   const std::string& text, Language language) {
  const auto is_value = [&](const std::string& hole, const std::string& words) {
    const Parameter* const p = function.parameter(hole);
    return p == nullptr || !is_typed(p->type) || !world.values().read(words, p->type, language, true).empty();
  };
  const auto words = words_at_hole(function.examples, normal_form(parameter.name), normal_form(text), is_value);
  return words ? std::optional<std::string>(as_written(text, *words)) : std::nullopt;
}

// A value that reads as one only where an example has a place for it: "两" of "出两份".
std::optional<Value> aligned_value(const World& world, const Function& function, const Parameter& p, const std::string& text,
                                   Language language) {
  const auto read = [&](const std::string& words) -> std::optional<Value> {
    const std::vector<Reading> readings = world.values().read(words, p.type, language, true);
    if (readings.empty() || readings.back().is_ambiguous()) return std::nullopt;
    return readings.back().values.front();
  };
  if (const auto words = aligned(world, function, p, text, language); words) return read(*words);
  for (const std::string& words : words_before_tail(function.examples, normal_form(p.name), normal_form(text)))
    if (const auto value = read(words); value && value->end == words.size()) return value;
  return std::nullopt;
}

// Readings of a typed parameter: of its span, else of the rest of the text that no other parameter has taken.
std::vector<Reading> typed_readings(const World& world, const Function& function, const Parameter& p, const std::string& text,
                                    const Understood& understood, Language language, const Places& taken) {
  const ValueReader values = world.values();
  if (const Span* span = span_of(understood, p.name); span != nullptr) {
    std::vector<Reading> own = values.read(words_at(text, *span), p.type, language, true);
    for (Reading& reading : own)
      for (Value& value : reading.values) value.begin += span->begin, value.end += span->begin;
    if (!own.empty()) return own;
  }
  // A bare number may be anything: for an intent its span must say that it is one.
  if (p.type == SlotType::kNumber && function.intent != nullptr) return {};
  std::vector<Reading> rest = values.read(text, p.type, language, false);
  rest.erase(std::remove_if(rest.begin(), rest.end(),
                            [&](const Reading& r) {
                              const Value& v = r.values.front();
                              if (p.type != SlotType::kRepeat && overlaps(taken, v.begin, v.end)) return true;
                              return std::any_of(understood.spans.begin(), understood.spans.end(),
                                                 [&](const Span& span) { return is_text_beside(world, span, p, v); });
                            }),
             rest.end());
  return rest;
}

}  // namespace

void keep_place_words(const Function& function, Wish* wish) {
  const struct {
    const char* slot;
    const std::vector<std::string>& words;
  } kPlaces[] = {{"name", wish->names}, {"area", wish->areas}};
  for (const auto& place : kPlaces)
    if (function.parameter(place.slot) != nullptr && !place.words.empty())
      wish->slots.emplace(place.slot, text_value(place.words.front()));
}

bool may_hold(const Parameter& parameter, std::string_view text) {
  if (parameter.type == SlotType::kChoice) return choice_in(parameter, text).has_value();
  return parameter.type != SlotType::kYes || yes_in(text).has_value();
}

bool is_in_range(const Parameter& parameter, const Value& value) {
  if (!parameter.has_least && !parameter.has_most && !parameter.is_integer) return true;
  char* end = nullptr;
  const double number = std::strtod(value.json.c_str(), &end);
  if (end == value.json.c_str() || *end != '\0') return !parameter.has_least && !parameter.has_most;
  if (parameter.is_integer && number != static_cast<double>(static_cast<int64_t>(number))) return false;
  return (!parameter.has_least || number >= parameter.least) && (!parameter.has_most || number <= parameter.most);
}

Filled fill_wish(const World& world, const Function& function, const std::string& text, const Understood& understood,
                 Language language, Wish* wish) {
  Filled filled;
  take_places(world, function, text, understood, wish);
  Places taken;
  for (const Parameter& p : function.parameters) {
    if (p.type == SlotType::kDevice || p.type == SlotType::kArea || wish->slots.count(p.name) != 0) continue;
    std::optional<Value> value;
    const Span* const span = span_of(understood, p.name);
    if (is_typed(p.type)) {
      const std::vector<Reading> readings = typed_readings(world, function, p, text, understood, language, taken);
      if (readings.empty()) {
        value = aligned_value(world, function, p, text, language);
        if (!value) continue;
        if (is_in_range(p, *value)) wish->slots[p.name] = *value;
        continue;
      }
      const Reading& first = readings.front();
      taken.emplace_back(first.values.front().begin, first.values.front().end);
      if (first.is_ambiguous()) {
        if (!filled.doubt) filled.doubt = Doubt{p.name, first.values};
        continue;
      }
      value = first.values.front();
    } else if (p.type == SlotType::kChoice) {
      value = choice_in(p, span != nullptr ? words_at(text, *span) : std::string_view(text));
    } else if (p.type == SlotType::kYes) {
      value = yes_in(text);
    } else if (span != nullptr) {
      value = text_value(words_at(text, *span));
    } else if (const auto words = aligned(world, function, p, text, language); words) {
      value = text_value(*words);
    }
    if (!value) continue;
    if (is_in_range(p, *value))
      wish->slots[p.name] = *value;
    else if (filled.out_of_range.empty())
      filled.out_of_range = p.name;
  }
  return filled;
}

std::optional<Reading> read_answer(const World& world, const Parameter& parameter, const std::string& text,
                                   const Understood& understood, Language language) {
  if (is_typed(parameter.type)) {
    std::vector<Reading> readings = world.values().read(text, parameter.type, language, true);
    if (readings.empty()) return std::nullopt;
    return readings.front();
  }
  std::optional<Value> value;
  if (parameter.type == SlotType::kChoice)
    value = choice_in(parameter, text);
  else if (parameter.type == SlotType::kYes)
    value = yes_in(text);
  else if (const Span* span = span_of(understood, parameter.name); span != nullptr)
    value = text_value(words_at(text, *span));
  else
    value = text_value(trimmed(text));
  if (!value || value->json == "\"\"") return std::nullopt;
  return Reading{{*value}};
}

std::string arguments_json(const Function& function, const Wish& wish, const Device* device) {
  Json json = Json::object();
  for (const Parameter& p : function.parameters) {
    const auto at = wish.slots.find(p.name);
    if (at != wish.slots.end()) {
      Json value = Json::parse(at->second.json, nullptr, false);
      json[p.name] = p.is_list ? Json::array({std::move(value)}) : std::move(value);
    } else if (p.type == SlotType::kDevice && function.intent == nullptr && device != nullptr) {
      json[p.name] = device->id;
    } else if (p.type == SlotType::kArea && function.intent == nullptr && device != nullptr && !device->area.empty()) {
      json[p.name] = device->area;
    }
  }
  if (function.intent != nullptr && device != nullptr) {
    json["device"] = device->id;
    if (!device->area.empty()) json["area"] = device->area;
  }
  return written(json);
}

}  // namespace sotto::assistant

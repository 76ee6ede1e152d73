#include "follow.h"

#include <algorithm>

namespace sotto::assistant {
namespace {

constexpr size_t kLongestValue = 16;  // code points of a text that replaces another, where nothing marks it as one
constexpr double kSureCommand = 0.8;

// What may stand beside a new value.
constexpr std::string_view kSmall[] = {"的", "里", "那", "个",  "盏",   "吧",     "也", "是",   "把", "调",  "到",   "成",
                                       "设", "为", "了", "去",  "呢",   "开",     "就", "要",   "点", "the", "in",   "for",
                                       "to", "a",  "at", "one", "ones", "please", "it", "with", "on", "of",  "that", "my"};

bool is_only_small(std::string_view rest) {
  std::string normal = normal_form(rest);
  for (bool goes_on = true; goes_on && !normal.empty();) {
    goes_on = false;
    for (const std::string_view word : kSmall) {
      const bool is_ascii = static_cast<unsigned char>(word[0]) < 0x80;
      if (!starts_with(normal, word) || (is_ascii && normal.size() > word.size() && normal[word.size()] != ' ' &&
                                         static_cast<unsigned char>(normal[word.size()]) < 0x80))
        continue;
      normal = std::string(trimmed(std::string_view(normal).substr(word.size())));
      goes_on = true;
    }
  }
  return normal.empty();
}

std::string kind_name(const World& world, std::string_view kind, Language language) {
  const auto at = world.domain.kinds().find(std::string(kind));
  if (at == world.domain.kinds().end()) return {};
  const std::vector<std::string>& names = at->second[index_of(language)];
  return names.empty() ? std::string() : names.front();
}

// Only another room: the same kind of thing there.
void same_kinds(const World& world, Language language, const Wish& before, Wish* wish) {
  wish->names.clear();
  for (const std::string& id : before.devices) {
    const Device* const device = world.home.device(id);
    const std::string name = device == nullptr ? std::string() : kind_name(world, device->kind, language);
    if (!name.empty() && std::find(wish->names.begin(), wish->names.end(), name) == wish->names.end())
      wish->names.push_back(name);
  }
  if (wish->names.empty()) wish->names = before.names;
}

bool replace_places(const World& world, std::string_view value, Language language, const Wish& before, Wish* wish) {
  std::vector<std::string> names, areas;
  std::string rest(value);
  const std::vector<Home::Mention> mentions = world.home.mentions(value, world.domain);
  for (auto m = mentions.rbegin(); m != mentions.rend(); ++m) {
    (m->is_area ? areas : names).insert((m->is_area ? areas : names).begin(), m->words);
    rest.erase(m->begin, m->end - m->begin);
  }
  if (mentions.empty() || !is_only_small(rest)) return false;
  wish->devices.clear();
  wish->is_all = false;
  if (!areas.empty()) wish->areas = areas;
  if (!names.empty()) wish->names = names;
  if (names.empty()) same_kinds(world, language, before, wish);
  if (areas.empty()) wish->areas.clear();
  return true;
}

// A typed value or a choice that the words are nothing but.
bool replace_value(const World& world, const Function& function, const std::string& value, Language language, Wish* wish,
                   Filled* filled) {
  for (const bool is_said_before : {true, false})
    for (const Parameter& p : function.parameters) {
      if ((wish->slots.count(p.name) != 0) != is_said_before || !(is_typed(p.type) || p.type == SlotType::kChoice)) continue;
      const std::optional<Reading> reading = read_answer(world, p, value, {}, language);
      if (!reading) continue;
      const Value& first = reading->values.front();
      std::string rest = value;
      if (is_typed(p.type)) rest.erase(first.begin, first.end - first.begin);
      if (is_typed(p.type) && !is_only_small(rest)) continue;
      wish->slots.erase(p.name);
      if (reading->is_ambiguous())
        filled->doubt = Doubt{p.name, reading->values};
      else if (is_in_range(p, first))
        wish->slots[p.name] = first;
      else
        filled->out_of_range = p.name;
      return true;
    }
  return false;
}

// A name of something: marked by the model as a slot of the wish, or standing where the old one stood.
bool replace_text(const Function& function, const Reference& reference, const Understood& marked, Wish* wish) {
  for (const Span& span : marked.spans) {
    const Parameter* const p = function.parameter(span.slot);
    if (p == nullptr || p->type != SlotType::kText || wish->slots.count(p->name) == 0) continue;
    wish->slots[p->name] = text_value(std::string_view(reference.value).substr(span.begin, span.end - span.begin));
    return true;
  }
  std::string slot;
  for (const Parameter& p : function.parameters) {
    const auto at = wish->slots.find(p.name);
    if (p.type != SlotType::kText || at == wish->slots.end()) continue;
    if (slot.empty() || normal_form(at->second.words[0]) == normal_form(reference.old)) slot = p.name;
  }
  if (slot.empty() || code_points(reference.value).size() > kLongestValue) return false;
  wish->slots[slot] = text_value(reference.value);
  return true;
}

bool is_sure_command(const Heard& heard) {
  return (heard.kind == Heard::Kind::kFunction || heard.kind == Heard::Kind::kElsewhere) && heard.confidence >= kSureCommand;
}

// Which of the options the words name.
std::vector<std::string> named_among(const World& world, const std::string& normal, const std::vector<std::string>& options) {
  std::vector<std::string> named;
  double most = 0.5;
  for (const std::string& id : options) {
    const Device* const device = world.home.device(id);
    if (device == nullptr) continue;
    double score = 0;
    const auto look = [&](const Place& place) {
      for (const auto& names : place.names)
        for (const std::string& name : names) {
          const std::string words = normal_form(name);
          score = std::max(
              score, contains(normal, words) ? 2.0 + static_cast<double>(words.size()) / 1000 : edit_likeness(normal, words));
        }
    };
    look(*device);
    if (const Place* area = world.home.area(device->area); area != nullptr) look(*area);
    if (score > most) named.clear(), most = score;
    if (score >= most) named.push_back(id);
  }
  return named;
}

// "the second one": an index into `count` options; `count` where none is named.
size_t ordinal_among(std::string_view normal, size_t count) {
  constexpr struct {
    std::string_view words;
    size_t index;
  } kOrdinals[] = {{"第一", 0},  {"第二", 1},   {"第三", 2},  {"第四", 3},   {"前", 0},
                   {"first", 0}, {"second", 1}, {"third", 2}, {"fourth", 3}, {"former", 0}};
  for (const auto& row : kOrdinals)
    if (contains(normal, row.words) && row.index < count) return row.index;
  for (const std::string_view last : {"最后", "后", "last", "latter"})
    if (contains(normal, last)) return count - 1;
  return count;
}

Answered refused() { return {Answered::Kind::kRefused, {}, {}}; }
Answered filled_with(Wish wish, Filled filled = {}) { return {Answered::Kind::kFilled, std::move(wish), std::move(filled)}; }

Answered answer_device(const World& world, const std::string& normal, const Heard& heard, const Question& question) {
  Wish wish = question.wish;
  if (has_cue(normal, Cue::kAll) || has_cue(normal, Cue::kBoth)) return wish.devices = question.devices, filled_with(wish);
  if (heard.intent == "dialog.any") return wish.devices = {question.devices.front()}, filled_with(wish);
  if (const size_t at = ordinal_among(normal, question.devices.size()); at < question.devices.size())
    return wish.devices = {question.devices[at]}, filled_with(wish);
  const std::vector<std::string> named = named_among(world, normal, question.devices);
  if (named.empty() || named.size() == question.devices.size()) return {};
  return wish.devices = named, filled_with(wish);
}

Answered answer_value(const World& world, const std::string& normal, const Heard& heard, Language language,
                      const Question& question) {
  Wish wish = question.wish;
  const auto take = [&](const Value& value) { return wish.slots[question.slot] = value, filled_with(wish); };
  if (heard.intent == "dialog.any") return take(question.values.front());
  const Function* const function = world.functions.find(wish.function);
  const Parameter* const p = function == nullptr ? nullptr : function->parameter(question.slot);
  if (p == nullptr) return {};
  Filled filled;
  if (const auto reading = read_answer(world, *p, heard.text, heard.understood, language); reading) {
    for (const Value& value : question.values)
      for (const Value& said : reading->values)
        if (said.json == value.json && !reading->is_ambiguous()) return take(value);
    // Another value altogether; a part of the day alone ("in the evening") is none.
    const bool is_whole = !reading->is_ambiguous() && reading->values.front().json.find('/') == std::string::npos;
    if (is_whole && replace_value(world, *function, normal, language, &wish, &filled)) return filled_with(wish, filled);
  }
  const bool is_morning = has_cue(normal, Cue::kMorning), is_evening = has_cue(normal, Cue::kEvening);
  for (const Value& value : question.values) {
    const size_t t = value.json.find('T');
    if (is_morning == is_evening || t == std::string::npos || t + 2 >= value.json.size()) continue;
    const int hour = (value.json[t + 1] - '0') * 10 + (value.json[t + 2] - '0');
    if ((hour < 12) == is_morning) return take(value);
  }
  if (const size_t at = ordinal_among(normal, question.values.size()); at < question.values.size())
    return take(question.values[at]);
  for (const Value& value : question.values)
    if (contains(normal, normal_form(value.words[index_of(language)]))) return take(value);
  return {};
}

Answered answer_slot(const World& world, const std::string& normal, const Heard& heard, Language language,
                     const Question& question) {
  Wish wish = question.wish;
  const Function* const function = world.functions.find(wish.function);
  const Parameter* const p = function == nullptr ? nullptr : function->parameter(question.slot);
  if (p == nullptr) return {};
  if (p->type == SlotType::kDevice || p->type == SlotType::kArea) {
    if (is_sure_command(heard)) return {};
    wish.names = {normal};
    return filled_with(wish);
  }
  const bool is_said_by_type = is_typed(p->type) || p->type == SlotType::kChoice || p->type == SlotType::kYes;
  const bool is_same = heard.kind == Heard::Kind::kFunction && heard.intent == wish.function;
  const auto reading = read_answer(world, *p, heard.text, heard.understood, language);
  if (reading && is_said_by_type) {
    std::string rest = heard.text;
    if (is_typed(p->type))
      rest.erase(reading->values.front().begin, reading->values.front().end - reading->values.front().begin);
    if (is_sure_command(heard) && !is_same && !is_only_small(rest)) return {};
    Filled filled;
    if (reading->is_ambiguous())
      filled.doubt = Doubt{p->name, reading->values};
    else if (is_in_range(*p, reading->values.front()))
      wish.slots[p->name] = reading->values.front();
    else
      filled.out_of_range = p->name;
    return filled_with(wish, filled);
  }
  if (!reading || (is_sure_command(heard) && !is_same)) return {};
  // "no, I meant Bob": the name alone.
  const std::vector<Reference> meant = references(normal, language);
  wish.slots[p->name] = meant.empty() || meant.front().kind != Reference::Kind::kCorrection ? reading->values.front()
                                                                                            : text_value(meant.front().value);
  return filled_with(wish);
}

}  // namespace

std::optional<Followed> follow_reference(World& world, Listener& listener, const Heard& heard, Language language,
                                         const Wish& before) {
  const Function* const function = world.functions.find(before.function);
  if (function == nullptr) return std::nullopt;
  for (const Reference& reference : references(normal_form(heard.text), language)) {
    Followed followed{reference.kind, before, {}};
    followed.wish.is_agreed = false;
    followed.wish.confidence = 1;
    if (function->acts_on_devices() && replace_places(world, reference.value, language, before, &followed.wish))
      return followed;
    if (replace_value(world, *function, reference.value, language, &followed.wish, &followed.filled)) return followed;
    if (is_sure_command(heard)) continue;
    if (replace_text(*function, reference, listener.read(reference.value), &followed.wish)) return followed;
  }
  return std::nullopt;
}

void carry_over(const World& world, const Function& function, const std::string& text, Language language, const Wish& before,
                Wish* wish) {
  if (!function.acts_on_devices() || before.devices.empty()) return;
  const std::string normal = normal_form(text);
  const bool is_leaning = has_cue(normal, Cue::kPronoun) || has_cue(normal, Cue::kAlso) || has_cue(normal, Cue::kBoth);
  if (!wish->areas.empty() && wish->names.empty()) {
    const std::vector<std::string> kinds = function.kinds();
    if (is_leaning || kinds.front() == "any") same_kinds(world, language, before, wish);
    return;
  }
  if (!wish->names.empty() || !wish->areas.empty() || wish->is_all) return;
  const std::vector<std::string> kinds = function.kinds();
  const bool fits = std::all_of(before.devices.begin(), before.devices.end(), [&](const std::string& id) {
    const Device* const device = world.home.device(id);
    return device != nullptr &&
           std::any_of(kinds.begin(), kinds.end(), [&](const std::string& k) { return k == "any" || k == device->kind; });
  });
  const bool is_of_a_kind = kinds.front() != "any";
  if (fits && (is_leaning || is_of_a_kind || has_cue(normal, Cue::kMore))) wish->devices = before.devices;
}

bool is_nothing_but(const World& world, SlotType type, const std::string& text, Language language) {
  const std::vector<Reading> readings = world.values().read(text, type, language, true);
  if (readings.empty()) return false;
  const Value& value = readings.front().values.front();
  std::string rest = text;
  rest.erase(value.begin, value.end - value.begin);
  return is_only_small(rest);
}

Answered answer_question(World& world, Listener& listener, const Heard& heard, Language language, const Question& question) {
  const std::string normal = normal_form(heard.text);
  const bool is_dialog = heard.kind == Heard::Kind::kDialog;
  if (is_cue(normal, Cue::kStop) || (is_dialog && heard.intent == "dialog.stop")) return {Answered::Kind::kDropped, {}, {}};
  if (question.kind == Question::Kind::kConfirm) {
    Wish wish = question.wish;
    wish.is_agreed = true;
    if (is_cue(normal, Cue::kYes) || (is_dialog && heard.intent == "dialog.affirm")) return filled_with(wish);
    if (is_cue(normal, Cue::kNo) || (is_dialog && heard.intent == "dialog.negate")) return refused();
  }
  Answered answered;
  if (question.kind == Question::Kind::kDevice && (!is_sure_command(heard) || has_cue(normal, Cue::kBoth)))
    answered = answer_device(world, normal, heard, question);
  if (question.kind == Question::Kind::kValue) answered = answer_value(world, normal, heard, language, question);
  if (answered.kind != Answered::Kind::kNo) return answered;
  if (auto followed = follow_reference(world, listener, heard, language, question.wish); followed)
    return filled_with(std::move(followed->wish), std::move(followed->filled));
  if (is_cue(normal, Cue::kNo)) return refused();
  if (question.kind == Question::Kind::kSlot) return answer_slot(world, normal, heard, language, question);
  return {};
}

}  // namespace sotto::assistant

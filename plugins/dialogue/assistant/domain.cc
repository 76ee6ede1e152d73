#include "domain.h"

#include <algorithm>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostBytes = 8 << 20, kMostIntents = 2048, kMostLines = 20000, kMostTemplates = 64, kLongestText = 2000;
constexpr int kVersion = 1;

constexpr struct {
  std::string_view name;
  SlotType type;
} kSlotTypes[] = {{"text", SlotType::kText},
                  {"device", SlotType::kDevice},
                  {"area", SlotType::kArea},
                  {"percent", SlotType::kPercent},
                  {"amount", SlotType::kAmount},
                  {"color", SlotType::kColor},
                  {"temperature", SlotType::kTemperature},
                  {"duration", SlotType::kDuration},
                  {"time", SlotType::kTime},
                  {"repeat", SlotType::kRepeat},
                  {"number", SlotType::kNumber}};

[[noreturn]] void refuse(const std::string& where, const std::string& how) {
  throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: the domain, " + where + ": " + how + " (sotto-train domain writes one)");
}

const Json& member(const Json& object, const char* name, const std::string& where, Json::value_t type) {
  static const Json kObject = Json::object(), kArray = Json::array();
  const auto at = object.find(name);
  if (at == object.end()) return type == Json::value_t::object ? kObject : kArray;
  if (at->type() != type) refuse(where, std::string("\"") + name + "\" is " + at->type_name());
  return *at;
}

void check_size(size_t size, size_t most, const std::string& where) {
  if (size > most) refuse(where, std::to_string(size) + " entries, at most " + std::to_string(most) + " are read");
}

std::vector<std::string> texts(const Json& object, const char* name, const std::string& where) {
  std::vector<std::string> list = texts_member(object, name, where);
  check_size(list.size(), kMostTemplates, where);
  for (const std::string& text : list)
    if (text.empty() || text.size() > kLongestText) refuse(where, "a text of " + std::to_string(text.size()) + " bytes");
  return list;
}

BothReplies replies_of(const Json& json, const std::string& where) {
  BothReplies both;
  for (size_t i = 0; i < kLanguages; ++i) {
    const char* const language = name_of(static_cast<Language>(i));
    const Json& of = member(json, language, where, Json::value_t::object);
    const std::string place = where + ", " + language;
    both[i].done = texts(of, "done", place);
    both[i].failed = texts(of, "failed", place);
    both[i].confirm = texts(of, "confirm", place);
    const Json& ask = member(of, "ask", place, Json::value_t::object);
    check_size(ask.size(), kMostTemplates, place);
    for (const auto& [slot, questions] : ask.items()) both[i].ask[slot] = texts(ask, slot.c_str(), place + ", ask " + slot);
  }
  return both;
}

Intent intent_of(const Json& json, const std::string& where) {
  if (!json.is_object()) refuse(where, std::string("it is ") + json.type_name());
  Intent intent;
  intent.slots = texts(json, "slots", where);
  intent.targets = texts(json, "targets", where);
  for (const auto& [kind, other] : member(json, "instead", where, Json::value_t::object).items()) {
    if (!other.is_string()) refuse(where, "\"instead\" holds no names of intents");
    intent.instead[kind] = other.get<std::string>();
  }
  intent.undo = text_member(json, "undo", where);
  const auto needs = json.find("needs_device");
  intent.needs_device = needs != json.end() && needs->is_boolean() && needs->get<bool>();
  for (const Json& group : member(json, "required", where, Json::value_t::array)) {
    if (!group.is_array()) refuse(where, "\"required\" holds no lists of slots");
    intent.required.emplace_back();
    for (const Json& slot : group) {
      if (!slot.is_string() || !intent.has_slot(slot.get<std::string>())) refuse(where, "\"required\" names no slot of it");
      intent.required.back().push_back(slot.get<std::string>());
    }
  }
  check_size(intent.required.size(), kMostTemplates, where);
  intent.replies = replies_of(member(json, "replies", where, Json::value_t::object), where);
  return intent;
}

std::vector<Line> lines_of(const Json& json, const char* key, Language language) {
  const std::string where = std::string(key) + " " + name_of(language);
  const Json& list = member(member(json, key, where, Json::value_t::object), name_of(language), where, Json::value_t::array);
  check_size(list.size(), kMostLines, where);
  std::vector<Line> lines;
  for (const Json& row : list) {
    const bool is_row =
        row.is_array() && row.size() >= 2 && row.size() <= 3 && std::all_of(row.begin(), row.end(), [](const Json& cell) {
          return cell.is_string() && cell.get_ref<const std::string&>().size() <= kLongestText;
        });
    if (!is_row) refuse(where, "line " + std::to_string(lines.size()) + " is not [said, answer, topic]");
    lines.push_back({row[0].get<std::string>(), row[1].get<std::string>(), row.size() > 2 ? row[2].get<std::string>() : ""});
  }
  return lines;
}

std::string without_slots(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t open = std::min(text.find('{', at), text.size());
    out += text.substr(at, open - at);
    at = open == text.size() ? open : std::min(text.find('}', open), text.size() - 1) + 1;
    if (at < text.size()) out += ' ';
  }
  return out;
}

}  // namespace

bool find_slot_type(std::string_view name, SlotType* out) {
  for (const auto& row : kSlotTypes)
    if (row.name == name) return *out = row.type, true;
  return false;
}

bool Intent::has_slot(std::string_view name) const { return std::find(slots.begin(), slots.end(), name) != slots.end(); }

const Intent* Domain::find(std::string_view intent) const {
  const auto at = intents_.find(intent);
  return at == intents_.end() ? nullptr : &at->second;
}

SlotType Domain::type_of(std::string_view slot) const {
  const auto at = slots_.find(slot);
  return at == slots_.end() ? SlotType::kText : at->second;
}

Domain Domain::read(std::string_view text) {
  const Json json = read_json(text, "the domain", kMostBytes);
  if (!json.is_object() || text_member(json, "format", "the domain") != "sotto.assistant")
    refuse("format", "it is no \"sotto.assistant\"");
  const auto version = json.find("version");
  if (version == json.end() || !version->is_number_integer() || *version != kVersion)
    throw Failure(SOTTO_UNSUPPORTED, "assistant: the domain has version " +
                                         (version == json.end() ? std::string("none") : plain_text(written(*version), 40)) +
                                         ", this library reads version " + std::to_string(kVersion));
  Domain domain;
  for (const auto& [name, type] : member(json, "slots", "slots", Json::value_t::object).items()) {
    SlotType known{};
    if (!type.is_string() || !find_slot_type(type.get<std::string>(), &known)) refuse("slot " + name, "its type is unknown");
    domain.slots_[name] = known;
  }
  for (const auto& [kind, names] : member(json, "kinds", "kinds", Json::value_t::object).items())
    for (size_t i = 0; i < kLanguages; ++i)
      for (const std::string& name : texts(names, name_of(static_cast<Language>(i)), "kind " + kind))
        domain.kinds_[kind][i].push_back(normal_form(name));
  const Json& intents = member(json, "intents", "intents", Json::value_t::object);
  check_size(intents.size(), kMostIntents, "intents");
  for (const auto& [name, intent] : intents.items())
    domain.intents_[name] = intent_of(intent, "intent " + plain_text(name, 64));
  for (size_t i = 0; i < kLanguages; ++i) {
    domain.talk_[i] = lines_of(json, "talk", static_cast<Language>(i));
    domain.examples_[i] = lines_of(json, "examples", static_cast<Language>(i));
    for (Line& line : domain.examples_[i]) {
      if (line.answer != "none") domain.patterns_[i].push_back(line.said);
      line.said = without_slots(line.said);
    }
    domain.refusals_[i] = lines_of(json, "refusals", static_cast<Language>(i));
  }
  return domain;
}

BothReplies read_replies(std::string_view json, const std::string& what) {
  constexpr size_t kMost = 64 << 10;
  const Json read = read_json(json, what, kMost);
  if (!read.is_object()) refuse(what, "the replies are no object");
  return replies_of(read, what);
}

}  // namespace sotto::assistant

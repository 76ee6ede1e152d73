#include "home.h"

#include <algorithm>

#include "json.h"

namespace sotto::assistant {
namespace {

constexpr size_t kMostBytes = 1 << 20, kMostThings = 2000, kMostNames = 32, kLongestName = 120;
// Of letters: one of three Han characters misheard is still the same name, and one of four letters.
constexpr double kAlikeHan = 0.6, kAlikeLetters = 0.75;

[[noreturn]] void refuse(const std::string& how) { throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: the home: " + how); }

std::string name_text(const Json& object, const char* key, const std::string& where) {
  std::string text = plain_text(text_member(object, key, where), kLongestName);
  return text;
}

Place place_of(const Json& json, const std::string& where) {
  if (!json.is_object()) refuse(where + " is no object");
  Place place;
  place.id = name_text(json, "id", where);
  if (place.id.empty()) refuse(where + " has no \"id\"");
  for (size_t i = 0; i < kLanguages; ++i) {
    std::vector<std::string> names = texts_member(json, name_of(static_cast<Language>(i)), where);
    if (names.size() > kMostNames) refuse(where + " has " + std::to_string(names.size()) + " names, at most 32 are read");
    for (const std::string& name : names)
      if (std::string plain = plain_text(name, kLongestName); !normal_form(plain).empty()) place.names[i].push_back(plain);
  }
  if (place.names[0].empty() && place.names[1].empty()) refuse(where + " \"" + place.id + "\" has no name");
  return place;
}

const Json& list_of(const Json& home, const char* key) {
  static const Json kNone = Json::array();
  const auto at = home.find(key);
  if (at == home.end()) return kNone;
  if (!at->is_array() || at->size() > kMostThings)
    refuse(std::string("\"") + key + "\" is no list of at most " + std::to_string(kMostThings));
  return *at;
}

// Words that say nothing about which device is meant.
std::string bare(std::string_view words) {
  std::string normal = normal_form(words);
  constexpr std::string_view kHeads[] = {"的",      "the ",  "my ",    "our ",   "all the ", "all ",    "every ",
                                         "both ",   "that ", "this ",  "these ", "those ",   "in the ", "in ",
                                         "of the ", "那个",  "这个",   "那盏",   "这盏",     "所有的",  "所有",
                                         "全部的",  "全部",  "全屋的", "全屋",   "我的",     "家里的",  "家里"};
  constexpr std::string_view kTails[] = {"的", "里的", "里", "那个", "那盏"};
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    for (const std::string_view head : kHeads)
      if (normal.size() > head.size() && starts_with(normal, head)) normal.erase(0, head.size()), goes_on = true;
    for (const std::string_view tail : kTails)
      if (normal.size() > tail.size() && ends_with(normal, tail)) normal.resize(normal.size() - tail.size()), goes_on = true;
  }
  return normal;
}

double least_alike(std::string_view words) {
  return !words.empty() && static_cast<unsigned char>(words[0]) < 0x80 ? kAlikeLetters : kAlikeHan;
}

template <class Use>
void each_name(const Place& place, Use use) {
  for (const auto& names : place.names)
    for (const std::string& name : names) use(normal_form(name));
}

double best_likeness(const Place& place, std::string_view words) {
  double best = 0;
  each_name(place, [&](const std::string& name) { best = std::max(best, name == words ? 2.0 : edit_likeness(name, words)); });
  return best;
}

bool is_kind_name(const Domain& domain, std::string_view words, std::string_view kind) {
  const auto at = domain.kinds().find(std::string(kind));
  if (at == domain.kinds().end()) return false;
  for (const auto& names : at->second)
    if (std::find(names.begin(), names.end(), words) != names.end()) return true;
  return false;
}

// What a name leaves when the area in front of it or behind it is taken away: "客厅灯" to "灯", "lamp in the hall" to "lamp".
std::string without(std::string_view words, std::string_view area) {
  std::string rest(words);
  const size_t at = rest.find(area);
  if (at == std::string::npos || area.empty()) return rest;
  rest.erase(at, area.size());
  rest = bare(trimmed(rest));
  constexpr std::string_view kLeft[] = {" in the", " in", " of the", " of", " at", " from the"};
  for (const std::string_view left : kLeft)
    if (ends_with(rest, left)) rest.resize(rest.size() - left.size());
  return std::string(trimmed(rest));
}

bool is_plural(std::string_view words) { return words.size() > 3 && words.back() == 's' && words[words.size() - 2] != 's'; }

}  // namespace

const std::string& Place::name(Language language) const {
  const auto& own = names[index_of(language)];
  return own.empty() ? names[1 - index_of(language)].front() : own.front();
}

Home Home::read(std::string_view text) {
  const Json json = read_json(text, "the home", kMostBytes);
  if (!json.is_object()) refuse("it is no object");
  Home home;
  for (const Json& area : list_of(json, "areas")) {
    home.areas_.push_back(place_of(area, "area " + std::to_string(home.areas_.size())));
    for (size_t i = 0; i + 1 < home.areas_.size(); ++i)
      if (home.areas_[i].id == home.areas_.back().id) refuse("two areas have the id \"" + home.areas_[i].id + "\"");
  }
  for (const Json& row : list_of(json, "devices")) {
    const std::string where = "device " + std::to_string(home.devices_.size());
    Device device;
    static_cast<Place&>(device) = place_of(row, where);
    device.kind = name_text(row, "kind", where);
    device.area = name_text(row, "area", where);
    if (home.device(device.id) != nullptr) refuse("two devices have the id \"" + device.id + "\"");
    if (!device.area.empty() && home.area(device.area) == nullptr)
      refuse(where + " is in the area \"" + device.area + "\", which is not there");
    home.devices_.push_back(std::move(device));
  }
  return home;
}

const Device* Home::device(std::string_view id) const {
  for (const Device& device : devices_)
    if (device.id == id) return &device;
  return nullptr;
}

const Place* Home::area(std::string_view id) const {
  for (const Place& area : areas_)
    if (area.id == id) return &area;
  return nullptr;
}

bool Home::has_kind(const std::vector<std::string>& kinds) const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const Device& device) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const std::string& k) { return k == "any" || k == device.kind; });
  });
}

const Place* Home::match_area(std::string_view words) const {
  const std::string normal = bare(words);
  const Place* best = nullptr;
  double most = least_alike(normal), second = 0;
  for (const Place& area : areas_) {
    const double alike = best_likeness(area, normal);
    if (alike < most) continue;
    second = best != nullptr ? most : 0;
    most = alike, best = &area;
  }
  return best != nullptr && most > second ? best : nullptr;
}

Found Home::find(const Wanted& wanted, const std::vector<std::string>& kinds, const Domain& domain,
                 std::string_view here) const {
  Found found;
  const Place* area = wanted.area.empty() ? nullptr : match_area(wanted.area);
  if (!wanted.area.empty() && area == nullptr) {
    found.problem = Found::Problem::kUnknown;
    found.unknown = plain_text(wanted.area, kLongestName);
    return found;
  }
  std::string name = bare(wanted.name);
  // An area that stands in the name, whether it was said besides or not: "书房的灯" in the study is its "灯".
  const bool is_name =
      std::any_of(devices_.begin(), devices_.end(), [&](const Device& d) { return best_likeness(d, name) >= 2; });
  for (const Place& place : areas_)
    each_name(place, [&](const std::string& words) {
      if (!is_name && (area == nullptr || area == &place) && contains(name, words)) area = &place, name = without(name, words);
    });
  const auto is_wanted_kind = [&](const Device& device) {
    return kinds.empty() ||
           std::any_of(kinds.begin(), kinds.end(), [&](const std::string& k) { return k == "any" || k == device.kind; });
  };
  bool is_generic = name.empty();
  std::vector<size_t> exact, generic, alike;
  double most = least_alike(name);
  for (size_t i = 0; i < devices_.size(); ++i) {
    const Device& device = devices_[i];
    if (!is_wanted_kind(device) || !is_in(device, area)) continue;
    if (name.empty()) {
      generic.push_back(i);
      continue;
    }
    const double likeness = best_likeness(device, name);
    if (likeness >= 2) exact.push_back(i);
    if (is_kind_name(domain, name, device.kind)) generic.push_back(i), is_generic = true;
    if (likeness > most) alike.clear(), most = likeness;
    if (likeness >= most) alike.push_back(i);
  }
  // A name in full beats what kind of thing it is, but not where others of the kind may be meant as well ("灯" as a name of
  // one).
  if (!exact.empty() && (generic.size() <= exact.size() || !is_generic))
    is_generic = false, found.devices = exact;
  else if (!generic.empty())
    found.devices = generic;
  else
    found.devices = alike;
  if (found.devices.empty()) {
    found.problem = Found::Problem::kUnknown;
    found.unknown = plain_text(wanted.name.empty() ? wanted.area : wanted.name, kLongestName);
    return found;
  }
  const bool is_kind_in_area = is_generic && area != nullptr;
  if (found.devices.size() == 1 || wanted.is_all || is_kind_in_area) return found;
  std::vector<size_t> near;
  for (const size_t i : found.devices)
    if (!here.empty() && devices_[i].area == here) near.push_back(i);
  if (!near.empty()) return found.devices = near, found;
  if (is_generic && is_plural(name)) return found;
  found.problem = Found::Problem::kSeveral;
  return found;
}

std::vector<Home::Mention> Home::mentions(std::string_view normal, const Domain& domain) const {
  std::vector<Mention> all, kept;
  const auto look = [&](const std::string& words, const std::string& kind) {
    for (size_t at = normal.find(words); !words.empty() && at != std::string_view::npos;
         at = normal.find(words, at + words.size())) {
      const size_t from = at > 0 ? at - 1 : 0, size = words.size() + (at - from) + (at + words.size() < normal.size() ? 1 : 0);
      const bool is_ascii = static_cast<unsigned char>(words[0]) < 0x80;
      if (!is_ascii || contains(normal.substr(from, size), words))
        all.push_back({words, kind, kind.empty(), at, at + words.size()});
    }
  };
  for (const Place& area : areas_) each_name(area, [&](const std::string& name) { look(name, ""); });
  for (const Device& device : devices_)
    each_name(device, [&](const std::string& name) { look(name, device.kind.empty() ? "?" : device.kind); });
  for (const auto& [kind, languages] : domain.kinds())
    for (const auto& names : languages)
      for (const std::string& name : names) look(name, kind);
  std::stable_sort(all.begin(), all.end(),
                   [](const Mention& a, const Mention& b) { return a.end - a.begin > b.end - b.begin; });
  for (const Mention& mention : all)
    if (std::none_of(kept.begin(), kept.end(),
                     [&](const Mention& k) { return mention.begin < k.end && k.begin < mention.end; }))
      kept.push_back(mention);
  std::sort(kept.begin(), kept.end(), [](const Mention& a, const Mention& b) { return a.begin < b.begin; });
  return kept;
}

std::string spoken(const Home& home, const Device& device, Language language) {
  const std::string& name = device.name(language);
  const Place* area = device.area.empty() ? nullptr : home.area(device.area);
  if (area == nullptr) return name;
  const std::string normal = normal_form(name), place = normal_form(area->name(language));
  if (normal.find(place) != std::string::npos) return name;
  const auto same = std::count_if(home.devices().begin(), home.devices().end(),
                                  [&](const Device& other) { return normal_form(other.name(language)) == normal; });
  if (same < 2) return name;
  return language == Language::kZh ? area->name(language) + "的" + name : name + " in the " + area->name(language);
}

}  // namespace sotto::assistant

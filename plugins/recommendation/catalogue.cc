#include "catalogue.h"

#include <algorithm>

#include "common/read_json.h"
#include "sotto/plugin.hpp"

namespace sotto::recommendation {
namespace {

using nlohmann::json;
using plugin::Failure;

constexpr size_t kMostBytes = 4u << 20;
constexpr size_t kMostFeatures = 10000;
constexpr size_t kMostDepth = 8;
constexpr size_t kMostNameBytes = 200;
constexpr size_t kMostDescriptionBytes = 1000;
constexpr size_t kMostWords = 32;

[[noreturn]] void refuse(const std::string& text) { throw Failure(SOTTO_BAD_FILE, "the catalogue: " + text); }

// One feature's JSON, with its place for the sentences.
class Reader {
 public:
  Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object_.is_object()) refuse(where_ + " is no object");
  }
  void allow(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : object_.items())
      if (key.compare(0, 2, "x-") != 0 && std::find(keys.begin(), keys.end(), key) == keys.end())
        refuse(where_ + ": \"" + key.substr(0, kMostTagBytes) + "\" is no key of it (own ones begin with x-)");
  }
  const json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  std::string text(const char* key, size_t most) const {
    const json* value = find(key);
    if (value == nullptr) return "";
    if (!value->is_string()) refuse(where_ + ": " + key + " is no text");
    const auto& text = value->get_ref<const std::string&>();
    if (const std::string fault = fault_of_text(text, most); !fault.empty()) refuse(where_ + ": " + key + " " + fault);
    return text;
  }
  std::vector<std::string> words(const char* key) const {
    std::vector<std::string> words;
    const json* value = find(key);
    if (value == nullptr) return words;
    if (!value->is_array() || value->size() > kMostWords)
      refuse(where_ + ": " + key + " is no list of at most " + std::to_string(kMostWords) + " words");
    for (const json& word : *value) {
      if (!word.is_string()) refuse(where_ + ": " + key + " holds something that is no text");
      words.push_back(word.get<std::string>());
      if (words.back().empty() || !fault_of_text(words.back(), kMostTagBytes).empty())
        refuse(where_ + ": " + key + " holds a word that is empty, too long or no text");
    }
    return words;
  }
  double number(const char* key, double usual, double low, double high) const {
    const json* value = find(key);
    if (value == nullptr) return usual;
    if (!value->is_number()) refuse(where_ + ": " + key + " is no number");
    const double number = value->get<double>();
    if (!(number >= low && number <= high))
      refuse(where_ + ": " + key + " is not between " + std::to_string(low) + " and " + std::to_string(high));
    return number;
  }
  const std::string& where() const { return where_; }

 private:
  const json& object_;
  std::string where_;
};

void read_languages(const Reader& feature, const char* key, size_t most, std::string* zh, std::string* en) {
  const json* value = feature.find(key);
  if (value == nullptr) return;
  const Reader languages(*value, feature.where() + ": " + key);
  languages.allow({"zh", "en"});
  *zh = languages.text("zh", most);
  *en = languages.text("en", most);
}

std::vector<std::pair<uint32_t, uint32_t>> read_hours(const Reader& contexts) {
  std::vector<std::pair<uint32_t, uint32_t>> hours;
  const json* value = contexts.find("hours");
  if (value == nullptr) return hours;
  const auto is_hour = [](const json& h) { return h.is_number() && h.get<double>() >= 0 && h.get<double>() <= 24; };
  if (!value->is_array() || value->size() > kMostWords) refuse(contexts.where() + ": hours are no list of [from, until]");
  for (const json& pair : *value) {
    if (!pair.is_array() || pair.size() != 2 || !is_hour(pair[0]) || !is_hour(pair[1]))
      refuse(contexts.where() + ": hours hold something that is no [from, until] between 0 and 24");
    hours.emplace_back(static_cast<uint32_t>(pair[0].get<double>() * 60), static_cast<uint32_t>(pair[1].get<double>() * 60));
  }
  return hours;
}

Feature read_feature(const json& object, size_t index) {
  const Reader reader(object, "feature " + std::to_string(index));
  reader.allow({"id", "kind", "name", "description", "category", "contexts", "requires", "popularity"});
  Feature f;
  f.id = reader.text("id", kMostTagBytes);
  if (f.id.empty()) refuse(reader.where() + " has no id");
  if (const std::string kind = reader.text("kind", kMostTagBytes); !kind.empty() && kind != "feature" && kind != "app")
    refuse(reader.where() + ": kind is neither \"feature\" nor \"app\"");
  read_languages(reader, "name", kMostNameBytes, &f.name_zh, &f.name_en);
  if (f.name_zh.empty() && f.name_en.empty()) refuse(reader.where() + " (" + f.id + ") has no name in zh or en");
  if (f.name_zh.empty()) f.name_zh = f.name_en;
  if (f.name_en.empty()) f.name_en = f.name_zh;
  read_languages(reader, "description", kMostDescriptionBytes, &f.description_zh, &f.description_en);
  f.category = reader.text("category", kMostTagBytes);
  f.needs = reader.words("requires");
  f.popularity = reader.number("popularity", f.popularity, 0, 1);
  if (const json* value = reader.find("contexts")) {
    const Reader contexts(*value, reader.where() + ": contexts");
    contexts.allow({"hours", "places", "devices", "tags"});
    f.hours = read_hours(contexts);
    f.places = contexts.words("places");
    f.devices = contexts.words("devices");
    f.tags = contexts.words("tags");
  }
  return f;
}

bool is_in(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

json read_root(std::string_view text) {
  plugins::JsonLimits limits;
  limits.bytes = kMostBytes;
  limits.depth = kMostDepth;
  try {
    return plugins::read_json(text, limits);
  } catch (const plugins::JsonFault& fault) {
    refuse(fault.what());
  }
}

}  // namespace

bool Feature::is_possible(const Asked& asked) const {
  return !asked.has || std::all_of(needs.begin(), needs.end(), [&](const std::string& n) { return is_in(*asked.has, n); });
}

int Feature::expected(const Situation& at) const {
  const uint32_t minute = local_time(at.unix_ms, at.utc_offset_minutes).minute;
  const auto is_at = [&](const std::pair<uint32_t, uint32_t>& h) {
    return h.first <= h.second ? minute >= h.first && minute < h.second : minute >= h.first || minute < h.second;
  };
  const auto is_tagged = [&](const std::string& tag) { return is_in(at.tags, tag); };
  int met = 0;
  if (!hours.empty()) met += std::any_of(hours.begin(), hours.end(), is_at) ? 1 : -1;
  if (!places.empty() && !at.place.empty()) met += is_in(places, at.place) ? 1 : -1;
  if (!devices.empty() && !at.device.empty()) met += is_in(devices, at.device) ? 1 : -1;
  if (!tags.empty()) met += std::any_of(tags.begin(), tags.end(), is_tagged) ? 1 : -1;
  return met;
}

Catalogue Catalogue::read(std::string_view text) {
  const json root = read_root(text);
  const Reader reader(root, "it");
  if (const double version = reader.number("version", 0, 0, 1e9); version != 1)
    throw Failure(version > 1 ? SOTTO_UNSUPPORTED : SOTTO_BAD_FILE,
                  "the catalogue: its \"version\" is not 1, which is known here");
  reader.allow({"version", "features"});
  const json* features = reader.find("features");
  if (features == nullptr || !features->is_array() || features->empty() || features->size() > kMostFeatures)
    refuse("\"features\" is no list of 1 to " + std::to_string(kMostFeatures));
  Catalogue catalogue;
  catalogue.hash_ = hash_of(text);
  for (const json& object : *features) {
    Feature f = read_feature(object, catalogue.size());
    if (!catalogue.index_.emplace(f.id, static_cast<uint32_t>(catalogue.size())).second)
      refuse("feature " + std::to_string(catalogue.size()) + " has the id " + f.id + " of another");
    catalogue.features_.push_back(std::move(f));
  }
  return catalogue;
}

uint32_t Catalogue::find(std::string_view id) const {
  const auto found = index_.find(std::string(id));
  return found == index_.end() ? kUnknownFeature : found->second;
}

uint64_t hash_of(std::string_view bytes, uint64_t seed) {
  for (const char c : bytes) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return seed;
}

}  // namespace sotto::recommendation

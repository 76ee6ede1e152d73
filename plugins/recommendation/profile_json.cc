#include "profile_json.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "common/read_json.h"
#include "sotto/plugin.hpp"

namespace sotto::recommendation {
namespace {

using nlohmann::json;
using plugin::Failure;

constexpr size_t kMostBytes = 256u << 20;
constexpr size_t kMostDepth = 4;
constexpr const char* kKinds[] = {"", "used", "accepted", "dismissed", "ignored", "suggested"};
constexpr const char* kKeys[] = {"time",   "utc_offset", "kind", "feature",    "place",
                                 "device", "tags",       "mood", "propensity", "position"};

[[noreturn]] void refuse(const std::string& text) { throw Failure(SOTTO_BAD_FILE, "the profile's JSON: " + text); }

[[noreturn]] void refuse(size_t index, const std::string& text) { refuse("event " + std::to_string(index) + ": " + text); }

std::string text_of(const json& event, size_t index, const char* key) {
  const auto found = event.find(key);
  if (found == event.end()) return "";
  if (!found->is_string()) refuse(index, std::string(key) + " is no text");
  const auto& text = found->get_ref<const std::string&>();
  const size_t most = std::string_view(key) == "tags" ? kMostTags * (kMostTagBytes + 1) : kMostTagBytes;
  if (const std::string fault = fault_of_text(text, most); !fault.empty()) refuse(index, std::string(key) + " " + fault);
  return text;
}

template <class Number>
Number number_of(const json& event, size_t index, const char* key, Number usual, Number low, Number high) {
  const auto found = event.find(key);
  if (found == event.end()) return usual;
  const bool is_fit = std::is_integral_v<Number> ? found->is_number_integer() : found->is_number();
  // As a float first: a number beyond the type would wrap.
  if (!is_fit || !(found->get<double>() >= static_cast<double>(low) && found->get<double>() <= static_cast<double>(high)))
    refuse(index, std::string(key) + " is no number from " + std::to_string(low) + " to " + std::to_string(high));
  return found->get<Number>();
}

Event read_event(const json& object, size_t index) {
  if (!object.is_object()) refuse(index, "it is no object");
  for (const auto& [key, value] : object.items())
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
      refuse(index, "\"" + key.substr(0, kMostTagBytes) + "\" is no key of an event");
  Event e;
  const std::string kind = text_of(object, index, "kind");
  const auto found = std::find(std::begin(kKinds) + 1, std::end(kKinds), kind);
  if (found == std::end(kKinds)) refuse(index, "kind is none of used, accepted, dismissed, ignored, suggested");
  e.kind = static_cast<uint32_t>(found - std::begin(kKinds));
  e.feature = text_of(object, index, "feature");
  if (e.feature.empty()) refuse(index, "it names no feature");
  e.at.unix_ms = number_of<int64_t>(object, index, "time", -1, 0, kMostMs);
  if (e.at.unix_ms < 0) refuse(index, "it has no time");
  e.at.utc_offset_minutes = number_of<int32_t>(object, index, "utc_offset", 0, -kMostOffsetMinutes, kMostOffsetMinutes);
  e.at.place = text_of(object, index, "place");
  e.at.device = text_of(object, index, "device");
  e.at.tags = read_tags(text_of(object, index, "tags"), "an event's tags");
  if (object.contains("mood")) e.at.mood = number_of<float>(object, index, "mood", 0, -1, 1);
  e.propensity = number_of<double>(object, index, "propensity", 1, 1e-9, 1);
  e.position = number_of<uint32_t>(object, index, "position", 0, 0, 10000);
  return e;
}

// Takes the events as they are read, so that no more of a file of any size is held than its events. What is wrong with one is
// kept: the version, which says whether all of it may be judged here, may stand behind.
class EventReader {
 public:
  explicit EventReader(uint64_t most) : most_(most) {}

  void read(const json& item) {
    if (fault_) return;
    try {
      if (events_.size() == most_)
        refuse("\"events\" is no list of at most " + std::to_string(most_) + ", the profile's limit");
      events_.push_back(read_event(item, events_.size()));
    } catch (const Failure& failure) {
      fault_ = failure;
    }
  }
  std::vector<Event> take() {
    if (fault_) throw *fault_;
    return std::move(events_);
  }

 private:
  uint64_t most_;
  std::vector<Event> events_;
  std::optional<Failure> fault_;
};

}  // namespace

void ProfileWriter::add(const Event& e) {
  nlohmann::ordered_json object = {{"time", e.at.unix_ms}, {"kind", kKinds[e.kind]}, {"feature", e.feature}};
  if (e.at.utc_offset_minutes != 0) object["utc_offset"] = e.at.utc_offset_minutes;
  if (!e.at.place.empty()) object["place"] = e.at.place;
  if (!e.at.device.empty()) object["device"] = e.at.device;
  if (!e.at.tags.empty()) object["tags"] = join(e.at.tags);
  if (e.at.mood) object["mood"] = *e.at.mood;
  if (e.kind == SOTTO_EVENT_SUGGESTED) object["propensity"] = e.propensity;
  if (e.position != 0) object["position"] = e.position;
  text_ += (text_.empty() ? "" : ",\n") + object.dump();
}

std::string ProfileWriter::finish() {
  return "{\"format\": \"sotto.profile\", \"version\": 1, \"events\": [\n" + std::move(text_) + "\n]}\n";
}

std::vector<Event> read_profile(std::string_view text, uint64_t most_events) {
  plugins::JsonLimits limits;
  limits.bytes = kMostBytes;
  limits.depth = kMostDepth;
  EventReader reader(most_events);
  const plugins::JsonItems items = {"events", [&](const json& item) { reader.read(item); }};
  json root;
  try {
    root = plugins::read_json(text, limits, &items);
  } catch (const plugins::JsonFault& fault) {
    refuse(fault.what());
  }
  if (!root.is_object() || root.value("format", json()) != json("sotto.profile")) refuse("it is no export of a profile");
  const json version = root.value("version", json());
  if (version.is_number_integer() && version.get<double>() > 1)
    throw Failure(SOTTO_UNSUPPORTED, "the profile's JSON: it was written by a newer version: update the plugin");
  if (version != json(1)) refuse("its version is not 1");
  const auto events = root.find("events");
  if (events == root.end() || !events->is_array()) refuse("\"events\" is no list");
  return reader.take();
}

}  // namespace sotto::recommendation

// home.h: the devices and areas of a home, and which of them words mean. Names are data that came from outside.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "domain.h"

namespace sotto::assistant {

struct Place {
  std::string id;
  std::array<std::vector<std::string>, kLanguages> names;  // as given, the first is spoken

  const std::string& name(Language language) const;
};

struct Device : Place {
  std::string kind, area;
};

// What words say about the devices they mean.
struct Wanted {
  std::string name;     // "灯", "客厅的灯", "ceiling lamp"; may hold an area too
  std::string area;     // words, or empty
  bool is_all = false;  // "all the lights"
};

struct Found {
  enum class Problem : uint8_t { kNone, kUnknown, kSeveral };
  std::vector<size_t> devices;  // those meant; with kSeveral those that may be meant
  Problem problem = Problem::kNone;
  std::string unknown;  // the words that name nothing here
};

// const after construction, any thread.
class Home {
 public:
  Home() = default;
  static Home read(std::string_view json);  // throws SOTTO_INVALID_ARGUMENT with the place

  bool is_empty() const { return devices_.empty() && areas_.empty(); }
  const std::vector<Device>& devices() const { return devices_; }
  const std::vector<Place>& areas() const { return areas_; }
  const Device* device(std::string_view id) const;
  const Place* area(std::string_view id) const;
  bool has_kind(const std::vector<std::string>& kinds) const;

  // Devices of the wanted kinds ("any": all). `here`: the area where the assistant stands.
  Found find(const Wanted& wanted, const std::vector<std::string>& kinds, const Domain& domain, std::string_view here) const;

  // The longest names of areas and devices (and of kinds, like "灯") that a text holds: words in normal form.
  struct Mention {
    std::string words, kind;  // kind: of what is named; empty for an area
    bool is_area = false;
    size_t begin = 0, end = 0;  // in the normal form of the text
  };
  std::vector<Mention> mentions(std::string_view normal, const Domain& domain) const;
  // Area that the words name, alike is enough; nullptr: none.
  const Place* match_area(std::string_view words) const;

 private:
  bool is_in(const Device& device, const Place* area) const { return area == nullptr || device.area == area->id; }

  std::vector<Place> areas_;
  std::vector<Device> devices_;
};

// How a device is spoken of: its name, with its area where the name does not say it and others share it.
std::string spoken(const Home& home, const Device& device, Language language);

}  // namespace sotto::assistant

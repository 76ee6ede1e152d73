#include "phrases.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace {

using Json = nlohmann::json;
using Values = std::map<std::string, std::vector<std::string>>;  // by slot

constexpr const char* kOnes[] = {"zero",     "one",     "two",     "three",     "four",     "five",    "six",
                                 "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
                                 "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr const char* kTens[] = {"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

std::string number(int n) {
  if (n == 100) return "one hundred";
  if (n < 20) return kOnes[n];
  return std::string(kTens[n / 10]) + (n % 10 == 0 ? "" : std::string(" ") + kOnes[n % 10]);
}

Values values_at_home(const Json& home, const std::vector<std::string>& titles) {
  Values values;
  const auto take_names = [&](const char* list, const char* slot) {
    for (const Json& one : home.value(list, Json::array()))
      for (const Json& name : one.value("en", Json::array())) values[slot].push_back(name.get<std::string>());
  };
  take_names("areas", "area");
  take_names("devices", "name");
  for (const char* name : {"light", "lights", "lamp", "vacuum"}) values["name"].emplace_back(name);
  values["song"] = titles;
  return values;
}

void add_numbers(Values* values) {
  for (int n = 0; n <= 100; n += 5) (*values)["percent"].push_back(number(n) + " percent");
  for (int n = 16; n <= 30; ++n) (*values)["temperature"].push_back(number(n) + " degrees");
  for (int n = 2; n < 60; ++n) (*values)["duration"].push_back(number(n) + " minutes");
  for (const char* time : {"one minute", "thirty seconds", "an hour", "half an hour", "two hours"})
    (*values)["duration"].emplace_back(time);
  for (int n = 1; n <= 12; ++n)
    for (const char* part : {" o'clock", " in the morning", " in the evening", " thirty"})
      (*values)["datetime"].push_back("at " + number(n) + part);
  for (int n = 1; n <= 12; ++n) (*values)["datetime"].push_back("half past " + number(n));
  for (const char* day : {"today", "tonight", "tomorrow", "on monday", "on tuesday", "on wednesday", "on thursday", "on friday",
                          "on saturday", "on sunday"})
    (*values)["datetime"].emplace_back(day);
}

// Slots that may hold anything: a few words of each, so that the sentence around them is known.
const Values kUsual = {{"amount", {"a bit", "a little", "a lot", "ten percent", "two degrees"}},
                       {"repeat", {"every day", "every morning", "every monday"}},
                       {"item", {"milk", "bread", "eggs", "call my mother", "water the plants"}},
                       {"label", {"tea", "pasta"}},
                       {"list", {"shopping", "to do"}},
                       {"scene", {"night", "movie"}},
                       {"place", {"london", "beijing"}},
                       {"color", {"red", "blue", "warm white"}}};

// What the domain leaves to others (guard.h) and must be heard all the same.
constexpr const char* kAlways[] = {"are you a machine", "are you a robot", "are you human", "are you a real person",
                                   "am i talking to a machine"};

// A sentence for each value of its longest slot; the others go round.
void fill(const std::string& pattern, const Values& values, std::vector<std::string>* phrases) {
  std::vector<std::pair<std::string, const std::vector<std::string>*>> slots;
  size_t most = 1;
  for (size_t at = pattern.find('{'); at != std::string::npos; at = pattern.find('{', at + 1)) {
    const std::string mark = pattern.substr(at, pattern.find('}', at) - at + 1);
    const auto found = values.find(mark.substr(1, mark.size() - 2));
    if (found == values.end() || found->second.empty()) return;
    slots.emplace_back(mark, &found->second);
    most = std::max(most, found->second.size());
  }
  for (size_t i = 0; i < most; ++i) {
    std::string phrase = pattern;
    for (size_t s = 0; s < slots.size(); ++s) {
      const std::vector<std::string>& of_slot = *slots[s].second;
      phrase.replace(phrase.find(slots[s].first), slots[s].first.size(), of_slot[(i + 3 * s) % of_slot.size()]);
    }
    phrases->push_back(phrase);
  }
}

}  // namespace

std::vector<std::string> phrases_of(const Json& domain, const Json& home, const std::vector<std::string>& functions,
                                    const std::vector<std::string>& titles) {
  Values values = values_at_home(home, titles);
  add_numbers(&values);
  values.insert(kUsual.begin(), kUsual.end());
  std::vector<std::string> phrases(std::begin(kAlways), std::end(kAlways));
  for (const Json& example : domain.value("/examples/en"_json_pointer, Json::array()))
    if (std::find(functions.begin(), functions.end(), example.at(1).get<std::string>()) != functions.end())
      fill(example.at(0).get<std::string>(), values, &phrases);
  for (const Json& talk : domain.value("/talk/en"_json_pointer, Json::array()))
    phrases.push_back(talk.at(0).get<std::string>());
  return phrases;
}

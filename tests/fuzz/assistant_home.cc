// assistant_home.cc: any bytes as a home's JSON, then words that name what is in it. Input: the home up to a zero byte, then
// the words. Places lie in the home, names that are spoken are one line of text.
#include "assistant/home.h"

#include <algorithm>

#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

constexpr std::string_view kDomain =
    R"({"format": "sotto.assistant", "version": 1, "kinds": {"light": {"zh": ["灯"], "en": ["light", "lamp"]}}})";

void check_spoken(const std::string& text) {
  FUZZ_CHECK(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20; }));
}

}  // namespace

FUZZ_TARGET(assistant_home) {
  static const assistant::Domain domain = assistant::Domain::read(kDomain);
  Input in(data, size);
  const std::string_view json = in.text();
  const std::string words = assistant::normal_form(in.rest().substr(0, 400));
  check_refusals([&] {
    const assistant::Home home = assistant::Home::read(json);
    for (const assistant::Device& device : home.devices()) {
      FUZZ_CHECK(home.device(device.id) == &device);
      FUZZ_CHECK(device.area.empty() || home.area(device.area) != nullptr);
      for (const auto language : {assistant::Language::kZh, assistant::Language::kEn})
        check_spoken(assistant::spoken(home, device, language));
      const assistant::Found found =
          home.find({device.names[device.names[0].empty() ? 1 : 0].front(), ""}, {"any"}, domain, "");
      FUZZ_CHECK(found.problem == assistant::Found::Problem::kUnknown || !found.devices.empty());
    }
    const assistant::Found found = home.find({words, "", words.size() % 2 == 0}, {"light", "any"}, domain, "a");
    for (const size_t device : found.devices) FUZZ_CHECK(device < home.devices().size());
    for (const assistant::Home::Mention& m : home.mentions(words, domain))
      FUZZ_CHECK(m.begin < m.end && m.end <= words.size() && words.substr(m.begin, m.end - m.begin) == m.words);
    (void)home.match_area(words);
  });
}

}  // namespace sotto::fuzz

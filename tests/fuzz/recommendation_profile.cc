// recommendation_profile.cc: any bytes as an exported profile. What is taken is learned, and written and read again as it was.
#include <cmath>

#include "recommendation/learner.h"
#include "recommendation/profile_json.h"
#include "recommendation/rules.h"
#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

std::string written(const std::vector<recommendation::Event>& events) {
  recommendation::ProfileWriter writer;
  for (const recommendation::Event& event : events) writer.add(event);
  return writer.finish();
}

}  // namespace

FUZZ_TARGET(recommendation_profile) {
  static const recommendation::Catalogue catalogue = recommendation::Catalogue::read(
      R"({"version": 1, "features": [{"id": "radio", "name": {"en": "Radio"}}, {"id": "lamp", "name": {"en": "Lamp"}}]})");
  check_refusals([&] {
    const std::vector<recommendation::Event> events =
        recommendation::read_profile({reinterpret_cast<const char*>(data), size}, 100);
    FUZZ_CHECK(events.size() <= 100);
    const std::string text = written(events);
    FUZZ_CHECK(written(recommendation::read_profile(text, 100)) == text);
    recommendation::Learner learner(catalogue, 30);
    recommendation::Limits limits;
    recommendation::Rules rules(limits);
    recommendation::Situation now;
    for (const recommendation::Event& event : events) {
      learner.learn(event);
      rules.learn(event);
      now = event.at;
    }
    const recommendation::Scores scores = learner.score(now);
    for (const recommendation::Evidence& evidence : scores.evidence)
      for (const double e : evidence) FUZZ_CHECK(std::isfinite(e));
    (void)rules.made_today(now, 1);
  });
}

}  // namespace sotto::fuzz

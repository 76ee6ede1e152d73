// recommendation_catalogue.cc: any bytes as a catalogue, then a request. Input: the request up to a zero byte, then the
// catalogue. What is taken is ranked: probabilities are such, every feature is found by its id.
#include <cmath>

#include "recommendation/meaning.h"
#include "recommendation/ranking.h"
#include "recommendation/reasons.h"
#include "refusal.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

sotto_interface nothing(void*, const char*) { return {nullptr, nullptr}; }

plugin::Host no_host() {
  static sotto_host host{};
  host.struct_size = sizeof host;
  host.query = nothing;
  return plugin::Host(&host);
}

}  // namespace

FUZZ_TARGET(recommendation_catalogue) {
  Input in(data, size);
  const std::string request(in.text());
  check_refusals([&] {
    const recommendation::Catalogue catalogue = recommendation::Catalogue::read(in.rest());
    recommendation::Learner learner(catalogue, 30);
    const recommendation::Meaning meaning(catalogue, no_host(), nullptr);
    recommendation::Event event;
    event.kind = SOTTO_EVENT_USED;
    event.feature = catalogue[0].id;
    event.at.unix_ms = 1736121600000;
    event.at.place = "kitchen";
    learner.learn(event);
    std::vector<uint32_t> candidates;
    for (uint32_t f = 0; f < catalogue.size(); ++f) {
      FUZZ_CHECK(catalogue.find(catalogue[f].id) == f);
      candidates.push_back(f);
    }
    recommendation::RankingOptions options;
    options.count = 10;
    options.diversity = 0.3;
    options.exploration = size % 2 == 0 ? 0.1 : 0;
    for (const recommendation::Choice& c :
         recommendation::rank(catalogue, learner, meaning, event.at, meaning.read(request), candidates, options)) {
      FUZZ_CHECK(c.feature < catalogue.size() && c.probability >= 0 && c.probability <= 1 + 1e-9);
      FUZZ_CHECK(c.propensity > 0 && c.propensity <= 1 && std::isfinite(c.reason_weight));
      FUZZ_CHECK(!recommendation::reason_of(c, catalogue, event.at, catalogue.find("a")).en.empty());
    }
  });
}

}  // namespace sotto::fuzz

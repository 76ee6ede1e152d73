// recommendation.cc: whether what comes next was ranked high before it came (sotto/recommendation.h): each event is predicted,
// then learned from.
#include "sotto/recommendation.h"

#include <algorithm>
#include <map>
#include <memory>

#include "metrics.h"
#include "skills.h"
#include "timer.h"

namespace sotto::tools {
namespace {

constexpr struct {
  const char* name;
  uint32_t kind;
} kKinds[] = {{"used", SOTTO_EVENT_USED},
              {"accepted", SOTTO_EVENT_ACCEPTED},
              {"dismissed", SOTTO_EVENT_DISMISSED},
              {"ignored", SOTTO_EVENT_IGNORED}};

uint32_t kind_of(const std::string& name) {
  for (const auto& row : kKinds)
    if (name == row.name) return row.kind;
  throw Error(SOTTO_BAD_FILE, ("evaluate: an event of the kind \"" + name + "\": used, accepted, dismissed, ignored").c_str());
}

sotto_usage_context context_of(const EventCase& event) {
  sotto_usage_context c{};
  c.struct_size = sizeof c;
  c.unix_ms = event.time_ms;
  c.utc_offset_minutes = event.utc_offset;
  c.place = str(event.place);
  c.device = str(event.device);
  c.tags = str(event.tags);
  return c;
}

struct Hits {
  size_t count = 0, at[3] = {};  // among the first 1, 3, 5
  double reciprocal = 0;
  void add(size_t place) {  // 0: the first; SIZE_MAX: not there
    constexpr size_t kFirst[3] = {1, 3, 5};
    ++count;
    for (size_t i = 0; i < 3; ++i) at[i] += place < kFirst[i] ? 1 : 0;
    if (place != SIZE_MAX) reciprocal += 1 / static_cast<double>(place + 1);
  }
  Json json() const {
    return {{"hit_at_1", rate(at[0], count)},
            {"hit_at_3", rate(at[1], count)},
            {"hit_at_5", rate(at[2], count)},
            {"mrr", count > 0 ? reciprocal / static_cast<double>(count) : 0}};
  }
};

int32_t take(void* user, const sotto_recommendation* item) {
  static_cast<std::vector<std::string>*>(user)->emplace_back(item->feature.data, static_cast<size_t>(item->feature.size));
  return 0;
}

size_t place_of(const std::vector<std::string>& ranked, const std::string& feature) {
  const auto at = std::find(ranked.begin(), ranked.end(), feature);
  return at == ranked.end() ? SIZE_MAX : static_cast<size_t>(at - ranked.begin());
}

// How many features were used more often so far; the catalogue's order settles equals.
class Popularity {
 public:
  explicit Popularity(const Json& catalogue) {
    for (const Json& feature : catalogue.value("features", Json::array()))
      if (feature.is_object() && feature.value("id", Json()).is_string()) order_.push_back(feature["id"].get<std::string>());
  }
  size_t place(const std::string& feature) const {
    const size_t own = place_of(order_, feature);
    if (own == SIZE_MAX) return own;
    size_t place = 0;
    for (size_t i = 0; i < order_.size(); ++i)
      place += count(order_[i]) > count(feature) || (count(order_[i]) == count(feature) && i < own) ? 1 : 0;
    return place;
  }
  void add(const std::string& feature) { ++counts_[feature]; }
  size_t features() const { return order_.size(); }

 private:
  size_t count(const std::string& feature) const {
    const auto at = counts_.find(feature);
    return at == counts_.end() ? 0 : at->second;
  }
  std::vector<std::string> order_;
  std::map<std::string, size_t> counts_;
};

}  // namespace

Json evaluate_recommendation(const Evaluation& e) {
  if (e.data.events.empty()) return {{"skipped", "no case of the task \"event\""}};
  if (e.data.catalogue.is_null()) return {{"skipped", "events without a line of the task \"catalogue\""}};
  const sotto_recommendation_skill skill = sotto_recommendation_find(e.runtime.get());
  if (skill.api == nullptr) return {{"skipped", "no recommendation plugin was loaded"}};
  const std::string catalogue = e.data.catalogue.dump();
  sotto_recommender_options o{};
  o.struct_size = sizeof o;
  o.catalogue = str(catalogue);
  sotto_recommender* made = nullptr;
  call([&](sotto_error* err) { return skill.api->create(skill.self, &o, &made, err); });
  const std::unique_ptr<sotto_recommender, void (*)(sotto_recommender*)> recommender(made, skill.api->destroy);
  std::map<std::string, std::unique_ptr<sotto_profile, void (*)(sotto_profile*)>> profiles;
  std::map<std::string, Popularity> popular;
  Hits own, plain;
  std::map<std::string, size_t> kinds;
  std::vector<double> times;
  for (const EventCase& event : e.data.events) {
    if (event.kind == "suggested") continue;  // the log of an offer is no choice
    e.clock.now_ms = event.time_ms;
    auto at = profiles.find(event.user);
    if (at == profiles.end()) {
      sotto_profile* profile = nullptr;
      call([&](sotto_error* err) { return skill.api->open(made, str(event.user), sotto_str{}, &profile, err); });
      at = profiles.emplace(event.user, std::unique_ptr<sotto_profile, void (*)(sotto_profile*)>(profile, skill.api->close))
               .first;
      call([&](sotto_error* err) { return skill.api->set_consent(profile, SOTTO_CONSENT_GRANTED, err); });
      popular.emplace(event.user, Popularity(e.data.catalogue));
    }
    sotto_profile* const profile = at->second.get();
    Popularity& counts = popular.at(event.user);
    const sotto_usage_context context = context_of(event);
    ++kinds[event.kind];
    if (event.kind == "used" || event.kind == "accepted") {
      std::vector<std::string> ranked;
      const Timer timer;
      call([&](sotto_error* err) {
        return skill.api->rank(profile, &context, static_cast<uint32_t>(counts.features()), take, &ranked, err);
      });
      times.push_back(timer.milliseconds());
      own.add(place_of(ranked, event.feature));
      plain.add(counts.place(event.feature));
      counts.add(event.feature);
    }
    call([&](sotto_error* err) { return skill.api->record(profile, kind_of(event.kind), str(event.feature), &context, err); });
  }
  const size_t offered = kinds["accepted"] + kinds["dismissed"] + kinds["ignored"];
  return {{"events", e.data.events.size()},
          {"users", profiles.size()},
          {"features", popular.begin()->second.features()},
          {"plugin", own.json()},
          {"popularity", plain.json()},
          {"dismissals", rate(kinds["dismissed"], offered)},
          {"milliseconds", distribution(std::move(times))}};
}

}  // namespace sotto::tools

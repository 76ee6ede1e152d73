#include "offers.h"

namespace {

std::string text(sotto_str view) { return {view.data, static_cast<size_t>(view.size)}; }

int32_t take(void* user, const sotto_recommendation* item) {
  static_cast<std::vector<Offer>*>(user)->push_back({text(item->feature), text(item->name_zh), text(item->name_en),
                                                     text(item->reason_zh), text(item->reason_en), text(item->reason_kind),
                                                     item->probability});
  return 0;
}

sotto_usage_context context_of(const Moment& moment) {
  sotto_usage_context c{};
  c.struct_size = sizeof c;
  c.flags = (moment.is_alarm ? SOTTO_CONTEXT_ALARM : 0) | (moment.mood ? SOTTO_CONTEXT_MOOD : 0);
  c.unix_ms = moment.unix_ms;
  c.mood = moment.mood.value_or(0);
  const struct {
    const std::string& from;
    sotto_str& to;
  } kTexts[] = {{moment.place, c.place},
                {moment.device, c.device},
                {moment.tags, c.tags},
                {moment.has, c.has},
                {moment.request, c.request}};
  for (const auto& row : kTexts)
    if (!row.from.empty()) row.to = sotto::str(row.from);
  return c;
}

}  // namespace

Offers::Offers(Engine& engine, const Options& options) : skill_(sotto_recommendation_find(engine.runtime.get())) {
  if (skill_.api == nullptr)
    throw sotto::Error(SOTTO_NOT_FOUND, "no recommendation plugin was loaded: `sotto doctor` says why");
  sotto_recommender_options o{};
  o.struct_size = sizeof o;
  o.flags = options.flags;
  o.catalogue = sotto::str(options.catalogue);
  if (!options.folder.empty()) o.folder = sotto::str(options.folder);
  o.model = options.uses_model ? engine.model.get() : nullptr;
  o.daily_cap = options.daily_cap;
  o.seed = 1;
  if (options.quiet_from != options.quiet_to) o.flags |= SOTTO_RECOMMEND_QUIET_HOURS_SET;
  o.quiet_from = options.quiet_from;
  o.quiet_to = options.quiet_to;
  sotto::call([&](sotto_error* err) { return skill_.api->create(skill_.self, &o, &recommender_, err); });
}

Offers::~Offers() {
  close();
  skill_.api->destroy(recommender_);
}

void Offers::close() {
  if (profile_ != nullptr) skill_.api->close(profile_);
  profile_ = nullptr;
}

void Offers::open(const std::string& user, bool is_agreed) {
  close();
  sotto::call([&](sotto_error* err) { return skill_.api->open(recommender_, sotto::str(user), sotto_str{}, &profile_, err); });
  if (is_agreed) set_consent(SOTTO_CONSENT_GRANTED);
}

void Offers::set_consent(uint32_t consent) {
  sotto::call([&](sotto_error* err) { return skill_.api->set_consent(profile_, consent, err); });
}

void Offers::record(uint32_t event, const std::string& feature, const Moment& moment) {
  const sotto_usage_context c = context_of(moment);
  sotto::call([&](sotto_error* err) { return skill_.api->record(profile_, event, sotto::str(feature), &c, err); });
}

std::optional<Offer> Offers::suggest(const Moment& moment, uint32_t* quiet) {
  const sotto_usage_context c = context_of(moment);
  std::vector<Offer> offers;
  sotto::call([&](sotto_error* err) { return skill_.api->suggest(profile_, &c, 1, take, &offers, quiet, err); });
  if (offers.empty()) return std::nullopt;
  return offers.front();
}

std::vector<Offer> Offers::rank(const Moment& moment, uint32_t count) {
  const sotto_usage_context c = context_of(moment);
  std::vector<Offer> offers;
  sotto::call([&](sotto_error* err) { return skill_.api->rank(profile_, &c, count, take, &offers, err); });
  return offers;
}

uint64_t Offers::forget(const std::string& feature) {
  sotto_forget_options o{};
  o.struct_size = sizeof o;
  if (!feature.empty()) o.feature = sotto::str(feature);
  uint64_t count = 0;
  sotto::call([&](sotto_error* err) { return skill_.api->forget(profile_, &o, &count, err); });
  return count;
}

uint64_t Offers::events() const {
  sotto_profile_facts facts{};
  facts.struct_size = sizeof facts;
  sotto::call([&](sotto_error* err) { return skill_.api->facts(profile_, &facts, err); });
  return facts.events;
}

std::string Offers::exported() const {
  const std::vector<char> json = sotto::fetch<char>([&](char* into, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return skill_.api->export_json(profile_, into, capacity, size, err);
  });
  return std::string(json.begin(), json.end());
}

const char* quiet_words(uint32_t quiet) {
  constexpr const char* kWords[] = {
      "something is offered", "an alarm rings", "the mood is bad", "quiet hours", "the day's suggestions are used up",
      "no consent",           "nothing fits"};
  return quiet < sizeof kWords / sizeof kWords[0] ? kWords[quiet] : "unknown";
}

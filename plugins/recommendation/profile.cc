#include "profile.h"

#include <algorithm>

#include "profile_json.h"

namespace sotto::recommendation {
namespace {

using plugin::Failure;

constexpr uint32_t kMostCount = 100;

void check_count(uint32_t count) {
  if (count == 0 || count > kMostCount)
    throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: " + std::to_string(count) + " are asked for, 1 to " +
                                              std::to_string(kMostCount) + " can be");
}

// Words are read before the lock is taken: the model may take its time.
std::vector<float> words_of(const Setup& setup, const std::string& request) {
  return request.empty() ? std::vector<float>() : setup.meaning.read(request);
}

}  // namespace

Profile::Profile(std::shared_ptr<const Setup> setup, const std::string& user, const std::string& key)
    : setup_(std::move(setup)), path_(setup_->path_of(user)), key_(key) {
  if (Store::exists(path_)) store_ = std::make_unique<Store>(path_, key_);
  learn_anew();
}

void Profile::learn(const Event& event) {
  learner_->learn(event);
  rules_->learn(event);
  utc_offset_minutes_ = event.at.utc_offset_minutes;
  ++events_;
}

void Profile::learn_anew() {
  learner_ = std::make_unique<Learner>(setup_->catalogue, setup_->half_life_days);
  rules_ = std::make_unique<Rules>(setup_->limits);
  events_ = 0;
  if (store_) store_->each([&](const Event& event) { learn(event); });
}

void Profile::need_consent(const char* what) {
  if (consent() != SOTTO_CONSENT_GRANTED)
    throw Failure(SOTTO_REFUSED, std::string("recommendation: ") + what + " needs the user's consent: set_consent first");
}

// Kept first: what could not be written is not learned either.
void Profile::keep(const std::vector<Event>& events) {
  store_->add(events);
  for (const Event& event : events) learn(event);
  if (events_ <= setup_->max_events) return;
  store_->forget_oldest(events_ - setup_->max_events + setup_->max_events / 10);
  learn_anew();
}

void Profile::set_consent(uint32_t consent) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (consent > SOTTO_CONSENT_GRANTED)
    throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: consent " + std::to_string(consent) + " is none of SOTTO_CONSENT_*");
  if (consent != SOTTO_CONSENT_NONE) {
    if (!store_ && consent == SOTTO_CONSENT_PAUSED) return;  // there is nothing that could stay
    if (!store_) store_ = std::make_unique<Store>(path_, key_);
    return store_->set_consent(consent);
  }
  if (!store_) return;
  const std::unique_ptr<Store> store = std::move(store_);
  learn_anew();
  store->remove();
}

void Profile::record(uint32_t kind, const std::string& feature, const Situation& at) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (kind < SOTTO_EVENT_USED || kind > SOTTO_EVENT_IGNORED)
    throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: event " + std::to_string(kind) + " cannot be recorded");
  if (setup_->catalogue.find(feature) == kUnknownFeature)
    throw Failure(SOTTO_NOT_FOUND, "recommendation: the catalogue has no feature " + feature.substr(0, kMostTagBytes));
  need_consent("keeping an event");
  Event event;
  event.kind = kind;
  event.feature = feature;
  event.at = at;
  keep({event});
}

std::vector<uint32_t> Profile::candidates(const Asked& asked, bool is_unasked) const {
  std::vector<uint32_t> fit;
  for (uint32_t f = 0; f < setup_->catalogue.size(); ++f) {
    const Feature& feature = setup_->catalogue[f];
    if (feature.is_possible(asked) && !(is_unasked && rules_->is_cooling(feature.id, asked.at.unix_ms))) fit.push_back(f);
  }
  return fit;
}

std::vector<Item> Profile::choose(const Asked& asked, const std::vector<float>& words, bool is_unasked, uint32_t count) const {
  RankingOptions options;
  options.count = count;
  options.diversity = setup_->diversity;
  options.exploration = is_unasked ? setup_->exploration : 0;
  // Of the moment and nothing else, so that what was forgotten leaves no trace in what is tried out.
  options.seed = hash_of({reinterpret_cast<const char*>(&asked.at.unix_ms), sizeof asked.at.unix_ms}, setup_->seed);
  std::vector<Item> items;
  const uint32_t before = learner_->before(asked.at);
  for (const Choice& choice : recommendation::rank(setup_->catalogue, *learner_, setup_->meaning, asked.at, words,
                                                   candidates(asked, is_unasked), options))
    items.push_back({choice, reason_of(choice, setup_->catalogue, asked.at, before)});
  return items;
}

std::vector<Item> Profile::rank(const Asked& asked, uint32_t count) {
  check_count(count);
  const std::vector<float> words = words_of(*setup_, asked.request);
  const std::lock_guard<std::mutex> lock(mutex_);
  utc_offset_minutes_ = asked.at.utc_offset_minutes;
  return choose(asked, words, false, count);
}

std::vector<Item> Profile::suggest(const Asked& asked, uint32_t count, uint32_t* quiet) {
  check_count(count);
  const std::vector<float> words = words_of(*setup_, asked.request);
  const std::lock_guard<std::mutex> lock(mutex_);
  utc_offset_minutes_ = asked.at.utc_offset_minutes;
  const uint64_t monotonic_ns = setup_->monotonic_ns();
  *quiet = consent() != SOTTO_CONSENT_GRANTED ? SOTTO_QUIET_CONSENT : rules_->quiet(asked, monotonic_ns);
  if (*quiet != SOTTO_QUIET_NO) return {};
  std::vector<Item> items = choose(asked, words, true, std::min(count, rules_->left_today(asked.at, monotonic_ns)));
  if (items.empty()) *quiet = SOTTO_QUIET_NOTHING;
  std::vector<Event> events;
  for (const Item& item : items) {
    Event event;
    event.kind = SOTTO_EVENT_SUGGESTED;
    event.feature = setup_->catalogue[item.choice.feature].id;
    event.at = asked.at;
    event.propensity = item.choice.propensity;
    event.position = static_cast<uint32_t>(events.size());
    events.push_back(event);
  }
  if (!events.empty()) keep(events);
  for (size_t i = 0; i < events.size(); ++i) rules_->note_now(monotonic_ns, asked.at.unix_ms);
  return items;
}

uint64_t Profile::forget(const Which& which) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!store_) return 0;
  const uint64_t count = store_->forget(which);
  learn_anew();
  store_->clean();
  return count;
}

std::string Profile::export_json() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ProfileWriter writer;
  if (store_) store_->each([&](const Event& event) { writer.add(event); });
  return writer.finish();
}

void Profile::import_json(std::string_view json) {
  const std::vector<Event> events = read_profile(json, setup_->max_events);
  const std::lock_guard<std::mutex> lock(mutex_);
  need_consent("importing a profile");
  store_->replace(events);
  learn_anew();
  store_->clean();
}

sotto_profile_facts Profile::facts() {
  const std::lock_guard<std::mutex> lock(mutex_);
  sotto_profile_facts facts{};
  facts.struct_size = sizeof facts;
  facts.consent = consent();
  facts.schema_version = store_ ? static_cast<uint32_t>(Store::kSchemaVersion) : 0;
  Situation now;
  now.unix_ms = std::clamp<int64_t>(setup_->unix_ms(), 0, kMostMs);
  now.utc_offset_minutes = utc_offset_minutes_;
  facts.suggestions_today = rules_->made_today(now, setup_->monotonic_ns());
  facts.events = events_;
  facts.file_bytes = store_ ? store_->file_bytes() : 0;
  return facts;
}

}  // namespace sotto::recommendation

#include "learner.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace sotto::recommendation {
namespace {

constexpr uint32_t kNoSlot = 0xFFFFFFFFu;
constexpr double kDayMs = 86400e3;
constexpr double kMostGapDays = 7;
constexpr double kSessionDays = 90.0 / 1440;  // what was used longer ago has no follower
constexpr double kRecentHalfLife = 3;         // days
constexpr double kPopularityWeight = 10;      // uses that the maker's popularity is worth, over the whole catalogue
constexpr double kIgnored = 0.3;              // of a dismissal
constexpr uint32_t kHourParts = 48;
// Minutes since the last use of a feature; around a day finer, for what is done daily.
constexpr double kSinceParts[] = {2, 5, 10, 20, 45, 90, 240, 600, 1200, 1380, 1500, 1680, 2640, 3120, 5000, 9000, 11520};
constexpr size_t kSinceCount = std::size(kSinceParts) + 1;

// Uses after which a circumstance's own word weighs as much as "as usual"; chosen on development seeds.
constexpr double smoothing(Expert expert) { return expert == kBeforeTwo || expert == kBefore ? 2 : 4; }

constexpr uint64_t kLiked = 1000, kDisliked = 1001;  // rows beside those of the experts

uint64_t key_of(uint64_t kind, uint64_t a = 0, uint64_t b = 0) {
  const uint64_t words[] = {kind, a, b};
  return hash_of({reinterpret_cast<const char*>(words), sizeof words});
}

size_t since_part(double days) {
  return static_cast<size_t>(std::upper_bound(std::begin(kSinceParts), std::end(kSinceParts), days * 1440) - kSinceParts);
}

// Later the weights move slowly, and every fourth choice, then every sixteenth, teaches them as well as all would.
uint64_t choices_a_lesson(uint64_t uses) { return uses < 2000 ? 1 : uses < 10000 ? 4 : 16; }

uint64_t mood_part(float mood) { return mood < -0.3f ? 0 : mood < 0.3f ? 1 : 2; }

// Where likes and dislikes are counted beside everywhere: the place and six hours of the day.
uint64_t around(const Situation& at) {
  return 1 + hash_of(at.place, local_time(at.unix_ms, at.utc_offset_minutes).minute / 360);
}

void softmax(const Evidence& weights, const std::vector<Evidence>& evidence, std::vector<double>* p) {
  p->resize(evidence.size());
  double most = -1e300, sum = 0;
  for (size_t i = 0; i < evidence.size(); ++i) {
    (*p)[i] = std::inner_product(weights.begin(), weights.end(), evidence[i].begin(), 0.0);
    most = std::max(most, (*p)[i]);
  }
  for (double& x : *p) sum += x = std::exp(x - most);
  for (double& x : *p) x /= sum;
}

}  // namespace

Learner::Learner(const Catalogue& catalogue, double half_life_days)
    : catalogue_(catalogue),
      counts_(half_life_days),
      last_days_(catalogue.size()),
      all_(catalogue.size(), half_life_days),
      recent_(catalogue.size(), kRecentHalfLife),
      happened_(kSinceCount),
      expected_(kSinceCount),
      used_slot_(catalogue.size(), kNoSlot) {
  for (size_t f = 0; f < catalogue.size(); ++f) total_popularity_ += catalogue[f].popularity + 1e-3;
}

double Learner::days_at(int64_t unix_ms) const {
  if (!last_ms_) return days_;
  return days_ + std::clamp(static_cast<double>(unix_ms - *last_ms_) / kDayMs, 0.0, kMostGapDays);
}

double Learner::usual(uint32_t feature, double days) const {
  const double prior = (catalogue_[feature].popularity + 1e-3) / total_popularity_;
  const double weight = kPopularityWeight * all_.growth(days);
  return (all_.count(feature) + weight * prior) / (all_.all() + weight);
}

double Learner::uses(uint32_t feature, const Situation& now) const {
  return all_.count(feature) / all_.growth(days_at(now.unix_ms));
}

uint32_t Learner::before(const Situation& now) const {
  return last_ms_ && days_at(now.unix_ms) - before_[0].days < kSessionDays ? before_[0].feature : kUnknownFeature;
}

void Learner::read_before(const LocalTime& local, double days, std::vector<Reading>* out) const {
  const bool follows = last_ms_ && days - before_[0].days < kSessionDays;
  const uint64_t last = follows ? before_[0].id : 0;
  const bool has_two = follows && before_[0].days - before_[1].days < kSessionDays && before_[1].id != 0;
  out->push_back({kBefore, key_of(kBefore, last), 1, true});
  out->push_back({kBeforeHour, key_of(kBeforeHour, last, local.minute / 180), 1, true});
  if (!has_two) return;
  out->push_back({kBeforeTwo, key_of(kBeforeTwo, last, before_[1].id), 1, true});
  out->push_back({kSkipped, key_of(kSkipped, before_[1].id), 1, true});
}

std::vector<Learner::Reading> Learner::readings(const Situation& at, double days) const {
  constexpr double kNear[] = {0.3, 0.7, 1, 0.7, 0.3};  // half hours before and after
  const LocalTime local = local_time(at.unix_ms, at.utc_offset_minutes);
  const uint32_t part = local.minute * kHourParts / 1440;
  std::vector<Reading> rows;
  for (uint32_t i = 0; i < std::size(kNear); ++i) {
    const uint32_t near = (part + kHourParts + i - 2) % kHourParts;
    rows.push_back({kHour, key_of(kHour, near), kNear[i], i == 2});
    rows.push_back({kDayHour, key_of(kDayHour, near, local.is_weekend()), kNear[i], i == 2});
  }
  rows.push_back({kWeekday, key_of(kWeekday, local.weekday), 1, true});
  if (!at.place.empty()) {
    rows.push_back({kPlace, key_of(kPlace, hash_of(at.place)), 1, true});
    rows.push_back({kPlaceHour, key_of(kPlaceHour, hash_of(at.place), local.minute / 120), 1, true});
  }
  if (!at.device.empty()) rows.push_back({kDevice, key_of(kDevice, hash_of(at.device)), 1, true});
  if (at.mood) rows.push_back({kMood, key_of(kMood, mood_part(*at.mood)), 1, true});
  for (const std::string& tag : at.tags) rows.push_back({kTags, key_of(kTags, hash_of(tag)), 1, true});
  read_before(local, days, &rows);
  // The rows of an expert stand together: they are read as one.
  std::stable_sort(rows.begin(), rows.end(), [](const Reading& a, const Reading& b) { return a.expert < b.expert; });
  return rows;
}

void Learner::weigh_uses(double days, const std::vector<uint32_t>& slot, const std::vector<double>& usual,
                         std::vector<Evidence>* evidence) const {
  const double smooth = 4 * recent_.growth(days);
  const double recent_total = recent_.all() + smooth;
  const double no_recent = std::log(smooth / recent_total);
  std::array<double, kSinceCount> since;
  for (size_t i = 0; i < kSinceCount; ++i) since[i] = std::log((happened_[i] + 10) / (expected_[i] + 10));
  for (size_t i = 0; i < evidence->size(); ++i) {
    (*evidence)[i].fill(0);
    (*evidence)[i][kHabit] = std::log(usual[i] * static_cast<double>(catalogue_.size()));
    (*evidence)[i][kRecent] = no_recent;
  }
  for (const uint32_t f : used_) {
    Evidence& e = (*evidence)[slot[f]];
    e[kRecent] = std::log((recent_.count(f) + smooth * usual[slot[f]]) / (recent_total * usual[slot[f]]));
    e[kSince] = since[since_part(days - last_days_[f])];
  }
}

void Learner::weigh(const Situation& at, double days, const std::vector<uint32_t>& slot, const std::vector<double>& usual,
                    std::vector<Evidence>* evidence) const {
  weigh_uses(days, slot, usual, evidence);
  const double growth = counts_.growth(days);
  const std::vector<Reading> rows = readings(at, days);
  std::vector<double> count(evidence->size());
  std::vector<uint32_t> touched;
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    const Expert expert = rows[begin].expert;
    const double smooth = smoothing(expert) * growth;
    double total = smooth;
    touched.clear();
    for (end = begin; end < rows.size() && rows[end].expert == expert; ++end) {
      const Counts::Row* row = counts_.find(rows[end].key);
      if (row == nullptr) continue;
      total += rows[end].weight * row->total;
      for (const Counts::Cell& cell : row->cells) {
        const uint32_t i = slot[cell.feature];
        if (i == kNoSlot) continue;
        if (count[i] == 0) touched.push_back(i);
        count[i] += rows[end].weight * cell.count;
      }
    }
    const double none = std::log(smooth / total);
    for (Evidence& e : *evidence) e[expert] = none;
    for (const uint32_t i : touched) {
      (*evidence)[i][expert] = std::log((count[i] + smooth * usual[i]) / (total * usual[i]));
      count[i] = 0;
    }
  }
}

Scores Learner::score(const Situation& now) const {
  const double days = days_at(now.unix_ms);
  std::vector<uint32_t> slot(catalogue_.size());
  std::iota(slot.begin(), slot.end(), 0u);
  Scores scores;
  scores.evidence.resize(catalogue_.size());
  std::vector<double> usual_of(catalogue_.size());
  for (uint32_t f = 0; f < catalogue_.size(); ++f) {
    usual_of[f] = usual(f, days);
    scores.fixed.push_back(dislike(f, now, days));
  }
  weigh(now, days, slot, usual_of, &scores.evidence);
  return scores;
}

double Learner::dislike(uint32_t feature, const Situation& at, double days) const {
  const double growth = counts_.growth(days);
  double sum = 0;
  for (const uint64_t where : {uint64_t{0}, around(at)}) {
    const double no = counts_.count(key_of(kDisliked, where), feature);
    if (no <= 0) continue;
    const double yes = counts_.count(key_of(kLiked, where), feature);
    sum += std::log((yes + growth) / (yes + no + growth));
  }
  return sum;
}

void Learner::learn_weights(const Situation& at, uint32_t chosen, double days) {
  std::vector<Evidence> evidence(used_.size());
  std::vector<double> usual_of, p;
  for (const uint32_t f : used_) usual_of.push_back(usual(f, days));
  weigh(at, days, used_slot_, usual_of, &evidence);
  softmax(weights_.mean(), evidence, &p);
  Evidence gradient = evidence[used_slot_[chosen]];
  for (size_t i = 0; i < evidence.size(); ++i)
    for (size_t e = 0; e < kExperts; ++e) gradient[e] -= p[i] * evidence[i][e];
  weights_.learn(gradient);
  double sum = 0;
  for (const double u : usual_of) sum += u;
  for (size_t i = 0; i < used_.size(); ++i) expected_[since_part(days - last_days_[used_[i]])] += usual_of[i] / sum;
  happened_[since_part(days - last_days_[chosen])] += 1;
}

void Learner::learn_use(const Event& event, uint32_t feature, double days) {
  if (used_slot_[feature] != kNoSlot && uses_ % choices_a_lesson(uses_) == 0) learn_weights(event.at, feature, days);
  ++uses_;
  const double growth = counts_.growth(days);
  for (const Reading& row : readings(event.at, days))
    if (row.is_own) counts_.add(row.key, feature, growth);
  if (used_slot_[feature] == kNoSlot) {
    used_slot_[feature] = static_cast<uint32_t>(used_.size());
    used_.push_back(feature);
  }
  all_.add(feature, days);
  recent_.add(feature, days);
  last_days_[feature] = days;
}

void Learner::learn(const Event& event) {
  const double days = days_at(event.at.unix_ms);
  counts_.keep_small(days);
  const uint32_t feature = catalogue_.find(event.feature);
  const bool is_use = event.kind == SOTTO_EVENT_USED || event.kind == SOTTO_EVENT_ACCEPTED;
  if (feature != kUnknownFeature) {
    const double growth = counts_.growth(days);
    if (is_use) learn_use(event, feature, days);
    const double no = event.kind == SOTTO_EVENT_DISMISSED ? 1 : event.kind == SOTTO_EVENT_IGNORED ? kIgnored : 0;
    for (const uint64_t where : {uint64_t{0}, around(event.at)}) {
      if (no > 0) counts_.add(key_of(kDisliked, where), feature, no * growth);
      if (event.kind == SOTTO_EVENT_ACCEPTED) counts_.add(key_of(kLiked, where), feature, growth);
    }
  }
  if (is_use) before_ = {Step{hash_of(event.feature), days, feature}, before_[0]};
  days_ = days;
  last_ms_ = event.at.unix_ms;
}

}  // namespace sotto::recommendation

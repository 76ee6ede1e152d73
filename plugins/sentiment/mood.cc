#include "mood.h"

#include <algorithm>
#include <cmath>

#include "tasks.h"

namespace sotto::sentiment {
namespace {

constexpr uint32_t kUsualHalfLifeMs = 10 * 60 * 1000;
constexpr double kPrior = 1;     // weight of the neutral turn taken for granted
constexpr double kBound = 0.25;  // of the valence, from which a mood is not neutral
constexpr double kLeastEvidence = 0.05;

struct EventRow {
  uint32_t event;
  double value;
};
// With weight 1 one alone stays above -kBound (-0.45 / 2), two at a time do not (-0.8 / 3).
constexpr EventRow kEvents[] = {{SOTTO_MOOD_REPHRASE, -0.4}, {SOTTO_MOOD_CANCEL, -0.4}, {SOTTO_MOOD_FAILED_CALL, -0.45}};

bool is_share(float x) { return x >= 0 && x <= 1; }

// All of them shares, and together a whole.
template <size_t kCount>
bool are_shares(const float (&shares)[kCount], bool may_be_absent) {
  float sum = 0;
  for (const float x : shares) sum += is_share(x) ? x : 2;
  return (sum > 0.99f && sum < 1.01f) || (may_be_absent && sum == 0);
}

void check(const sotto_sentiment_result& turn) {
  const bool is_known = (turn.label < SOTTO_SENTIMENT_LABELS || turn.label == SOTTO_NONE) &&
                        (turn.emotion < SOTTO_EMOTION_LABELS || turn.emotion == SOTTO_NONE);
  if (!is_known || !is_share(turn.intensity) || !are_shares(turn.probabilities, false) || !are_shares(turn.emotions, true))
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  "sentiment: noting a turn whose label, probabilities or intensity are out of range: give a result of read");
}

}  // namespace

Mood::Mood(const Services& services, const sotto_sentiment_options& options)
    : services_(services),
      half_life_ns_(1e6 * (options.half_life_ms != 0 ? options.half_life_ms : kUsualHalfLifeMs)),
      emotion_confidence_(
          static_cast<double>(options.emotion_confidence > 0 ? options.emotion_confidence : kAllTasks[kEmotion].confidence)),
      has_hints_((options.flags & SOTTO_SENTIMENT_HINTS) != 0),
      has_consent_((options.flags & SOTTO_SENTIMENT_CONSENT) != 0) {}

void Mood::set_consent(bool is_given) {
  const std::lock_guard<std::mutex> lock(mutex_);
  has_consent_ = is_given;
  if (!is_given) evidence_ = {};
}

void Mood::reset() {
  const std::lock_guard<std::mutex> lock(mutex_);
  evidence_ = {};
}

void Mood::note_turn(const sotto_sentiment_result& turn) {
  check(turn);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!has_consent_ || turn.label == SOTTO_NONE) return;
  decay();
  const double weight = 0.5 + static_cast<double>(turn.intensity);
  const float value = turn.probabilities[SOTTO_SENTIMENT_POSITIVE] - turn.probabilities[SOTTO_SENTIMENT_NEGATIVE];
  evidence_.pull[kWords] += weight * static_cast<double>(value);
  evidence_.weight += weight;
  ++evidence_.turns;
  if (turn.emotion == SOTTO_NONE) return;
  for (size_t i = 0; i < evidence_.emotions.size(); ++i)
    evidence_.emotions[i] += weight * static_cast<double>(turn.emotions[i]);
  evidence_.emotion_weight += weight;
}

void Mood::note_event(uint32_t event) {
  const auto* row = std::find_if(std::begin(kEvents), std::end(kEvents), [&](const EventRow& r) { return r.event == event; });
  if (row == std::end(kEvents))
    throw Failure(SOTTO_INVALID_ARGUMENT,
                  "sentiment: event " + std::to_string(event) + " is none of SOTTO_MOOD_REPHRASE, _CANCEL and _FAILED_CALL");
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!has_consent_) return;
  decay();
  evidence_.pull[event] += row->value;
  evidence_.weight += 1;
  ++evidence_.events;
}

void Mood::decay() {
  // A clock that goes back takes nothing away and gives nothing again.
  const uint64_t now = std::max(services_.now_ns(), at_ns_);
  const double left = std::exp2(-static_cast<double>(now - at_ns_) / half_life_ns_);
  at_ns_ = now;
  for (double& x : evidence_.pull) x *= left;
  for (double& x : evidence_.emotions) x *= left;
  evidence_.weight *= left;
  evidence_.emotion_weight *= left;
}

uint32_t Mood::label_of(double valence) const {
  if (valence <= -kBound) return SOTTO_SENTIMENT_NEGATIVE;
  return valence >= kBound ? SOTTO_SENTIMENT_POSITIVE : SOTTO_SENTIMENT_NEUTRAL;
}

uint32_t Mood::emotion() const {
  const auto strongest = std::max_element(evidence_.emotions.begin(), evidence_.emotions.end());
  if (*strongest <= 0) return SOTTO_NONE;
  if (*strongest / evidence_.emotion_weight < emotion_confidence_) return SOTTO_NONE;
  return static_cast<uint32_t>(strongest - evidence_.emotions.begin());
}

uint32_t Mood::reason(double valence) const {
  if (label_of(valence) == SOTTO_SENTIMENT_NEUTRAL) return SOTTO_MOOD_REASON_NONE;
  constexpr std::array<uint32_t, kSources> kReasons = {SOTTO_MOOD_REASON_WORDS, SOTTO_MOOD_REPHRASE, SOTTO_MOOD_CANCEL,
                                                       SOTTO_MOOD_FAILED_CALL};
  const auto& pull = evidence_.pull;
  const auto strongest = valence < 0 ? std::min_element(pull.begin(), pull.end()) : std::max_element(pull.begin(), pull.end());
  return kReasons[static_cast<size_t>(strongest - pull.begin())];
}

sotto_mood Mood::now() {
  const std::lock_guard<std::mutex> lock(mutex_);
  sotto_mood mood{};
  mood.struct_size = sizeof mood;
  mood.flags = (has_consent_ ? SOTTO_SENTIMENT_CONSENT : 0u) | (has_hints_ ? SOTTO_SENTIMENT_HINTS : 0u);
  mood.label = mood.emotion = SOTTO_NONE;
  mood.reason = SOTTO_MOOD_REASON_NONE;
  decay();
  mood.turns = evidence_.turns;
  mood.events = evidence_.events;
  mood.evidence = static_cast<float>(evidence_.weight);
  if (evidence_.weight < kLeastEvidence) return mood;
  double pull = 0;
  for (const double x : evidence_.pull) pull += x;
  const double valence = pull / (evidence_.weight + kPrior);
  mood.valence = static_cast<float>(valence);
  mood.label = label_of(valence);
  mood.emotion = emotion();
  mood.reason = reason(valence);
  return mood;
}

}  // namespace sotto::sentiment

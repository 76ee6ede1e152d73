// mood.h: the mood of a session: what was noted of turns and events, each weighing half as much after every half-life.
//
//   valence = sum w x / (sum w + 1),  w = w0 * 2^(-age / half-life)
//
// A turn: x = P(positive) - P(negative), w0 = 0.5 + intensity. An event: its row of kEvents, w0 = 1. The 1 below is a neutral
// turn taken for granted, which little evidence does not outweigh and to which all returns.
#pragma once

#include <array>
#include <mutex>

#include "services.h"
#include "sotto/sentiment.h"

namespace sotto::sentiment {

// [any thread]
class Mood {
 public:
  Mood(const Services& services, const sotto_sentiment_options& options);

  void set_consent(bool is_given);  // withdrawn: forgets
  void note_turn(const sotto_sentiment_result& turn);
  void note_event(uint32_t event);
  void reset();
  sotto_mood now();
  bool has_hints() const { return has_hints_; }

 private:
  enum Source : size_t { kWords, kRephrase, kCancel, kFailedCall, kSources };
  struct Evidence {
    std::array<double, kSources> pull{};  // sum w x
    double weight = 0;                    // sum w
    std::array<double, SOTTO_EMOTION_LABELS> emotions{};
    double emotion_weight = 0;
    uint32_t turns = 0, events = 0;
  };

  void decay();  // to the time that it is now
  uint32_t label_of(double valence) const;
  uint32_t emotion() const;
  uint32_t reason(double valence) const;

  const Services& services_;
  const double half_life_ns_;
  const double emotion_confidence_;
  const bool has_hints_;
  std::mutex mutex_;  // guards what follows
  bool has_consent_;
  Evidence evidence_;
  uint64_t at_ns_ = 0;  // when the evidence weighed what it says
};

}  // namespace sotto::sentiment

// offers.h: what a user may want now, over sotto/recommendation.h: a catalogue, one profile at a time, suggestions with
// reasons.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine.h"
#include "sotto/recommendation.h"

struct Offer {
  std::string feature, name_zh, name_en, reason_zh, reason_en, reason_kind;
  double probability = 0;
  std::string name(bool is_chinese) const { return is_chinese ? name_zh : name_en; }
  std::string reason(bool is_chinese) const { return is_chinese ? reason_zh : reason_en; }
};

// When, where, how; empty: not known.
struct Moment {
  int64_t unix_ms = 0;  // 0: now
  std::string place, device, tags, has, request;
  std::optional<float> mood;  // only where the user agreed
  bool is_alarm = false;
};

// One thread at a time.
class Offers {
 public:
  struct Options {
    std::string catalogue;   // JSON
    std::string folder;      // of the profiles; empty: in memory alone
    bool uses_model = true;  // what words mean; false: letters they share
    uint32_t flags = 0;      // SOTTO_RECOMMEND_*
    uint32_t daily_cap = 0;
    uint32_t quiet_from = 0, quiet_to = 0;  // minutes of the day; both 0: as the plugin has it
  };
  Offers(Engine& engine, const Options& options);  // throws sotto::Error, as all of these
  ~Offers();
  Offers(const Offers&) = delete;
  Offers& operator=(const Offers&) = delete;

  // The user's profile in place of the one before. `is_agreed`: the user wants events to be kept.
  void open(const std::string& user, bool is_agreed);
  void set_consent(uint32_t consent);  // SOTTO_CONSENT_*
  void record(uint32_t event, const std::string& feature, const Moment& moment);
  // To offer unasked, at most one; none: *quiet says why (SOTTO_QUIET_*).
  std::optional<Offer> suggest(const Moment& moment, uint32_t* quiet);
  std::vector<Offer> rank(const Moment& moment, uint32_t count);
  uint64_t forget(const std::string& feature);  // empty: all; how many events
  uint64_t events() const;
  std::string exported() const;  // JSON, docs/models.md

 private:
  void close();

  sotto_recommendation_skill skill_;
  sotto_recommender* recommender_ = nullptr;
  sotto_profile* profile_ = nullptr;
};

// Why nothing is offered, in English: "quiet hours".
const char* quiet_words(uint32_t quiet);

// profile.h: one user: what is kept of them, what was learned from it, and what is recommended. Any thread, one call at a time.
#pragma once

#include <memory>
#include <mutex>

#include "reasons.h"
#include "setup.h"
#include "store.h"

namespace sotto::recommendation {

// A recommendation with the texts it needs after the lock is gone.
struct Item {
  Choice choice;
  Reason reason;
};

class Profile {
 public:
  // Setup is shared: a profile may outlive the recommender it came from. Throws Failure, as all of these do.
  Profile(std::shared_ptr<const Setup> setup, const std::string& user, const std::string& key);

  void set_consent(uint32_t consent);
  void record(uint32_t kind, const std::string& feature, const Situation& at);
  std::vector<Item> rank(const Asked& asked, uint32_t count);
  std::vector<Item> suggest(const Asked& asked, uint32_t count, uint32_t* quiet);
  uint64_t forget(const Which& which);
  std::string export_json();
  void import_json(std::string_view json);
  sotto_profile_facts facts();
  const std::shared_ptr<const Setup>& setup() const { return setup_; }

 private:
  void learn(const Event& event);
  void learn_anew();
  void keep(const std::vector<Event>& events);
  uint32_t consent() { return store_ ? store_->consent() : SOTTO_CONSENT_NONE; }
  void need_consent(const char* what);
  std::vector<uint32_t> candidates(const Asked& asked, bool is_unasked) const;
  std::vector<Item> choose(const Asked& asked, const std::vector<float>& words, bool is_unasked, uint32_t count) const;

  const std::shared_ptr<const Setup> setup_;
  const std::string path_, key_;
  std::mutex mutex_;              // guards what follows; not held while the model or a callback runs
  std::unique_ptr<Store> store_;  // NULL: no file
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<Rules> rules_;
  uint64_t events_ = 0;
  int32_t utc_offset_minutes_ = 0;  // of the last event or question
};

}  // namespace sotto::recommendation

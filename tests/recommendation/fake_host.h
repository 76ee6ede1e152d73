// fake_host.h: a host for the recommendation plugin linked into a test: a clock that the test sets, blobs in memory, and a
// model of three concepts; with short ways to call the plugin's table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sotto/hidden.h"
#include "sotto/plugin.h"
#include "sotto/recommendation.h"

namespace sotto::test {

// What the services tell; one for the whole program, reset by each test.
struct FakeHost {
  int64_t unix_ms = 0;
  uint64_t monotonic_ns = 1;
  bool has_clock = true;
  bool is_full = false;  // no blob can be written
  std::map<std::string, std::string> blobs;
  size_t embedded = 0;  // texts
  size_t sessions = 0;  // alive
};
FakeHost& fake_host();
// A "model" whose hidden states are: light, music, time, each by its words, and a part that all texts share.
sotto_model* fake_model();

// A folder that is removed with what is in it.
class Folder {
 public:
  Folder();
  ~Folder();
  const std::string& path() const { return path_; }
  // All bytes of all files in it.
  std::string bytes() const;
  size_t files() const;

 private:
  std::string path_;
};

struct Item {
  std::string feature, name_zh, reason_zh, reason_en, kind;
  double probability = 0, propensity = 0, weight = 0;
};

int64_t at(int day, double hour);  // day 0 is Monday 2025-01-06, UTC

// A context with texts that live as long as it does.
struct Where {
  int64_t unix_ms = 0;
  std::string place, device, tags, has, request;
  bool is_alarm = false;
  bool has_mood = false;
  float mood = 0;
  int32_t offset = 0;
  sotto_usage_context get() const;
};

// The plugin, a recommender and one user, each call's failure in `error`.
class Skill {
 public:
  Skill(const std::string& catalogue, const std::string& folder, sotto_recommender_options options = {});
  ~Skill();
  Skill(const Skill&) = delete;
  Skill& operator=(const Skill&) = delete;

  sotto_status open(const std::string& user = "ann", const std::string& key = "");
  void close();
  sotto_status consent(uint32_t level = SOTTO_CONSENT_GRANTED);
  sotto_status record(const std::string& feature, const Where& where, uint32_t kind = SOTTO_EVENT_USED);
  std::vector<Item> rank(const Where& where, uint32_t count = 5);
  std::vector<Item> suggest(const Where& where, uint32_t count = 1);
  sotto_status forget(const std::string& feature = "", int64_t from = 0, int64_t until = 0);
  std::string exported();
  sotto_status import(const std::string& json);
  sotto_profile_facts facts();

  const sotto_recommendation_api* api = nullptr;
  void* self = nullptr;
  sotto_recommender* recommender = nullptr;
  sotto_profile* profile = nullptr;
  sotto_status created = SOTTO_OK;
  sotto_status last = SOTTO_OK;
  std::string error;
  uint32_t quiet = 0;

 private:
  template <class Call>
  sotto_status call(Call&& function);
};

// A dozen features of a household in both languages.
std::string small_catalogue();
// The place of `feature` in the list, its size if it is not there.
size_t place_of(const std::vector<Item>& items, const std::string& feature);
// Exactly the same list: features, probabilities, reasons.
bool same(const std::vector<Item>& a, const std::vector<Item>& b);

}  // namespace sotto::test

// plugin.cc: what the library exports: its entry, and the table "sotto.recommendation/1" whose functions call Profile.
#include <algorithm>
#include <cstring>

#include "profile.h"

struct sotto_recommender {
  std::shared_ptr<const sotto::recommendation::Setup> setup;  // shared with the profiles, which may outlive it
};

struct sotto_profile {
  sotto_profile(const std::shared_ptr<const sotto::recommendation::Setup>& setup, const std::string& user,
                const std::string& key)
      : body(setup, user, key) {}
  sotto::recommendation::Profile body;
};

namespace sotto::recommendation {
namespace {

using plugin::Failure;
using plugin::guard;
using plugin::read_options;
using plugin::str;
using plugin::view;

struct Plugin {
  explicit Plugin(plugin::Host h) : host(h) {}
  const void* query(std::string_view id) const;
  plugin::Host host;
};

template <class T>
T& given(T* object, const char* what) {
  if (object == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, std::string("recommendation: ") + what + " is NULL");
  return *object;
}

// One call on a profile.
template <class Body>
sotto_status enter(sotto_profile* profile, sotto_error* err, Body&& body) noexcept {
  return guard(err, [&] { return body(given(profile, "the profile").body); });
}

sotto_status create(void* self, const sotto_recommender_options* options, sotto_recommender** out, sotto_error* err) noexcept {
  return guard(err, [&] {
    const auto& plugin = *static_cast<const Plugin*>(&given(static_cast<Plugin*>(self), "self"));
    given(out, "where the recommender goes");
    auto made = std::make_unique<sotto_recommender>();
    made->setup = std::make_shared<const Setup>(plugin.host, read_options(options));
    *out = made.release();
  });
}

void destroy(sotto_recommender* recommender) noexcept { delete recommender; }

bool is_user(std::string_view user) {
  const auto is_fit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
  };
  return !user.empty() && user.size() <= 64 && std::all_of(user.begin(), user.end(), is_fit);
}

sotto_status open(sotto_recommender* recommender, sotto_str user, sotto_str key, sotto_profile** out,
                  sotto_error* err) noexcept {
  return guard(err, [&] {
    const auto& setup = given(recommender, "the recommender").setup;
    given(out, "where the profile goes");
    if (!is_user(view(user))) throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: a user is 1 to 64 of A-Z a-z 0-9 _ -");
    if (view(key).find('\0') != std::string_view::npos)
      throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: the key holds a zero byte");
    *out = std::make_unique<sotto_profile>(setup, std::string(view(user)), std::string(view(key))).release();
  });
}

void close(sotto_profile* profile) noexcept { delete profile; }

sotto_status set_consent(sotto_profile* profile, uint32_t consent, sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) { p.set_consent(consent); });
}

sotto_status record(sotto_profile* profile, uint32_t event, sotto_str feature, const sotto_usage_context* context,
                    sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) {
    p.record(event, std::string(view(feature)), read_context(context, p.setup()->unix_ms()).at);
  });
}

// The caller holds `setup`, so that the views stay valid whatever the callback does.
void hand_out(const std::shared_ptr<const Setup>& setup, const std::vector<Item>& items, sotto_on_recommendation on_item,
              void* user) {
  for (size_t i = 0; i < items.size(); ++i) {
    const Feature& feature = setup->catalogue[items[i].choice.feature];
    sotto_recommendation item{};
    item.struct_size = sizeof item;
    item.place = static_cast<uint32_t>(i);
    item.feature = str(feature.id);
    item.name_zh = str(feature.name_zh);
    item.name_en = str(feature.name_en);
    item.reason_zh = str(items[i].reason.zh);
    item.reason_en = str(items[i].reason.en);
    item.reason_kind = str(items[i].reason.kind);
    item.probability = items[i].choice.probability;
    item.reason_weight = items[i].choice.reason_weight;
    item.propensity = items[i].choice.propensity;
    if (on_item(user, &item) != 0) return;
  }
}

sotto_status rank_now(sotto_profile* profile, const sotto_usage_context* context, uint32_t count,
                      sotto_on_recommendation on_item, void* user, sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) {
    if (on_item == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: no callback is given");
    const std::shared_ptr<const Setup> setup = p.setup();
    hand_out(setup, p.rank(read_context(context, setup->unix_ms()), count), on_item, user);
  });
}

sotto_status suggest(sotto_profile* profile, const sotto_usage_context* context, uint32_t count,
                     sotto_on_recommendation on_item, void* user, uint32_t* quiet, sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) {
    if (on_item == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: no callback is given");
    const std::shared_ptr<const Setup> setup = p.setup();
    uint32_t why = SOTTO_QUIET_NO;
    const std::vector<Item> items = p.suggest(read_context(context, setup->unix_ms()), count, &why);
    if (quiet != nullptr) *quiet = why;
    hand_out(setup, items, on_item, user);
  });
}

sotto_status forget(sotto_profile* profile, const sotto_forget_options* options, uint64_t* forgotten,
                    sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) {
    const sotto_forget_options o = read_options(options);
    Which which;
    which.feature = std::string(view(o.feature));
    which.from_ms = o.from_unix_ms;
    if (o.until_unix_ms != 0) which.until_ms = o.until_unix_ms;
    if (o.feature.data != nullptr && which.feature.empty())
      throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: an empty feature is to be forgotten: give none to forget all");
    if (o.from_unix_ms < 0 || o.until_unix_ms < 0 || (o.until_unix_ms != 0 && o.until_unix_ms < o.from_unix_ms))
      throw Failure(SOTTO_INVALID_ARGUMENT, "recommendation: what is to be forgotten ends before it begins");
    const uint64_t count = p.forget(which);
    if (forgotten != nullptr) *forgotten = count;
  });
}

sotto_status export_json(sotto_profile* profile, char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) {
    const std::string json = p.export_json();
    if (size != nullptr) *size = json.size();
    if (buffer != nullptr && capacity >= json.size()) std::copy(json.begin(), json.end(), buffer);
  });
}

sotto_status import_json(sotto_profile* profile, sotto_str json, sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) { p.import_json(view(json)); });
}

sotto_status facts(sotto_profile* profile, sotto_profile_facts* out, sotto_error* err) noexcept {
  return enter(profile, err, [&](Profile& p) {
    const uint32_t size = given(out, "where the facts go").struct_size;
    if (size < sizeof size) throw Failure(SOTTO_INVALID_ARGUMENT, "sotto_profile_facts: set struct_size to its sizeof");
    sotto_profile_facts facts = p.facts();
    facts.struct_size = size;  // no more than the caller has
    std::memcpy(out, &facts, std::min<size_t>(size, sizeof facts));
  });
}

constexpr sotto_recommendation_api kApi = {sizeof(sotto_recommendation_api),
                                           0,
                                           create,
                                           destroy,
                                           open,
                                           close,
                                           set_consent,
                                           record,
                                           rank_now,
                                           suggest,
                                           forget,
                                           export_json,
                                           import_json,
                                           facts};

const void* Plugin::query(std::string_view id) const { return id == SOTTO_RECOMMENDATION_ID ? &kApi : nullptr; }

using Entry = plugin::Entry<Plugin>;

}  // namespace
}  // namespace sotto::recommendation

SOTTO_PLUGIN_ENTRY(recommendation) = {SOTTO_PLUGIN_HEAD,
                                      "dev.sotto.recommendation",
                                      SOTTO_VERSION_STRING,
                                      "features and apps by habit, context and meaning, with a reason",
                                      sotto::recommendation::Entry::create,
                                      sotto::recommendation::Entry::destroy,
                                      sotto::recommendation::Entry::query};

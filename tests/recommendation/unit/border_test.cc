// Calls that are wrong, catalogues that are broken, and callbacks that do what they may.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "recommendation/fake_host.h"

namespace sotto::test {
namespace {

TEST(RecommendationBorder, BrokenCataloguesAreRefusedWithTheirPlace) {
  struct Case {
    std::string json;
    sotto_status status;
    const char* words;
  };
  const std::string feature = R"({"id": "a", "name": {"en": "A"})";
  const auto with = [&](const std::string& more) { return R"({"version": 1, "features": [)" + feature + more + "}]}"; };
  fake_host() = FakeHost{};
  for (const Case& c :
       {Case{"", SOTTO_INVALID_ARGUMENT, "no catalogue"}, Case{"{", SOTTO_BAD_FILE, "byte"},
        Case{"[]", SOTTO_BAD_FILE, "no object"}, Case{R"({"version": 2})", SOTTO_UNSUPPORTED, "version"},
        Case{R"({"version": 1, "features": []})", SOTTO_BAD_FILE, "features"},
        Case{with(R"(}, {"id": "a", "name": {"zh": "b"})"), SOTTO_BAD_FILE, "id a of another"},
        Case{with(R"(, "popularity": 2)"), SOTTO_BAD_FILE, "popularity"},
        Case{with(R"(, "popularity": "high")"), SOTTO_BAD_FILE, "popularity"},
        Case{with(R"(, "colour": 1)"), SOTTO_BAD_FILE, "colour"}, Case{with(R"(, "kind": "toy")"), SOTTO_BAD_FILE, "kind"},
        Case{with(R"(, "requires": [""])"), SOTTO_BAD_FILE, "requires"},
        Case{with(R"(, "contexts": {"hours": [[1]]})"), SOTTO_BAD_FILE, "hours"},
        Case{with(R"(, "contexts": {"hours": [[1, 25]]})"), SOTTO_BAD_FILE, "hours"},
        Case{with(R"(, "category": ")" + std::string(100, 'x') + "\""), SOTTO_BAD_FILE, "100 bytes"},
        Case{R"({"version": 1, "features": [{"id": "a"}]})", SOTTO_BAD_FILE, "no name"},
        Case{std::string(100000, '['), SOTTO_BAD_FILE, "nested"}, Case{std::string(5 << 20, ' '), SOTTO_BAD_FILE, "bytes"},
        Case{"{\"version\": 1, \"features\": [{\"id\": \"\xff\"}]}", SOTTO_BAD_FILE, "byte"}}) {
    Skill skill(c.json, "");
    EXPECT_EQ(skill.created, c.status) << c.json.substr(0, 100) << skill.error;
    EXPECT_NE(skill.error.find(c.words), std::string::npos) << skill.error;
    EXPECT_EQ(skill.recommender, nullptr);
  }
}

TEST(RecommendationBorder, OptionsOutOfRangeAreRefused) {
  fake_host() = FakeHost{};
  const auto status = [](auto change) {
    sotto_recommender_options o{};
    change(&o);
    return Skill(small_catalogue(), "", o).created;
  };
  using O = sotto_recommender_options*;
  EXPECT_EQ(status([](O) {}), SOTTO_OK);
  EXPECT_EQ(status([](O o) { o->flags = 1u << 20; }), SOTTO_UNSUPPORTED);
  EXPECT_EQ(status([](O o) { o->exploration = 0.9f; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](O o) { o->exploration = NAN; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](O o) { o->diversity = -1; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](O o) { o->quiet_from = 2000; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](O o) { o->quiet_from = 60; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](O o) { o->max_events = 1; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(Skill(small_catalogue(), "/nowhere/at/all").created, SOTTO_NOT_FOUND);
  fake_host().has_clock = false;
  EXPECT_EQ(status([](O) {}), SOTTO_UNSUPPORTED);
}

TEST(RecommendationBorder, ContextsOutOfRangeAreRefused) {
  fake_host() = FakeHost{};
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  ASSERT_EQ(skill.consent(), SOTTO_OK);
  const auto status = [&](auto change) {
    Where w;
    w.unix_ms = at(0, 9);
    change(&w);
    return skill.record("radio", w);
  };
  using W = Where*;
  EXPECT_EQ(status([](W) {}), SOTTO_OK);
  EXPECT_EQ(status([](W w) { w->unix_ms = -1; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->unix_ms = INT64_MAX; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->unix_ms = INT64_MIN; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->offset = 5000; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->place = std::string(65, 'p'); }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->device = "a\nb"; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->place = "\xc3\x28"; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->tags = "a b c d e f g h i"; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->request = std::string(10 << 20, 'x'); }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->has_mood = true, w->mood = NAN; }), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(status([](W w) { w->place = "'; DROP TABLE events; --"; }), SOTTO_OK);
  EXPECT_EQ(skill.facts().events, 2u);
  EXPECT_EQ(skill.record("no-such", Where{}), SOTTO_NOT_FOUND);
  EXPECT_EQ(skill.record("radio", Where{}, SOTTO_EVENT_SUGGESTED), SOTTO_INVALID_ARGUMENT);
  skill.rank(Where{}, 0);
  EXPECT_EQ(skill.last, SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.forget("", 5, 4), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.consent(7), SOTTO_INVALID_ARGUMENT);
}

TEST(RecommendationBorder, NullsAndLaterFieldsAreAnswered) {
  fake_host() = FakeHost{};
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  sotto_error err{};
  err.struct_size = sizeof err;
  EXPECT_EQ(skill.api->create(nullptr, nullptr, nullptr, &err), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.api->create(skill.self, nullptr, &skill.recommender, &err), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.api->rank(nullptr, nullptr, 1, nullptr, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.api->rank(skill.profile, nullptr, 1, nullptr, nullptr, &err), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.api->facts(skill.profile, nullptr, &err), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(skill.api->forget(skill.profile, nullptr, nullptr, &err), SOTTO_OK);
  skill.api->close(nullptr);
  skill.api->destroy(nullptr);
  struct {
    sotto_usage_context context;
    uint64_t later;
  } newer{};
  newer.context.struct_size = sizeof newer;
  const auto ignore = [](void*, const sotto_recommendation*) -> int32_t { return 0; };
  EXPECT_EQ(skill.api->rank(skill.profile, &newer.context, 1, ignore, nullptr, &err), SOTTO_OK);
  newer.later = 1;
  EXPECT_EQ(skill.api->rank(skill.profile, &newer.context, 1, ignore, nullptr, &err), SOTTO_UNSUPPORTED);
  sotto_profile_facts facts{};
  facts.struct_size = 8;  // an older caller: no more than that is written
  facts.events = 77;
  EXPECT_EQ(skill.api->facts(skill.profile, &facts, &err), SOTTO_OK);
  EXPECT_EQ(facts.events, 77u);
}

TEST(RecommendationBorder, ACallbackMayCallBackInAndEndTheList) {
  fake_host() = FakeHost{};
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  ASSERT_EQ(skill.consent(), SOTTO_OK);
  struct Seen {
    Skill* skill;
    int count;
  } seen = {&skill, 0};
  const auto on_item = [](void* user, const sotto_recommendation* item) -> int32_t {
    auto* s = static_cast<Seen*>(user);
    EXPECT_EQ(s->skill->record(std::string(item->feature.data, item->feature.size), Where{}), SOTTO_OK) << s->skill->error;
    return ++s->count == 2;
  };
  EXPECT_EQ(skill.api->rank(skill.profile, nullptr, 5, on_item, &seen, nullptr), SOTTO_OK);
  EXPECT_EQ(seen.count, 2);
  EXPECT_EQ(skill.facts().events, 2u);
}

TEST(RecommendationBorder, AProfileOutlivesItsRecommender) {
  fake_host() = FakeHost{};
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  skill.api->destroy(skill.recommender);
  skill.recommender = nullptr;
  EXPECT_EQ(skill.rank(Where{}).size(), 5u);
}

TEST(RecommendationBorder, ThreadsShareAProfile) {
  fake_host() = FakeHost{};
  Skill skill(small_catalogue(), "");
  ASSERT_EQ(skill.open(), SOTTO_OK);
  ASSERT_EQ(skill.consent(), SOTTO_OK);
  const auto ignore = [](void*, const sotto_recommendation*) -> int32_t { return 0; };
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const Where where;
      const sotto_usage_context context = where.get();
      for (int i = 0; i < 50; ++i) {
        const sotto_str feature = sotto_cstr(t % 2 == 0 ? "radio" : "lamp");
        failures += skill.api->record(skill.profile, SOTTO_EVENT_USED, feature, &context, nullptr) != SOTTO_OK;
        failures += skill.api->rank(skill.profile, &context, 3, ignore, nullptr, nullptr) != SOTTO_OK;
        failures += skill.api->suggest(skill.profile, &context, 1, ignore, nullptr, nullptr, nullptr) != SOTTO_OK;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(skill.facts().events, 200u);
}

}  // namespace
}  // namespace sotto::test

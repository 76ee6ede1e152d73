// What is kept of a user: only with consent, gone when forgotten, whole after whatever happens to the file.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "recommendation/fake_host.h"

namespace sotto::test {
namespace {

Where when(int day, double hour, const std::string& place = "", const std::string& tags = "") {
  Where w;
  w.unix_ms = at(day, hour);
  w.place = place;
  w.tags = tags;
  return w;
}

class ProfileTest : public testing::Test {
 protected:
  void SetUp() override {
    fake_host() = FakeHost{};
    fake_host().unix_ms = at(0, 12);
  }
  void begin(Skill* skill, const std::string& user = "ann") {
    ASSERT_EQ(skill->created, SOTTO_OK) << skill->error;
    ASSERT_EQ(skill->open(user), SOTTO_OK) << skill->error;
    ASSERT_EQ(skill->consent(), SOTTO_OK) << skill->error;
  }
  std::string file(const std::string& user = "ann") const { return folder_.path() + "/" + user + ".profile"; }
  void sql(const char* statement) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &handle), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, statement, nullptr, nullptr, &message), SQLITE_OK) << (message ? message : "");
    sqlite3_close(handle);
  }
  // Opening fails with that status, a sentence, and not a byte of the folder changed.
  void expect_refused(sotto_status status, const char* words) {
    const std::string before = folder_.bytes();
    Skill skill(small_catalogue(), folder_.path());
    EXPECT_EQ(skill.open(), status) << skill.error;
    EXPECT_NE(skill.error.find(words), std::string::npos) << skill.error;
    EXPECT_TRUE(folder_.bytes() == before);
  }

  Folder folder_;
};

TEST_F(ProfileTest, KeepsNothingWithoutConsent) {
  Skill skill(small_catalogue(), folder_.path());
  ASSERT_EQ(skill.open(), SOTTO_OK);
  EXPECT_EQ(skill.record("radio", when(0, 9)), SOTTO_REFUSED);
  EXPECT_NE(skill.error.find("consent"), std::string::npos);
  skill.suggest(when(0, 9));
  skill.rank(when(0, 9));
  EXPECT_EQ(skill.consent(SOTTO_CONSENT_PAUSED), SOTTO_OK);
  EXPECT_EQ(skill.consent(SOTTO_CONSENT_NONE), SOTTO_OK);
  EXPECT_EQ(folder_.files(), 0u);
}

TEST_F(ProfileTest, PausedKeepsWhatIsThereAndWithdrawnErasesIt) {
  Skill skill(small_catalogue(), folder_.path());
  begin(&skill);
  for (int day = 0; day < 9; ++day) skill.record("scale", when(day, 9));
  ASSERT_EQ(skill.consent(SOTTO_CONSENT_PAUSED), SOTTO_OK);
  EXPECT_EQ(skill.record("radio", when(9, 9)), SOTTO_REFUSED);
  ASSERT_EQ(skill.open(), SOTTO_OK);
  EXPECT_EQ(skill.facts().consent, SOTTO_CONSENT_PAUSED);
  EXPECT_EQ(skill.facts().events, 9u);
  EXPECT_EQ(skill.rank(when(9, 9))[0].feature, "scale");
  ASSERT_EQ(skill.consent(SOTTO_CONSENT_NONE), SOTTO_OK) << skill.error;
  EXPECT_EQ(folder_.files(), 0u);
  EXPECT_NE(skill.rank(when(9, 9))[0].feature, "scale");
}

TEST_F(ProfileTest, OutlivesTheProgramAndOnlyItsOwnerMayReadIt) {
  std::vector<Item> before;
  {
    Skill skill(small_catalogue(), folder_.path());
    begin(&skill);
    for (int day = 0; day < 20; ++day) skill.record(day % 3 ? "radio" : "lamp", when(day, 9, "kitchen", "rain"));
    before = skill.rank(when(20, 9, "kitchen"), 12);
  }
  struct stat facts {};
  ASSERT_EQ(stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  Skill skill(small_catalogue(), folder_.path());
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  EXPECT_TRUE(same(before, skill.rank(when(20, 9, "kitchen"), 12)));
}

TEST_F(ProfileTest, UsersAreApart) {
  Skill skill(small_catalogue(), folder_.path());
  begin(&skill, "ann");
  for (int i = 0; i < 30; ++i) skill.record("scale", when(i, 9));
  begin(&skill, "bo");
  for (int i = 0; i < 30; ++i) skill.record("story", when(i, 9));
  EXPECT_EQ(skill.rank(when(30, 9))[0].feature, "story");
  ASSERT_EQ(skill.open("ann"), SOTTO_OK);
  EXPECT_EQ(skill.rank(when(30, 9))[0].feature, "scale");
  skill.consent(SOTTO_CONSENT_NONE);
  ASSERT_EQ(skill.open("bo"), SOTTO_OK);
  EXPECT_EQ(skill.facts().events, 30u);
  for (const char* bad : {"", "../ann", "a b", "安", "a.b"}) EXPECT_EQ(skill.open(bad), SOTTO_INVALID_ARGUMENT) << bad;
}

// A life with and without the events to forget.
struct Forgetting {
  const char* name;
  const char* feature;
  int from_day, until_day;  // -1: not given
  bool (*is_forgotten)(int day, const std::string& feature);
};

class ProfileForgets : public ProfileTest, public testing::WithParamInterface<Forgetting> {
 protected:
  void live(Skill* skill, bool leave_out) {
    begin(skill);
    for (int day = 0; day < 30; ++day)
      for (int i = 0; i < 6; ++i) {
        const char* const kFeatures[] = {"radio", "weather", "secret-habit", "lamp", "song", "timer"};
        const std::string feature = kFeatures[(i * (day % 5 + 1) + day) % 6];
        if (leave_out && GetParam().is_forgotten(day, feature)) continue;
        Where w = when(day, 7 + i * 2.5, GetParam().is_forgotten(day, feature) ? "hidden-place" : "kitchen",
                       GetParam().is_forgotten(day, feature) ? "whispered" : "rain");
        w.device = i % 2 ? "speaker" : "phone";
        const uint32_t kind = i == 4 ? SOTTO_EVENT_DISMISSED : i == 5 ? SOTTO_EVENT_ACCEPTED : SOTTO_EVENT_USED;
        ASSERT_EQ(skill->record(feature, w, kind), SOTTO_OK) << skill->error;
      }
  }
  static std::string catalogue() {
    std::string json = small_catalogue();
    json.insert(json.find("{\"id\""), R"({"id": "secret-habit", "name": {"zh": "秘密", "en": "Secret"}, "popularity": 0.6},)");
    return json;
  }
};

TEST_P(ProfileForgets, AsIfItHadNeverBeen) {
  const Forgetting& what = GetParam();
  Skill never(catalogue(), ""), skill(catalogue(), folder_.path());
  live(&never, true);
  live(&skill, false);
  ASSERT_NE(folder_.bytes().find("hidden-place"), std::string::npos) << "the test looks at the right files";
  const std::string told = skill.exported();
  ASSERT_EQ(
      skill.forget(what.feature, what.from_day < 0 ? 0 : at(what.from_day, 0), what.until_day < 0 ? 0 : at(what.until_day, 0)),
      SOTTO_OK)
      << skill.error;
  const std::string bytes = folder_.bytes();
  for (const char* trace : {"hidden-place", "whispered"}) EXPECT_EQ(bytes.find(trace), std::string::npos) << trace;
  if (*what.feature && what.from_day < 0) {
    EXPECT_EQ(bytes.find(what.feature), std::string::npos);
  }
  EXPECT_EQ(skill.exported(), never.exported());
  EXPECT_NE(skill.exported(), told);
  const auto expect_same = [&](int day) {
    for (int i = 0; i < 40; ++i) {
      const Where w = when(day + i % 9, 7.3 + i * 0.35, i % 2 ? "kitchen" : "hidden-place", i % 3 ? "" : "whispered");
      ASSERT_TRUE(same(skill.rank(w, 13), never.rank(w, 13))) << i;
      const std::vector<Item> now = skill.suggest(w, 2);
      ASSERT_TRUE(same(now, never.suggest(w, 2))) << i << ' ' << skill.error << ' ' << skill.quiet << never.quiet;
    }
  };
  expect_same(30);
  skill.open();
  expect_same(50);
}

INSTANTIATE_TEST_SUITE_P(
    All, ProfileForgets,
    testing::Values(Forgetting{"everything", "", -1, -1, [](int, const std::string&) { return true; }},
                    Forgetting{"a_feature", "secret-habit", -1, -1,
                               [](int, const std::string& f) { return f == "secret-habit"; }},
                    Forgetting{"a_time", "", 10, 18, [](int day, const std::string&) { return day >= 10 && day < 18; }},
                    Forgetting{"the_end", "", 24, -1, [](int day, const std::string&) { return day >= 24; }},
                    Forgetting{"a_feature_for_a_time", "secret-habit", 5, 20,
                               [](int day, const std::string& f) { return f == "secret-habit" && day >= 5 && day < 20; }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(ProfileTest, AnInterruptedForgettingIsFinishedWhenOpened) {
  {
    Skill skill(small_catalogue(), folder_.path());
    begin(&skill);
    for (int day = 0; day < 200; ++day) skill.record("radio", when(day, 9, "hidden-place"));
  }
  // As a crash leaves it between the deletion and the cleaning.
  sql("DELETE FROM events; INSERT INTO facts VALUES('unclean', 1)");
  Skill skill(small_catalogue(), folder_.path());
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  EXPECT_EQ(folder_.bytes().find("hidden-place"), std::string::npos);
  EXPECT_EQ(skill.facts().events, 0u);
}

TEST_F(ProfileTest, ExportAndImportRestoreEverything) {
  Skill skill(small_catalogue(), folder_.path());
  begin(&skill);
  for (int day = 0; day < 30; ++day) {
    Where w = when(day, 9, "厨房", "rain guests");
    w.has_mood = true;
    w.mood = 0.3f;
    w.offset = 480;
    skill.record(day % 2 ? "radio" : "lamp", w);
    skill.suggest(when(day, 12));
  }
  const std::string json = skill.exported();
  const std::vector<Item> before = skill.rank(when(30, 9, "厨房"), 12);
  begin(&skill, "bo");
  ASSERT_EQ(skill.import(json), SOTTO_OK) << skill.error;
  EXPECT_EQ(skill.exported(), json);
  EXPECT_TRUE(same(before, skill.rank(when(30, 9, "厨房"), 12)));
  const char* const kBad[] = {
      "",
      "[]",
      "{",
      "{\"format\": \"sotto.profile\", \"version\": 1}",
      "{\"format\": \"other\", \"version\": 1, \"events\": []}",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 1, "kind": "used"}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 1e300, "kind": "used", "feature": "radio"}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 18446744073709551615, "kind": "used", "feature": "radio"}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 1, "kind": "eaten", "feature": "radio"}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 1, "kind": "used", "feature": "radio", "mood": 2}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 1, "kind": "used", "feature": "radio", "propensity": 0}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [{"time": 1, "kind": "used", "feature": "ra\u0000dio"}]})",
      R"({"format": "sotto.profile", "version": 1, "events": [[[[[[]]]]]]})"};
  for (const char* bad : kBad) {
    EXPECT_EQ(skill.import(bad), SOTTO_BAD_FILE) << bad;
    EXPECT_FALSE(skill.error.empty());
    EXPECT_EQ(skill.exported(), json) << bad;
  }
  EXPECT_EQ(skill.import(R"({"format": "sotto.profile", "version": 2, "events": []})"), SOTTO_UNSUPPORTED);
  EXPECT_EQ(skill.import(std::string(2000000, '[')), SOTTO_BAD_FILE);
}

TEST_F(ProfileTest, OldestEventsGoWhenItIsFull) {
  sotto_recommender_options options{};
  options.max_events = 100;
  Skill skill(small_catalogue(), folder_.path(), options);
  begin(&skill);
  for (int i = 0; i < 250; ++i) ASSERT_EQ(skill.record(i < 120 ? "scale" : "radio", when(i, 9)), SOTTO_OK);
  EXPECT_LE(skill.facts().events, 100u);
  EXPECT_GE(skill.facts().events, 89u);
  const std::vector<Item> ranked = skill.rank(when(250, 9), 12);
  EXPECT_EQ(skill.exported().find("scale"), std::string::npos);
  skill.open();
  EXPECT_EQ(ranked[0].feature, skill.rank(when(250, 9), 12)[0].feature);
}

TEST_F(ProfileTest, AnOlderSchemaIsMigrated) {
  sql("PRAGMA application_id = 1399813236; PRAGMA user_version = 1;"
      "CREATE TABLE facts(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE events(id INTEGER PRIMARY KEY, unix_ms INTEGER NOT NULL, utc_offset_minutes INTEGER NOT NULL,"
      " kind INTEGER NOT NULL, feature TEXT NOT NULL, place TEXT NOT NULL, device TEXT NOT NULL, tags TEXT NOT NULL, mood "
      "REAL);"
      "INSERT INTO facts VALUES('consent', 2);"
      "INSERT INTO events VALUES(1, 1736121600000, 60, 1, 'scale', 'kitchen', '', 'rain', 0.5);"
      "INSERT INTO events VALUES(2, 1736121700000, 60, 1, 'scale', 'kitchen', '', '', NULL);");
  Skill skill(small_catalogue(), folder_.path());
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  EXPECT_EQ(skill.facts().events, 2u);
  EXPECT_EQ(skill.facts().schema_version, 2u);
  EXPECT_EQ(skill.rank(when(0, 1, "kitchen"))[0].feature, "scale");
  EXPECT_EQ(skill.record("lamp", when(1, 9)), SOTTO_OK) << skill.error;
  ASSERT_EQ(skill.suggest(when(1, 10)).size(), 1u);
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  EXPECT_EQ(skill.facts().events, 4u);
}

TEST_F(ProfileTest, DamagedForeignAndNewerFilesAreLeftAsTheyAre) {
  std::ofstream(file()) << "hello";
  expect_refused(SOTTO_BAD_FILE, "no SQLite file");
  std::ofstream(file()) << std::string(5000, 'x');
  expect_refused(SOTTO_BAD_FILE, "no SQLite file");
  std::filesystem::remove(file());
  sql("CREATE TABLE events(id); INSERT INTO events VALUES(1)");
  expect_refused(SOTTO_BAD_FILE, "another program");
  sql("PRAGMA journal_mode = WAL; PRAGMA application_id = 77; PRAGMA user_version = 2");
  expect_refused(SOTTO_BAD_FILE, "another program");
  sql("PRAGMA application_id = 1399813236; PRAGMA user_version = 3");
  expect_refused(SOTTO_UNSUPPORTED, "newer");
  sql("PRAGMA user_version = 2; PRAGMA journal_mode = DELETE");
  expect_refused(SOTTO_BAD_FILE, "tables");
}

TEST_F(ProfileTest, ATruncatedOrScribbledFileIsFoundOut) {
  {
    Skill skill(small_catalogue(), folder_.path());
    begin(&skill);
    for (int i = 0; i < 400; ++i) skill.record("radio", when(i, 9, "kitchen"));
  }
  const auto size = std::filesystem::file_size(file());
  const std::string whole = [&] {
    std::ifstream f(file(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(f), {});
  }();
  std::filesystem::resize_file(file(), size / 2);
  expect_refused(SOTTO_BAD_FILE, "left as it is");
  for (const size_t offset : {size_t{4096 + 8}, whole.size() - 3000, whole.size() / 2}) {
    std::string bytes = whole;
    for (size_t i = 0; i < 64; ++i) bytes[offset + i] = static_cast<char>(0xA5 ^ i);
    std::ofstream(file(), std::ios::binary | std::ios::trunc) << bytes;
    Skill skill(small_catalogue(), folder_.path());
    const sotto_status status = skill.open();
    EXPECT_TRUE(status == SOTTO_BAD_FILE || status == SOTTO_OK) << skill.error;  // text within a cell may be any text
    if (status != SOTTO_OK) {
      EXPECT_NE(skill.error.find("left as it is"), std::string::npos) << skill.error;
    }
  }
}

TEST_F(ProfileTest, HostileValuesAreRefused) {
  {
    Skill skill(small_catalogue(), folder_.path());
    begin(&skill);
    skill.record("radio", when(0, 9));
  }
  for (const char* statement :
       {"UPDATE events SET kind = 99", "UPDATE events SET kind = 1, unix_ms = -5",
        "UPDATE events SET unix_ms = 9223372036854775807", "UPDATE events SET unix_ms = 5, propensity = 0",
        "UPDATE events SET propensity = 1, mood = 7", "UPDATE events SET mood = NULL, feature = zeroblob(200)",
        "UPDATE events SET feature = 'radio', utc_offset_minutes = 100000",
        "UPDATE events SET utc_offset_minutes = 0, tags = 'a b c d e f g h i j'"}) {
    sql(statement);
    Skill skill(small_catalogue(), folder_.path());
    EXPECT_EQ(skill.open(), SOTTO_BAD_FILE) << statement;
  }
}

TEST_F(ProfileTest, AFileInUseIsBusyAndALinkIsNotFollowed) {
  Skill first(small_catalogue(), folder_.path()), second(small_catalogue(), folder_.path());
  begin(&first);
  EXPECT_EQ(second.open(), SOTTO_BUSY) << second.error;
  EXPECT_EQ(first.record("radio", when(0, 9)), SOTTO_OK);
  first.close();
  EXPECT_EQ(second.open(), SOTTO_OK) << second.error;
  second.close();
  std::filesystem::create_symlink(file(), file("bo"));
  EXPECT_EQ(second.open("bo"), SOTTO_IO_ERROR) << second.error;
}

TEST_F(ProfileTest, AKeyNeedsAnSqliteThatEncrypts) {
  Skill skill(small_catalogue(), folder_.path());
  ASSERT_EQ(skill.open("ann", "it's a secret"), SOTTO_OK) << "no file yet";
  const sotto_status status = skill.consent();
  if (status == SOTTO_OK) GTEST_SKIP() << "this build encrypts";
  EXPECT_EQ(status, SOTTO_UNSUPPORTED);
  EXPECT_EQ(skill.error.find("secret"), std::string::npos);
}

// In a child, whose files may not grow: what a full disk does.
TEST_F(ProfileTest, AFullDiskLosesNothing) {
  {
    Skill skill(small_catalogue(), folder_.path());
    begin(&skill);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(skill.record("radio", when(i, 9, "kitchen")), SOTTO_OK);
  }
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {24000, 24000};
    setrlimit(RLIMIT_FSIZE, &limit);
    Skill skill(small_catalogue(), folder_.path());
    if (skill.open() != SOTTO_OK) _exit(10);
    int kept = 0;
    while (kept < 1000 && skill.record("lamp", when(100 + kept, 9)) == SOTTO_OK) ++kept;
    if (kept == 1000 || skill.last != SOTTO_IO_ERROR || skill.error.empty()) _exit(11);
    if (skill.facts().events != 100u + static_cast<unsigned>(kept)) _exit(12);
    if (skill.rank(when(300, 9)).empty()) _exit(13);
    _exit(kept);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_TRUE(WIFEXITED(result));
  ASSERT_TRUE(WEXITSTATUS(result) < 10 || WEXITSTATUS(result) > 13) << WEXITSTATUS(result);
  Skill skill(small_catalogue(), folder_.path());
  ASSERT_EQ(skill.open(), SOTTO_OK) << skill.error;
  EXPECT_EQ(skill.facts().events, 100u + static_cast<unsigned>(WEXITSTATUS(result)));
}

}  // namespace
}  // namespace sotto::test

// The journal through the C ABI: consent, personal data, pairs, limits, forgetting to the byte, crashes, a full disk.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "world.h"

namespace sotto::journal_test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

class Journal : public testing::Test {
 protected:
  sotto_status flush(const JournalPtr& journal) { return world.api().flush(journal.get(), &world.error); }
  sotto_status forget(const JournalPtr& journal, int64_t from, int64_t to) {
    return world.api().forget(journal.get(), from, to, &world.error);
  }
  std::vector<Json> rows() const {
    std::vector<Json> all;
    std::istringstream lines(world.all_bytes());
    for (std::string line; std::getline(lines, line);) all.push_back(Json::parse(line));
    return all;
  }
  fs::path file(int number) const { return fs::path(world.folder) / ("journal-00000" + std::to_string(number) + ".jsonl"); }

  World world;
};

TEST_F(Journal, WithoutConsentNothingIsKept) {
  JournalPtr journal = world.opened();
  ASSERT_EQ(world.api().set_consent(journal.get(), 0, &world.error), SOTTO_OK);
  EXPECT_EQ(world.note(journal, "a secret wish", "yes"), SOTTO_OK);
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_FALSE(world.holds("secret"));
  EXPECT_EQ(world.facts(journal).flags, 0u);
  ASSERT_EQ(world.api().set_consent(journal.get(), 1, &world.error), SOTTO_OK);
  EXPECT_EQ(world.note(journal, "a secret wish", "yes"), SOTTO_OK);
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_TRUE(world.holds("secret"));
  EXPECT_EQ(world.note(journal, "a further one", "yes"), SOTTO_OK);
  ASSERT_EQ(world.api().set_consent(journal.get(), 0, &world.error), SOTTO_OK);
  EXPECT_EQ(world.all_bytes(), "");
  EXPECT_EQ(world.facts(journal).waiting, 0u);
  EXPECT_EQ(world.api().set_consent(journal.get(), 2, &world.error), SOTTO_INVALID_ARGUMENT);
}

TEST_F(Journal, OpenedWithoutConsentWhatWasKeptGoes) {
  JournalPtr journal = world.opened();
  world.note(journal, "a secret wish", "yes");
  journal.reset();
  EXPECT_TRUE(world.holds("secret"));
  ASSERT_EQ(world.open(&journal, 0), SOTTO_OK);
  EXPECT_EQ(world.all_bytes(), "");
}

TEST_F(Journal, PersonalDataIsTakenOut) {
  const JournalPtr journal = world.opened();
  world.note(journal, "打给13812345678，发到 li@example.com", "card 4111 1111 1111 1111, ID 11010519491231002X, 10 minutes");
  world.note(journal, "我住在海淀区中关村大街27号", "");
  flush(journal);
  const auto all = rows();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["turns"][0]["text"], "打给<PHONE>，发到 <MAIL>");
  EXPECT_EQ(all[0]["turns"][1]["text"], "card <CARD>, ID <ID>, 10 minutes");
  EXPECT_EQ(all[1]["text"], "我住在<ADDRESS>");
}

TEST_F(Journal, CorrectionsAndRephrasesBecomePairs) {
  const JournalPtr journal = world.opened();
  world.note(journal, "turn on the lamp", "The fan is on.");
  world.clock.ms += kMinute;
  world.note(journal, "no, the lamp", "The fan is off.", SOTTO_EXCHANGE_CORRECTION);
  world.note(journal, "I said the LAMP", "The lamp is on.", SOTTO_EXCHANGE_REPHRASE);
  world.note(journal, "thanks", "You're welcome.");
  world.clock.ms += 11 * kMinute;
  world.note(journal, "too late for a pair", "Yes.", SOTTO_EXCHANGE_CORRECTION);
  EXPECT_EQ(world.facts(journal).waiting, 1u);
  flush(journal);
  const auto all = rows();
  ASSERT_EQ(all.size(), 3u);
  const Json& turns = all[0]["turns"];
  ASSERT_EQ(turns.size(), 6u);
  EXPECT_EQ(turns[1]["preference"], "rejected");
  EXPECT_EQ(turns[2]["mark"], "correction");
  EXPECT_EQ(turns[3]["preference"], "rejected");
  EXPECT_EQ(turns[4]["mark"], "rephrase");
  EXPECT_EQ(turns[5]["preference"], "chosen");
  EXPECT_EQ(all[1]["turns"].size(), 2u);
  EXPECT_FALSE(all[1]["turns"][1].contains("preference"));
}

TEST_F(Journal, AnyBytesBecomeJson) {
  const JournalPtr journal = world.opened();
  for (const std::string& text : {std::string("\xff\xfe\x00\x80 a", 6), std::string("a\0b\n\"\\\t", 7),
                                  std::string(300, '\xE4'), std::string("\xED\xA0\x80\xF4\xBF\xBF\xBF\xC0\x80")})
    EXPECT_EQ(world.note(journal, text, text), SOTTO_OK) << world.error.text;
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_EQ(rows().size(), 4u);
  EXPECT_EQ(world.note(journal, "", "x"), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(world.note(journal, std::string(16385, 'a'), "x"), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(world.note(journal, "a", "b", 4), SOTTO_UNSUPPORTED);
}

TEST_F(Journal, ForgettingLeavesNoByte) {
  const JournalPtr journal = world.opened();
  for (int day = 0; day < 10; ++day)
    world.note(journal, "word" + std::to_string(day) + "x", "answer", 0, kNow - 10 * kDay + day * kDay);
  flush(journal);
  ASSERT_EQ(world.facts(journal).rows, 10u);
  ASSERT_EQ(forget(journal, kNow - 8 * kDay, kNow - 5 * kDay), SOTTO_OK) << world.error.text;
  for (int day = 0; day < 10; ++day) EXPECT_EQ(world.holds("word" + std::to_string(day) + "x"), day < 2 || day > 4) << day;
  EXPECT_EQ(world.facts(journal).rows, 7u);
  EXPECT_EQ(world.note(journal, "after it", "x"), SOTTO_OK);  // the file goes on
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_TRUE(world.holds("after it"));
  EXPECT_EQ(rows().size(), 8u);
  world.note(journal, "waiting words", "x");
  EXPECT_EQ(forget(journal, 2, 1), SOTTO_INVALID_ARGUMENT);
  ASSERT_EQ(forget(journal, INT64_MIN, INT64_MAX), SOTTO_OK);
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_EQ(world.all_bytes(), "");
}

// The bytes under a second name of the file's inode: what a rewriting leaves is overwritten, not only unlinked.
TEST_F(Journal, FormerBytesAreOverwritten) {
  const JournalPtr journal = world.opened();
  world.note(journal, "kept words", "x", 0, kNow - kDay);
  world.note(journal, "secret words", "x", 0, kNow - 3 * kDay);
  flush(journal);
  std::FILE* const old = std::fopen(file(1).c_str(), "rb");  // holds the inode
  ASSERT_NE(old, nullptr);
  ASSERT_EQ(forget(journal, kNow - 4 * kDay, kNow - 2 * kDay), SOTTO_OK) << world.error.text;
  char bytes[4096];
  const size_t size = std::fread(bytes, 1, sizeof bytes, old);
  std::fclose(old);
  EXPECT_GT(size, 0u);
  EXPECT_EQ(std::string(bytes, size), std::string(size, '\0'));
  EXPECT_TRUE(world.holds("kept words"));
}

TEST_F(Journal, SizeAndAgeAreLimited) {
  JournalPtr journal = world.opened(65536);
  for (int i = 0; i < 300; ++i)
    ASSERT_EQ(world.note(journal, "row " + std::to_string(i) + std::string(400, 'x'), "y"), SOTTO_OK);
  flush(journal);
  const auto f = world.facts(journal);
  EXPECT_LE(f.bytes, 65536u);
  EXPECT_GT(f.bytes, 40000u);
  EXPECT_GT(f.files, 4u);
  EXPECT_FALSE(world.holds("row 0x"));
  EXPECT_TRUE(world.holds("row 299x"));
  EXPECT_EQ(rows().size(), f.rows);
  world.clock.ms += 31 * kDay;
  world.note(journal, "a month later", "y");
  world.note(journal, "and another", "y");
  flush(journal);
  EXPECT_FALSE(world.holds("row 299x"));
  EXPECT_TRUE(world.holds("a month later"));
}

TEST_F(Journal, FilesAreTheUsersAlone) {
  mode_t before = umask(0);
  JournalPtr journal = world.opened();
  world.note(journal, "a", "b");
  flush(journal);
  umask(before);
  struct stat facts {};
  ASSERT_EQ(stat(file(1).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  journal.reset();
  fs::rename(file(1), fs::path(world.folder) / "elsewhere");
  fs::create_symlink(fs::path(world.folder) / "elsewhere", file(1));
  EXPECT_NE(world.open(&journal), SOTTO_OK);
  EXPECT_TRUE(world.holds("\"a\""));
  fs::remove(file(1));
  fs::permissions(world.folder, fs::perms::all);
  EXPECT_EQ(world.open(&journal), SOTTO_INVALID_ARGUMENT) << world.error.text;
}

TEST_F(Journal, ATornLastLineIsDropped) {
  JournalPtr journal = world.opened();
  world.note(journal, "whole", "x");
  journal.reset();
  std::ofstream(file(1), std::ios::app) << R"({"id":"journal/1-1-2","turns":[{"role":"us)";
  std::ofstream(file(1).string() + ".part") << "left over";
  journal = world.opened();
  EXPECT_EQ(rows().size(), 1u);
  EXPECT_FALSE(fs::exists(file(1).string() + ".part"));
  world.note(journal, "next", "x");
  flush(journal);
  EXPECT_EQ(rows().size(), 2u);
}

TEST_F(Journal, AKillLosesOnlyWhatWaits) {
  for (int round = 0; round < 5; ++round) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
      JournalPtr journal = world.opened();
      for (uint32_t i = 0;; ++i) {
        world.note(journal, "row", "x");
        if (write(ready[1], &i, sizeof i) != sizeof i) _exit(1);
      }
    }
    uint32_t noted = 0;
    for (int i = 0; i < 40 + 17 * round; ++i)
      ASSERT_EQ(read(ready[0], &noted, sizeof noted), static_cast<ssize_t>(sizeof noted));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(ready[1]);
    while (read(ready[0], &noted, sizeof noted) == static_cast<ssize_t>(sizeof noted)) continue;
    close(ready[0]);
    JournalPtr journal = world.opened();
    EXPECT_GE(rows().size(), noted);  // rows 0 to noted: one waits at most
    EXPECT_LE(rows().size(), noted + 2);
    forget(journal, INT64_MIN, INT64_MAX);
  }
}

TEST_F(Journal, AFullDiskIsAStatusAndNothingIsLost) {
  const pid_t child = fork();  // the limit and the signal are a process's
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    JournalPtr journal = world.opened();
    world.note(journal, "kept", "x");
    bool is_right = flush(journal) == SOTTO_OK;
    const std::string before = world.all_bytes();
    const rlimit full = {before.size() + 10, RLIM_INFINITY}, free = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &full);
    is_right = is_right && world.note(journal, "waits", "x") == SOTTO_OK;
    is_right = is_right && world.note(journal, "refused", "x") == SOTTO_IO_ERROR;
    is_right = is_right && std::string(world.error.text).find("make room") != std::string::npos;
    is_right = is_right && flush(journal) == SOTTO_IO_ERROR && world.all_bytes() == before;
    setrlimit(RLIMIT_FSIZE, &free);
    is_right = is_right && world.note(journal, "taken now", "x") == SOTTO_OK && flush(journal) == SOTTO_OK;
    is_right = is_right && world.holds("waits") && world.holds("taken now") && !world.holds("refused") && world.holds("kept");
    _exit(is_right ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(Journal, OneJournalAFolder) {
  JournalPtr first = world.opened(), second(nullptr, JournalDeleter{&world.api()});
  EXPECT_EQ(world.open(&second), SOTTO_BUSY);
  first.reset();
  EXPECT_EQ(world.open(&second), SOTTO_OK) << world.error.text;
}

TEST_F(Journal, AClockThatJumpsBackLosesNothing) {
  const JournalPtr journal = world.opened();
  world.note(journal, "first", "x");
  world.clock.ms -= 400 * kDay;
  EXPECT_EQ(world.note(journal, "second", "x", SOTTO_EXCHANGE_CORRECTION), SOTTO_OK);
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_EQ(rows().size(), 2u);
}

// A clock that was years ahead for a while hinders no row from growing old afterwards.
TEST_F(Journal, AClockThatWasAheadStillLetsRowsGrowOld) {
  const JournalPtr journal = world.opened();
  world.clock.ms += 4000 * kDay;
  world.note(journal, "from ahead", "x", 0, kNow);
  world.note(journal, "too", "x", 0, kNow);
  flush(journal);
  world.clock.ms = kNow;
  world.note(journal, "an old secret", "x", 0, kNow);
  world.clock.ms += 20 * kDay;
  world.note(journal, "younger", "x");
  world.clock.ms += 20 * kDay;
  world.note(journal, "youngest", "x");
  world.note(journal, "last", "x");
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_FALSE(world.holds("an old secret"));
  EXPECT_TRUE(world.holds("younger"));
}

TEST_F(Journal, TimesThatNoClockShowsAreRefusedAndAClockMayShowAnything) {
  const JournalPtr journal = world.opened();
  world.note(journal, "kept", "x");
  for (const int64_t ms : {INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(world.note(journal, "refused", "x", SOTTO_EXCHANGE_CORRECTION, ms), SOTTO_INVALID_ARGUMENT);
    EXPECT_NE(std::string(world.error.text).find("no clock shows"), std::string::npos) << world.error.text;
  }
  for (const int64_t ms : {INT64_MIN, int64_t{-1}, int64_t{0}}) {
    world.clock.ms = ms;
    EXPECT_EQ(world.note(journal, "taken", "x", SOTTO_EXCHANGE_CORRECTION), SOTTO_OK) << world.error.text;
  }
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_TRUE(world.holds("kept"));
  EXPECT_EQ(rows().size(), 2u);  // that of before all times is too old in 1969, and the next second's corrects that one's
}

// Files that others wrote or damaged: lines that are none of ours stay as they are until all is to be forgotten.
TEST_F(Journal, ForeignAndDamagedFilesAreNoHindrance) {
  std::string foreign = std::string("SQLite format 3\0\n", 17) + "\xFF\xFE\n[[[[[[[[\n{\"id\":\"journal/x-y\"}\n\n";
  foreign += "{\"id\":\"journal/99999999999999999999-1-0\",\"text\":\"a\"}\n" + std::string(10 << 20, 'x') + "\n";
  std::ofstream(file(1), std::ios::binary) << foreign << "{\"id\":\"journal/5-5-0\",\"text\":\"an old row\"}\n";
  std::ofstream(fs::path(world.folder) / "journal-4294967299.jsonl") << "not ours";
  JournalPtr journal = world.opened(64 << 20);
  EXPECT_FALSE(world.holds("an old row"));
  world.note(journal, "ours", "x");
  EXPECT_EQ(flush(journal), SOTTO_OK) << world.error.text;
  EXPECT_TRUE(world.holds("ours"));
  EXPECT_TRUE(world.holds("SQLite format 3"));
  ASSERT_EQ(forget(journal, INT64_MIN, INT64_MAX), SOTTO_OK) << world.error.text;
  EXPECT_FALSE(world.holds("SQLite format 3"));
  EXPECT_TRUE(world.holds("not ours"));
  journal.reset();
  fs::create_directory(file(1));
  JournalPtr none(nullptr, JournalDeleter{&world.api()});
  EXPECT_NE(world.open(&none), SOTTO_OK);
  EXPECT_GT(std::string(world.error.text).size(), 20u);
}

TEST_F(Journal, TenMegabytesAreRefusedAndNothingIsLost) {
  const JournalPtr journal = world.opened();
  world.note(journal, "kept", "x");
  EXPECT_EQ(world.note(journal, std::string(10 << 20, 'a'), "x"), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(world.note(journal, "a", std::string(10 << 20, 'a')), SOTTO_INVALID_ARGUMENT);
  EXPECT_EQ(flush(journal), SOTTO_OK);
  EXPECT_EQ(rows().size(), 1u);
}

TEST(JournalAlone, WithoutCareItDoesNotOpen) {
  World world(false);
  JournalPtr journal(nullptr, JournalDeleter{&world.api()});
  EXPECT_EQ(world.open(&journal), SOTTO_NOT_FOUND);
  EXPECT_NE(std::string(world.error.text).find("load the care plugin"), std::string::npos) << world.error.text;
  EXPECT_EQ(world.api().note(nullptr, nullptr, nullptr), SOTTO_INVALID_ARGUMENT);
  world.api().close(nullptr);
}

}  // namespace
}  // namespace sotto::journal_test

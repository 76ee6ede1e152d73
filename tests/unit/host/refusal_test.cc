// Every way in which the host refuses a plugin: one sentence, nothing left open, and the runtime goes on.
#include <sys/stat.h>
#include <unistd.h>

#include "host_test.h"

namespace sotto {
namespace {

struct Case {
  const char* fixture;
  sotto_status status;
  const char* sentence;
};

TEST(Refusal, NamesWhatIsWrongWithTheEntryOrItsFunctions) {
  for (const auto& [fixture, status, sentence] : {
           Case{"missing_symbol", SOTTO_REFUSED, "exports no symbol sotto_plugin"},
           Case{"wrong_major", SOTTO_REFUSED, "built for ABI 9.0, this library has ABI 1.0"},
           Case{"newer_minor", SOTTO_REFUSED, "needs ABI 1.7 or newer, this library has 1.0"},
           Case{"short_entry", SOTTO_REFUSED, "its entry has 40 bytes"},
           Case{"tiny_entry", SOTTO_REFUSED, "struct_size of 3"},
           Case{"huge_entry", SOTTO_REFUSED, "struct_size of 1000000"},
           Case{"bad_id", SOTTO_REFUSED, "\"../escape\" is not a reverse domain name"},
           Case{"no_id", SOTTO_REFUSED, "not a reverse domain name"},
           Case{"no_version", SOTTO_REFUSED, "no version"},
           Case{"null_create", SOTTO_REFUSED, "function create is NULL"},
           Case{"throwing_create", SOTTO_INTERNAL, "create threw an exception, which no plugin may: kettle"},
           Case{"failing_create", SOTTO_IO_ERROR, "test.sotto.good: create: the kettle is dry"},
           Case{"odd_status_create", SOTTO_INTERNAL, "status 999"},
           Case{"throwing_query", SOTTO_INTERNAL, "query threw an exception, which no plugin may: no table today"},
           Case{"undefined_symbol", SOTTO_REFUSED, "sotto_test_nowhere"},
           Case{"backend_without_compile", SOTTO_REFUSED, "function compile is NULL"},
           Case{"backend_cut", SOTTO_REFUSED, "function run and what follows are missing"},
       }) {
    SCOPED_TRACE(fixture);
    const Folder folder;
    const std::string file = folder.add(fixture);
    const auto host = load(with_files({file}));
    ASSERT_NE(host, nullptr);
    ASSERT_EQ(host->facts().size(), 1u);
    const PluginFact& fact = host->facts()[0];
    EXPECT_EQ(fact.status.code(), status);
    EXPECT_NE(fact.status.text().find(sentence), std::string::npos) << fact.status.text();
    EXPECT_EQ(fact.path, file);
    EXPECT_TRUE(host->backends().empty());
    EXPECT_FALSE(is_open(file)) << "a refused library stays open";
  }
}

TEST(Refusal, ARefusedPluginIsDestroyed) {
  const Folder folder;
  Lines lines;
  HostOptions options = with_files({folder.add("backend_cut")});
  options.log = lines.hook();
  options.log_level = SOTTO_LOG_DEBUG;
  const auto host = load(options);
  EXPECT_TRUE(lines.has("made") && lines.has("ended")) << lines.text();
}

TEST(Refusal, TheSecondPluginOfAnIdIsRefusedAndTheFirstStays) {
  const Folder folder;
  folder.add("good", "a.so");
  folder.add("good", "b.so");
  HostOptions options;
  options.plugin_folder = folder.path();
  const auto host = load(options);
  ASSERT_EQ(host->facts().size(), 2u);
  EXPECT_TRUE(host->facts()[0].status.ok()) << host->facts()[0].status.text();
  EXPECT_EQ(host->facts()[1].status.code(), SOTTO_REFUSED);
  EXPECT_NE(host->facts()[1].status.text().find("id test.sotto.good is loaded already"), std::string::npos);
  EXPECT_FALSE(is_open(folder / "b.so"));
}

TEST(Refusal, WhatIsNoLibraryIsNeverOpened) {
  struct File {
    const char* what;
    std::string bytes;
    const char* sentence;
  };
  const std::string good = Folder::fixture_bytes("good");
  auto patched = [&](size_t at, char value) {
    std::string bytes = good;
    bytes[at] = value;
    return bytes;
  };
  for (const auto& [what, bytes, sentence] : {
           File{"text", "I am a text file, not a library.\n", "not a library"},
           File{"empty", "", "not a library"},
           File{"machine", patched(18, static_cast<char>(183)), "wrong architecture: aarch64, this machine is x86-64"},
           File{"class", patched(4, 1), "wrong architecture: 32 bits"},
           File{"endianness", patched(5, 2), "wrong architecture: big-endian"},
           File{"relocatable", patched(16, 1), "ELF file of type 1"},
           File{"magic only", good.substr(0, 4), "truncated"},
           File{"header only", good.substr(0, 64), "truncated"},
           File{"half", good.substr(0, good.size() / 2), "truncated"},
           File{"one byte short", good.substr(0, good.size() - 1), "truncated"},
       }) {
    SCOPED_TRACE(what);
#if !defined(__x86_64__)
    if (std::string(what) == "machine") continue;
#endif
    const Folder folder;
    const PluginFact fact = fact_of(folder.put("file.so", bytes));
    EXPECT_EQ(fact.status.code(), SOTTO_REFUSED);
    EXPECT_NE(fact.status.text().find(sentence), std::string::npos) << fact.status.text();
    EXPECT_NE(fact.status.text().find(folder / "file.so"), std::string::npos) << fact.status.text();
  }
}

TEST(Refusal, OthersMustNotBeAbleToWriteTheFileOrItsFolder) {
  struct Modes {
    mode_t file, folder;
    const char* sentence;
  };
  for (const auto& [file_mode, folder_mode, sentence] : {
           Modes{0664, 0755, "its group may write the file (mode 0664)"},
           Modes{0646, 0755, "everybody may write the file (mode 0646)"},
           Modes{0644, 0775, "its group may write the folder (mode 0775)"},
           Modes{0644, 0777, "everybody may write the folder (mode 0777)"},
           Modes{0644, 01777, "everybody may write the folder (mode 1777)"},
       }) {
    SCOPED_TRACE(sentence);
    const Folder folder;
    const std::string file = folder.add("good");
    chmod(file.c_str(), file_mode);
    chmod(folder.path().c_str(), folder_mode);
    const PluginFact fact = fact_of(file);
    EXPECT_EQ(fact.status.code(), SOTTO_REFUSED);
    EXPECT_NE(fact.status.text().find(sentence), std::string::npos) << fact.status.text();
  }
}

TEST(Refusal, AForeignOwnerIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  for (const bool give_folder : {false, true}) {
    const Folder folder;
    const std::string file = folder.add("good");
    ASSERT_EQ(chown(give_folder ? folder.path().c_str() : file.c_str(), 65534, 65534), 0);
    const PluginFact fact = fact_of(file);
    EXPECT_EQ(fact.status.code(), SOTTO_REFUSED);
    EXPECT_NE(fact.status.text().find("belongs to user 65534"), std::string::npos) << fact.status.text();
  }
}

TEST(Refusal, ALinkIsJudgedByItsOwnFolderAndByItsTarget) {
  const Folder links, safe, open_to_all;
  const std::string good = safe.add("good"), bad = open_to_all.add("good");
  chmod(open_to_all.path().c_str(), 0777);
  std::filesystem::create_symlink(good, links / "to_good.so");
  std::filesystem::create_symlink(bad, links / "to_bad.so");
  std::filesystem::create_symlink(good, open_to_all / "open_link.so");
  std::filesystem::create_symlink(links / "nothing", links / "dangling.so");

  const PluginFact taken = fact_of(links / "to_good.so");
  EXPECT_TRUE(taken.status.ok()) << taken.status.text();
  EXPECT_EQ(taken.path, good);
  EXPECT_EQ(fact_of(links / "to_bad.so").status.code(), SOTTO_REFUSED);
  EXPECT_EQ(fact_of(open_to_all / "open_link.so").status.code(), SOTTO_REFUSED);
  EXPECT_EQ(fact_of(links / "dangling.so").status.code(), SOTTO_NOT_FOUND);
}

TEST(Refusal, AFolderOrPipeWithALibrarysNameIsRefusedWithoutWaiting) {
  const Folder folder;
  std::filesystem::create_directory(folder / "folder.so");
  ASSERT_EQ(mkfifo((folder / "pipe.so").c_str(), 0600), 0);
  HostOptions options;
  options.plugin_folder = folder.path();
  const auto host = load(options);
  ASSERT_EQ(host->facts().size(), 2u);
  for (const PluginFact& fact : host->facts())
    EXPECT_NE(fact.status.text().find("not a regular file"), std::string::npos) << fact.status.text();
}

TEST(Refusal, AMissingFileIsAFactAndAMissingFolderAFailure) {
  const Folder folder;
  EXPECT_EQ(fact_of(folder / "absent.so").status.code(), SOTTO_NOT_FOUND);
  for (const std::string& place : {folder / "absent", folder.put("file", "x")}) {
    HostOptions options;
    options.plugin_folder = place;
    const auto failed = PluginHost::load(options);
    EXPECT_EQ(failed.status().code(), SOTTO_NOT_FOUND);
    EXPECT_NE(failed.status().text().find(place), std::string::npos) << failed.status().text();
  }
}

TEST(Refusal, NothingIsLookedForInSearchPathsOrTheCurrentFolder) {
  const Folder folder, elsewhere;
  folder.add("good");
  setenv("LD_LIBRARY_PATH", folder.path().c_str(), 1);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(elsewhere.path());
  EXPECT_EQ(fact_of("good.so").status.code(), SOTTO_NOT_FOUND);
  EXPECT_EQ(fact_of("libc.so.6").status.code(), SOTTO_NOT_FOUND);
  const auto host = load(HostOptions());  // names nothing
  EXPECT_TRUE(host->facts().empty());
  std::filesystem::current_path(folder.path());
  const PluginFact named = fact_of("good.so");  // a relative path is the application's own
  EXPECT_TRUE(named.status.ok()) << named.status.text();
  EXPECT_EQ(named.path, folder / "good.so");
  std::filesystem::current_path(before);
  unsetenv("LD_LIBRARY_PATH");
}

}  // namespace
}  // namespace sotto

// world.h: a runtime with care and journal linked in, a folder of its own, a clock that the test sets.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

#include "sotto/journal.h"
#include "sotto/sotto.h"

extern "C" const sotto_plugin_entry sotto_plugin_care;
extern "C" const sotto_plugin_entry sotto_plugin_journal;

namespace sotto::journal_test {

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
};

constexpr int64_t kNow = 1800000000000;  // 2027-01-15
constexpr int64_t kMinute = 60000, kDay = 24 * 3600 * 1000;

struct Clock {
  int64_t ms = kNow;
  sotto_interface interface() {
    static const sotto_clock_service service = {sizeof(sotto_clock_service), 0,
                                                [](void* self) { return static_cast<Clock*>(self)->ms; },
                                                [](void*) { return uint64_t{1}; }};
    return {&service, this};
  }
};

struct JournalDeleter {
  const sotto_journal_api* api;
  void operator()(sotto_journal* j) const { api->close(j); }
};
using JournalPtr = std::unique_ptr<sotto_journal, JournalDeleter>;

class World {
 public:
  explicit World(bool has_care = true) {
    std::string made = (std::filesystem::temp_directory_path() / "sotto-journal-XXXXXX").string();
    if (mkdtemp(made.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder = made;
    const sotto_plugin_entry* const entries[] = {&sotto_plugin_journal, &sotto_plugin_care};
    sotto_runtime_options options{};
    options.struct_size = sizeof options;
    options.plugin_entries = entries;
    options.plugin_entry_count = has_care ? 2 : 1;
    options.clock = clock.interface();
    sotto_runtime* runtime = nullptr;
    if (sotto_runtime_create(&options, &runtime, &error) != SOTTO_OK) throw std::runtime_error(error.text);
    runtime_.reset(runtime);
    skill_ = sotto_journal_find(runtime);
    if (skill_.api == nullptr) throw std::runtime_error("no journal");
  }
  ~World() { std::filesystem::remove_all(folder); }

  sotto_status open(JournalPtr* out, uint32_t flags = SOTTO_JOURNAL_CONSENT, uint64_t max_bytes = 0) {
    sotto_journal_options options{};
    options.struct_size = sizeof options;
    options.flags = flags;
    options.folder = {folder.data(), folder.size()};
    options.max_bytes = max_bytes;
    sotto_journal* made = nullptr;
    const sotto_status status = api().open(skill_.self, &options, &made, &error);
    *out = JournalPtr(made, JournalDeleter{skill_.api});
    return status;
  }
  JournalPtr opened(uint64_t max_bytes = 0) {
    JournalPtr journal(nullptr, JournalDeleter{skill_.api});
    if (open(&journal, SOTTO_JOURNAL_CONSENT, max_bytes) != SOTTO_OK) throw std::runtime_error(error.text);
    return journal;
  }
  sotto_status note(const JournalPtr& journal, const std::string& user, const std::string& answer, uint32_t flags = 0,
                    int64_t at = 0) {
    sotto_exchange e{};
    e.struct_size = sizeof e;
    e.flags = flags;
    e.unix_ms = at;
    e.user = {user.data(), user.size()};
    e.answer = {answer.data(), answer.size()};
    return api().note(journal.get(), &e, &error);
  }
  sotto_journal_facts facts(const JournalPtr& journal) {
    sotto_journal_facts f{};
    f.struct_size = sizeof f;
    if (api().facts(journal.get(), &f, &error) != SOTTO_OK) throw std::runtime_error(error.text);
    return f;
  }
  // The bytes of every file in the folder, one after another.
  std::string all_bytes() const {
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }
  bool holds(const std::string& words) const { return all_bytes().find(words) != std::string::npos; }

  const sotto_journal_api& api() const { return *skill_.api; }
  Clock clock;
  std::string folder;
  Error error;

 private:
  struct RuntimeDeleter {
    void operator()(sotto_runtime* r) const { sotto_runtime_destroy(r); }
  };
  std::unique_ptr<sotto_runtime, RuntimeDeleter> runtime_;
  sotto_journal_skill skill_{};
};

}  // namespace sotto::journal_test

// store.h: one user's events in one SQLite file: made, migrated, added to, read, forgotten. One thread at a time.
//
// Write-ahead log, every change on the disk when its call returns, deleted content overwritten. The file is held exclusively: a
// second opener is told so.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "database.h"
#include "situation.h"

namespace sotto::recommendation {

// Which events; the conditions hold together.
struct Which {
  std::string feature;  // empty: all
  int64_t from_ms = 0;
  std::optional<int64_t> until_ms;  // not in it
};

class Store {
 public:
  static constexpr int64_t kSchemaVersion = 2;

  // Makes the file where there is none, or migrates an older one. `key`: for SQLCipher, empty: none. Throws Failure; then the
  // file is as it was.
  Store(const std::string& path, const std::string& key);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  static bool exists(const std::string& path);

  uint32_t consent();
  void set_consent(uint32_t consent);
  void add(const std::vector<Event>& events);      // all or none
  void replace(const std::vector<Event>& events);  // all that is kept; all or none. Then clean()
  uint64_t forget(const Which& which);             // then clean()
  uint64_t forget_oldest(uint64_t count);
  // Leaves no byte of what was forgotten in the file and its log. What a crash or a full disk hinders is done by the next
  // Store.
  void clean();
  uint64_t count();
  void each(const std::function<void(Event)>& on_event);  // in the order in which they came. Throws Failure on hostile values
  uint64_t file_bytes() const;
  void remove();  // everything, the file too; the store is only to be destroyed then

 private:
  void check();
  void migrate();
  void insert(Statement& statement, const Event& event);
  void mark_unclean();

  std::string path_;
  std::unique_ptr<Database> database_;
};

}  // namespace sotto::recommendation

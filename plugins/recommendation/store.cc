#include "store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace sotto::recommendation {
namespace {

using plugin::Failure;

constexpr int64_t kApplication = 0x536F7474;  // "Sott"
constexpr uint32_t kMostPosition = 10000;
constexpr char kInsert[] =
    "INSERT INTO events(unix_ms, utc_offset_minutes, kind, feature, place, device, tags, mood, propensity, position)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
constexpr char kSelect[] =
    "SELECT unix_ms, utc_offset_minutes, kind, feature, place, device, tags, mood, propensity, position FROM events ORDER BY "
    "id";

// From version i to i + 1. A published row never changes.
constexpr const char* kMigrations[] = {
    "CREATE TABLE facts(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE events(id INTEGER PRIMARY KEY, unix_ms INTEGER NOT NULL, utc_offset_minutes INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, feature TEXT NOT NULL, place TEXT NOT NULL, device TEXT NOT NULL, tags TEXT NOT NULL, mood REAL);",
    "ALTER TABLE events ADD COLUMN propensity REAL NOT NULL DEFAULT 1;"
    "ALTER TABLE events ADD COLUMN position INTEGER NOT NULL DEFAULT 0;",
};
static_assert(std::size(kMigrations) == Store::kSchemaVersion);

[[noreturn]] void refuse(sotto_status status, const std::string& path, const std::string& why) {
  throw Failure(status, "the profile " + path + ": " + why);
}

[[noreturn]] void newer(const std::string& path, int64_t version) {
  refuse(SOTTO_UNSUPPORTED, path,
         "it was written by a newer version (schema " + std::to_string(version) +
             ", known here: " + std::to_string(Store::kSchemaVersion) + "); it was left as it is: update the plugin");
}

bool is_in_memory(const std::string& path) { return path == ":memory:"; }

// A file that only its owner may read, before SQLite would make one that others may.
void make_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) refuse(SOTTO_IO_ERROR, path, std::string("it cannot be made: ") + std::strerror(errno));
  ::close(file);
}

// The header says whose file it is before SQLite, which would recover and rewrite, touches it. Encrypted ones have none.
void check_header(const std::string& path) {
  std::array<unsigned char, 100> header{};
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) refuse(SOTTO_IO_ERROR, path, std::string("it cannot be opened: ") + std::strerror(errno));
  struct stat facts {};
  const bool is_file = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  const ssize_t size = is_file ? ::pread(file, header.data(), header.size(), 0) : -1;
  ::close(file);
  if (!is_file) refuse(SOTTO_BAD_FILE, path, "it is no file");
  if (size == 0) return;  // a creation that did not come further
  const auto number = [&](size_t at) {
    int64_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | header[at + i];
    return value;
  };
  if (size < static_cast<ssize_t>(header.size()) || std::memcmp(header.data(), "SQLite format 3", 16) != 0)
    refuse(SOTTO_BAD_FILE, path, "it is no SQLite file; it was left as it is");
  if (number(68) != kApplication) refuse(SOTTO_BAD_FILE, path, "it is a database of another program; it was left as it is");
  if (number(60) > Store::kSchemaVersion) newer(path, number(60));
}

void set_key(Database& database, const std::string& key) {
  if (key.empty()) return;
  Statement version(database, "PRAGMA cipher_version");
  if (!version.step())
    refuse(SOTTO_UNSUPPORTED, database.path(),
           "a key is given, but this build has SQLite without encryption: build with SQLCipher");
  std::string sql = "PRAGMA key = '";
  for (const char c : key) sql += c == '\'' ? std::string("''") : std::string(1, c);
  sql += "'";
  const int code = sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) database.fail(code, "giving its key");
}

}  // namespace

bool Store::exists(const std::string& path) {
  struct stat facts {};
  return !is_in_memory(path) && ::lstat(path.c_str(), &facts) == 0;
}

Store::Store(const std::string& path, const std::string& key) : path_(path) {
  const bool is_new = !is_in_memory(path) && !exists(path);
  if (is_new) make_file(path);
  // With a rollback journal beside it a creation was cut off: the header is not to be believed before that is played back.
  if (!is_in_memory(path) && !is_new && key.empty() && !exists(path + "-journal")) check_header(path);
  database_ = Database::open(path);
  sqlite3_db_config(database_->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  set_key(*database_, key);
  database_->run("PRAGMA locking_mode = EXCLUSIVE");
  check();
  database_->run("PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA synchronous = FULL");
  migrate();
  database_->run("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 100; PRAGMA journal_size_limit = 1048576");
  sqlite3_db_config(database_->get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if (database_->integer("SELECT value FROM facts WHERE name = 'unclean'") != 0) clean();
}

Store::~Store() = default;

void Store::check() {
  const int64_t application = database_->integer("PRAGMA application_id");
  const int64_t version = database_->integer("PRAGMA user_version");
  const bool is_empty = database_->integer("SELECT count(*) FROM sqlite_master") == 0;
  if (is_empty && application == 0 && version == 0) return;
  if (application != kApplication) refuse(SOTTO_BAD_FILE, path_, "it is a database of another program; it was left as it is");
  if (version > kSchemaVersion) newer(path_, version);
  if (version < 1) refuse(SOTTO_BAD_FILE, path_, "its schema version is " + std::to_string(version) + "; it was left as it is");
  Statement quick(*database_, "PRAGMA quick_check(1)");
  if (!quick.step() || quick.text(0) != "ok")
    refuse(SOTTO_BAD_FILE, path_,
           "it is damaged (" + quick.text(0).substr(0, 100) + "); it was left as it is: restore an export or move it away");
  if (version < kSchemaVersion) return;  // its tables are asked for while migrating, which is undone when they are others
  const Statement events(*database_, kSelect), facts(*database_, "SELECT name, value FROM facts");
}

// In one transaction, and for a new file without the write-ahead log, so that its header names the owner from the start.
void Store::migrate() {
  const int64_t version = database_->integer("PRAGMA user_version");
  if (version == kSchemaVersion) return;
  Transaction transaction(*database_);
  for (int64_t v = version; v < kSchemaVersion; ++v) database_->run(kMigrations[v]);
  database_->run(("PRAGMA application_id = " + std::to_string(kApplication)).c_str());
  database_->run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
  transaction.commit();
}

uint32_t Store::consent() {
  const int64_t consent = database_->integer("SELECT value FROM facts WHERE name = 'consent'");
  return consent == SOTTO_CONSENT_GRANTED || consent == SOTTO_CONSENT_PAUSED ? static_cast<uint32_t>(consent)
                                                                             : SOTTO_CONSENT_NONE;
}

void Store::set_consent(uint32_t consent) {
  Statement(*database_, "INSERT OR REPLACE INTO facts VALUES('consent', ?1)").bind(1, static_cast<int64_t>(consent)).run();
}

void Store::mark_unclean() { database_->run("INSERT OR REPLACE INTO facts VALUES('unclean', 1)"); }

void Store::insert(Statement& statement, const Event& e) {
  statement.bind(1, e.at.unix_ms)
      .bind(2, static_cast<int64_t>(e.at.utc_offset_minutes))
      .bind(3, static_cast<int64_t>(e.kind))
      .bind(4, std::string_view(e.feature))
      .bind(5, std::string_view(e.at.place))
      .bind(6, std::string_view(e.at.device))
      .bind(7, std::string_view(join(e.at.tags)));
  if (e.at.mood)
    statement.bind(8, static_cast<double>(*e.at.mood));
  else
    statement.bind_null(8);
  statement.bind(9, e.propensity).bind(10, static_cast<int64_t>(e.position)).run();
}

void Store::add(const std::vector<Event>& events) {
  Transaction transaction(*database_);
  Statement statement(*database_, kInsert);
  for (const Event& event : events) insert(statement, event);
  transaction.commit();
}

void Store::replace(const std::vector<Event>& events) {
  Transaction transaction(*database_);
  database_->run("DELETE FROM events");
  mark_unclean();
  Statement statement(*database_, kInsert);
  for (const Event& event : events) insert(statement, event);
  transaction.commit();
}

uint64_t Store::forget(const Which& which) {
  Transaction transaction(*database_);
  Statement(*database_, "DELETE FROM events WHERE (?1 = '' OR feature = ?1) AND unix_ms >= ?2 AND unix_ms < ?3")
      .bind(1, std::string_view(which.feature))
      .bind(2, which.from_ms)
      .bind(3, which.until_ms.value_or(INT64_MAX))
      .run();
  const auto count = static_cast<uint64_t>(sqlite3_changes64(database_->get()));
  mark_unclean();
  transaction.commit();
  return count;
}

uint64_t Store::forget_oldest(uint64_t count) {
  Statement(*database_, "DELETE FROM events WHERE id IN (SELECT id FROM events ORDER BY id LIMIT ?1)")
      .bind(1, static_cast<int64_t>(count))
      .run();
  return static_cast<uint64_t>(sqlite3_changes64(database_->get()));
}

// Deleting overwrites cells, but rebalanced pages keep stale copies between them: the file is written anew. The log holds the
// old pages until it is cut off.
void Store::clean() {
  try {
    database_->run("VACUUM");
    database_->run("DELETE FROM facts WHERE name = 'unclean'");
    database_->run("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const Failure& failure) {
    sqlite3_wal_checkpoint_v2(database_->get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    throw Failure(failure.status(),
                  std::string("it is forgotten, and the file is cleaned of it when it is opened next: ") + failure.what());
  }
}

uint64_t Store::count() { return static_cast<uint64_t>(database_->integer("SELECT count(*) FROM events")); }

void Store::each(const std::function<void(Event)>& on_event) {
  const auto text = [&](const Statement& row, int column, size_t most) {
    std::string value = row.text(column);
    if (!fault_of_text(value, most).empty()) refuse(SOTTO_BAD_FILE, path_, "an event holds text that no event has");
    return value;
  };
  const auto is_in = [](int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; };
  Statement row(*database_, kSelect);
  while (row.step()) {
    Event e;
    e.at.unix_ms = row.integer(0);
    const int64_t offset = row.integer(1), kind = row.integer(2), position = row.integer(9);
    e.propensity = row.real(8);
    if (!is_in(e.at.unix_ms, 0, kMostMs) || !is_in(offset, -kMostOffsetMinutes, kMostOffsetMinutes) ||
        !is_in(kind, SOTTO_EVENT_USED, SOTTO_EVENT_SUGGESTED) || !is_in(position, 0, kMostPosition) ||
        !(e.propensity > 0 && e.propensity <= 1))
      refuse(SOTTO_BAD_FILE, path_, "an event holds a number that no event has");
    e.at.utc_offset_minutes = static_cast<int32_t>(offset);
    e.kind = static_cast<uint32_t>(kind);
    e.position = static_cast<uint32_t>(position);
    e.feature = text(row, 3, kMostTagBytes);
    e.at.place = text(row, 4, kMostTagBytes);
    e.at.device = text(row, 5, kMostTagBytes);
    try {
      e.at.tags = read_tags(text(row, 6, kMostTags * (kMostTagBytes + 1)), "an event's tags");
    } catch (const Failure&) {
      refuse(SOTTO_BAD_FILE, path_, "an event holds tags that no event has");
    }
    if (!row.is_null(7)) {
      e.at.mood = static_cast<float>(row.real(7));
      if (!(*e.at.mood >= -1 && *e.at.mood <= 1)) refuse(SOTTO_BAD_FILE, path_, "an event holds a mood that is none");
    }
    on_event(std::move(e));
  }
}

uint64_t Store::file_bytes() const {
  uint64_t bytes = 0;
  for (const char* end : {"", "-wal"}) {
    struct stat facts {};
    if (!is_in_memory(path_) && ::stat((path_ + end).c_str(), &facts) == 0) bytes += static_cast<uint64_t>(facts.st_size);
  }
  return bytes;
}

void Store::remove() {
  forget({});
  database_->run("DELETE FROM facts WHERE name = 'consent'");
  clean();
  if (is_in_memory(path_)) return;
  database_.reset();
  for (const char* end : {"", "-wal", "-shm", "-journal"})
    if (::unlink((path_ + end).c_str()) != 0 && errno != ENOENT)
      refuse(SOTTO_IO_ERROR, path_,
             std::string("its events are erased, but the file cannot be removed: ") + std::strerror(errno));
}

}  // namespace sotto::recommendation

#include "database.h"

#include <algorithm>

namespace sotto::recommendation {
namespace {

constexpr int kBusyMs = 1000;
constexpr int kMostTextBytes = 4096;
constexpr int kMostRowBytes = 1 << 20;

// What SQLite's code means to a caller, and what to do about it.
struct Row {
  int code;
  sotto_status status;
  const char* remedy;
};
constexpr Row kRows[] = {
    {SQLITE_FULL, SOTTO_IO_ERROR, "the disk is full: make room; nothing that was kept is lost"},
    {SQLITE_IOERR, SOTTO_IO_ERROR, "reading or writing failed; nothing that was kept is lost"},
    {SQLITE_CANTOPEN, SOTTO_IO_ERROR, "it cannot be opened: check that its folder exists and may be written"},
    {SQLITE_READONLY, SOTTO_IO_ERROR, "it may not be written"},
    {SQLITE_PERM, SOTTO_IO_ERROR, "access is not permitted"},
    {SQLITE_BUSY, SOTTO_BUSY, "it is in use elsewhere: close the profile there first"},
    {SQLITE_LOCKED, SOTTO_BUSY, "it is in use elsewhere: close the profile there first"},
    {SQLITE_NOTADB, SOTTO_BAD_FILE, "it is no profile, or its key is another; it was left as it is"},
    {SQLITE_CORRUPT, SOTTO_BAD_FILE, "it is damaged; it was left as it is: restore an export or move it away"},
    {SQLITE_SCHEMA, SOTTO_BAD_FILE, "its tables are not those of a profile; it was left as it is"},
    {SQLITE_ERROR, SOTTO_BAD_FILE, "its tables are not those of a profile; it was left as it is"},
    {SQLITE_TOOBIG, SOTTO_BAD_FILE, "a value in it is too large for a profile"},
    {SQLITE_NOMEM, SOTTO_OUT_OF_MEMORY, "memory is used up"},
};

}  // namespace

void Database::fail(int code, const char* what) const {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.code == (code & 0xFF); });
  const bool is_known = row != std::end(kRows);
  const std::string said = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
  throw plugin::Failure(is_known ? row->status : SOTTO_INTERNAL, "the profile " + path_ + ": " + what + ": " +
                                                                     (is_known ? row->remedy : "unexpected") +
                                                                     " (SQLite: " + said + ", " + std::to_string(code) + ")");
}

std::unique_ptr<Database> Database::open(const std::string& path) {
  auto database = std::make_unique<Database>();
  database->path_ = path;
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  database->handle_.reset(handle);
  if (code != SQLITE_OK) database->fail(code, "opening");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMostRowBytes);
  return database;
}

void Database::run(const char* sql) {
  const int code = sqlite3_exec(get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
}

int64_t Database::integer(const char* sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

Statement::Statement(Database& database, const char* sql) : database_(database) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v2(database.get(), sql, -1, &made, nullptr);
  statement_.reset(made);
  if (code != SQLITE_OK) database.fail(code, "preparing");
}

Statement& Statement::bind(int at, int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_.get(), at, value)) database_.fail(code, "binding");
  return *this;
}

Statement& Statement::bind(int at, double value) {
  if (const int code = sqlite3_bind_double(statement_.get(), at, value)) database_.fail(code, "binding");
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
  // An empty view has no address, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  if (const int code = sqlite3_bind_text64(statement_.get(), at, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8))
    database_.fail(code, "binding");
  return *this;
}

Statement& Statement::bind_null(int at) {
  if (const int code = sqlite3_bind_null(statement_.get(), at)) database_.fail(code, "binding");
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3_reset(statement_.get());
  database_.fail(code, sqlite3_sql(statement_.get()));
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
bool Statement::is_null(int column) const { return type(column) == SQLITE_NULL; }
int Statement::type(int column) const { return sqlite3_column_type(statement_.get(), column); }

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr ? std::string() : std::string(text, static_cast<size_t>(std::min(size, kMostTextBytes)));
}

}  // namespace sotto::recommendation

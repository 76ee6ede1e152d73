// database.h: SQLite with owners, bound parameters and failures as sentences. One thread at a time.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sotto/plugin.hpp"

namespace sotto::recommendation {

class Database;

// One prepared statement: bind, step, read.
class Statement {
 public:
  Statement(Database& database, const char* sql);
  Statement& bind(int at, int64_t value);
  Statement& bind(int at, double value);
  Statement& bind(int at, std::string_view text);  // copied
  Statement& bind_null(int at);
  bool step();  // false: done. Throws Failure.
  void run();   // steps to the end and resets
  void reset();
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;
  int type(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // Opens or makes `path` (":memory:" too). Follows no link; no trigger or view of a foreign file runs. Throws Failure.
  static std::unique_ptr<Database> open(const std::string& path);

  void run(const char* sql);
  int64_t integer(const char* sql);  // the first column of the first row
  [[noreturn]] void fail(int code, const char* what) const;
  const std::string& path() const { return path_; }
  sqlite3* get() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* d) const { sqlite3_close_v2(d); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

// Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.run("BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (!is_committed_) sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    database_.run("COMMIT");
    is_committed_ = true;
  }

 private:
  Database& database_;
  bool is_committed_ = false;
};

}  // namespace sotto::recommendation

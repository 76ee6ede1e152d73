// journal.h: exchanges into rows: consent, personal data taken out, corrections joined with what they correct.
#pragma once

#include <memory>
#include <mutex>

#include "files.h"
#include "sotto/care.h"
#include "sotto/journal.h"
#include "sotto/plugin.hpp"

namespace sotto::journal {

using plugin::Failure;
using plugin::str;
using plugin::view;

// Takes personal data out of texts through the interface "sotto.care/1". [any thread]
class Cleaner {
 public:
  explicit Cleaner(const plugin::Host& host);  // throws where no plugin offers it
  ~Cleaner() { care_->destroy(object_); }
  Cleaner(const Cleaner&) = delete;
  Cleaner& operator=(const Cleaner&) = delete;

  std::string clean(std::string_view text) const;  // "call <PHONE>"

 private:
  const sotto_care_api* care_;
  sotto_care* object_ = nullptr;
};

// [any thread]
class Journal {
 public:
  Journal(const plugin::Host& host, const sotto_journal_options& options);
  ~Journal();

  void set_consent(bool is_given);
  void note(const sotto_exchange& exchange);
  void flush();
  void forget(int64_t from, int64_t to);
  sotto_journal_facts facts() const;

 private:
  struct Exchange {
    int64_t unix_ms;
    uint32_t flags;
    std::string user, answer;
  };
  int64_t now_ms() const;
  std::string row() const;
  void write_waiting();
  void drop_old(int64_t now);
  void erase_between(int64_t from, int64_t to);

  plugin::Host host_;
  Cleaner cleaner_;
  mutable std::mutex mutex_;  // guards what follows
  Files files_;
  int64_t max_age_ms_;
  int64_t looked_at_ms_ = 0;  // for rows too old
  bool has_consent_;
  uint64_t next_row_ = 0;
  std::vector<Exchange> waiting_;  // an exchange and the corrections of it
};

}  // namespace sotto::journal

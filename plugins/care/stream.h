// stream.h: what a model says, looked at while it comes. See sotto_care_api.stream_feed.
#pragma once

#include <memory>
#include <string>

#include "reader.h"

namespace sotto::care {

// [one thread]
class Stream {
 public:
  // `rules` and `answer_from` outlive it.
  Stream(const Rules& rules, const uint32_t (&answer_from)[SOTTO_CARE_CATEGORIES], uint32_t hold_bytes)
      : rules_(rules), answer_from_(answer_from), hold_bytes_(hold_bytes) {
    restart();
  }

  // What may be said now; empty once an answer was decided.
  std::string feed(std::string_view piece);
  std::string finish();
  sotto_care_result result() const { return reader_->verdict().result(answer_from_, reader_->is_chinese()); }
  void restart();

 private:
  std::string release(bool is_final);

  const Rules& rules_;
  const uint32_t (&answer_from_)[SOTTO_CARE_CATEGORIES];
  uint32_t hold_bytes_;
  std::unique_ptr<Reader> reader_;
  std::string text_;     // from base_ on
  size_t base_ = 0;      // bytes of the whole
  size_t released_ = 0;  // likewise
  bool is_stopped_ = false;
};

}  // namespace sotto::care

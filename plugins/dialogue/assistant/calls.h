// calls.h: runs a maker's function with a deadline, whatever it does: fail, throw, block, write rubbish, call back in.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "functions.h"

namespace sotto::assistant {

struct NextCall {
  std::string name, arguments;
};

struct CallResult {
  enum class Outcome : uint8_t { kDone, kFailed, kNoAnswer } outcome = Outcome::kFailed;
  Texts result, error;                                     // what the function said, in both languages; data
  std::vector<std::pair<std::string, std::string>> slots;  // further words for the templates
  std::string undo;                                        // JSON of arguments; empty: none
  std::vector<NextCall> next;
  std::string raw;  // what it wrote, as JSON; "null" where it is none
  bool ok() const { return outcome == Outcome::kDone; }
};

// One thread at a time; each call runs on a thread of its own. A function that does not come back in time keeps that thread,
// and is not called again before it has, while others are; the destructor waits for it.
class Caller {
 public:
  explicit Caller(uint32_t deadline_ms) : deadline_ms_(deadline_ms) {}
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  CallResult call(const Function& function, const std::string& arguments);
  // True on the thread of a function that runs now. [any thread]
  bool is_inside() const;
  void cancel();  // [any thread] the call in progress is waited for no longer

 private:
  struct Job;
  void reap();
  bool is_stuck(const std::string& name) const;

  uint32_t deadline_ms_;
  std::list<std::pair<std::thread, std::shared_ptr<Job>>> stuck_;
  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<Job> current_;
  std::vector<std::thread::id> inside_;  // threads of functions that run
};

}  // namespace sotto::assistant

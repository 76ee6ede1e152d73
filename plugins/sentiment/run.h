// run.h: one call of read or read_session: its deadline, its cancel, and the tokens that it computes.
#pragma once

#include <memory>
#include <mutex>

#include "services.h"

namespace sotto::sentiment {

struct DestroySession {
  const sotto_session_service* service;
  void operator()(sotto_session* s) const { service->session_destroy(s); }
};
using SessionPtr = std::unique_ptr<sotto_session, DestroySession>;

// The way from `cancel`, on any thread, to the session that is being fed.
class CancelSwitch {
 public:
  explicit CancelSwitch(const Services& services) : services_(services) {}
  void cancel();

 private:
  friend class Run;
  const Services& services_;
  std::mutex mutex_;  // guards what follows; held while a session is told to stop, so that it cannot end meanwhile
  bool is_running_ = false;
  bool is_cancelled_ = false;
  sotto_session* active_ = nullptr;
};

// [one thread]
class Run {
 public:
  Run(const Services& services, CancelSwitch& cancel, uint32_t deadline_ms);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Appends the tokens; the row of `output` (SOTTO_OUTPUT_*) at ids[at], or nothing where output is 0.
  std::vector<float> feed(sotto_session* session, const uint32_t* ids, size_t count, size_t at, uint32_t output);
  void rewind(sotto_session* session, uint32_t position);
  SessionPtr fork(sotto_session* session);

  uint32_t tokens() const { return tokens_; }  // fed so far
  const Services& services() const { return services_; }

 private:
  uint32_t deadline_left_ms() const;
  void set_active(sotto_session* session);

  const Services& services_;
  CancelSwitch& cancel_;
  uint64_t start_ns_;
  uint32_t deadline_ms_;
  uint32_t tokens_ = 0;
};

}  // namespace sotto::sentiment

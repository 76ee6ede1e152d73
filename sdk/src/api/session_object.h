// session_object.h: the object behind sotto_session, and a C function's call on it.
#pragma once

#include "api/model_object.h"
#include "border/guard.h"
#include "border/options.h"
#include "run/session.h"

struct sotto_session {
  sotto_session(sotto_model* m, uint32_t context_tokens) : model(m), session(m->engine(), context_tokens) {}

  sotto::ModelRef model;
  sotto::Session session;
  bool doomed = false;  // destroyed from inside a callback: ends with the call, in the same thread
};

namespace sotto {

// One call on a session: its ownership from start to end.
class Call {
 public:
  explicit Call(sotto_session* s) : s_(s), cancels_before_(s->session.cancels()) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (!held_) return;
    if (s_->doomed)
      delete s_;
    else
      s_->session.leave();  // from here on another thread may destroy it
  }
  Status enter() {
    SOTTO_TRY(s_->session.enter(cancels_before_));
    held_ = true;
    return {};
  }

 private:
  sotto_session* s_;
  uint32_t cancels_before_;
  bool held_ = false;
};

template <class Body>
sotto_status on_session(sotto_session* s, sotto_error* err, Body&& body) noexcept {
  return guard(err, [&]() -> Status {
    SOTTO_TRY(check_given("the session", s));
    Call call(s);
    SOTTO_TRY(call.enter());
    return body(s->session);
  });
}

}  // namespace sotto

// relays.h: from the callbacks of the C ABI to the listeners of one Java call. All of them come on the calling thread; the
// first exception of a listener ends the call and leaves from it.
#pragma once

#include "call.h"

namespace sotto::jni {

// What the relays below share: the exception of a listener waits here while the C library unwinds.
class Relay {
 public:
  Relay(const Call& call, jobject relay) : call_(call), relay_(relay) {}
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  bool is_given() const { return relay_ != nullptr; }
  // To be called after the C function, before its status is looked at: a listener's exception goes first.
  void leave_if_thrown() const;

 protected:
  // Takes a pending exception away from the thread; true when there is one, now or before.
  bool has_thrown();

  const Call& call_;
  jobject relay_;  // null: nobody listens

 private:
  jthrowable thrown_ = nullptr;
};

// Text and tokens of an answer: sotto_on_text and on_token.
class PieceRelay : public Relay {
 public:
  PieceRelay(const Call& call, jobject relay);
  bool wants_tokens() const { return wants_tokens_; }
  static int32_t on_text(void* self, sotto_str piece);
  static int32_t on_token(void* self, uint32_t token, float logprob);

 private:
  bool text(sotto_str piece);

  jbyteArray bytes_;  // used again for every piece that fits, so that streaming makes no garbage here
  bool wants_tokens_;
};

// Rows of sotto_session_feed.
class RowRelay : public Relay {
 public:
  using Relay::Relay;
  static int32_t on_row(void* self, uint32_t position, uint32_t output, const float* row, uint32_t width);
};

// The mask of sotto_generate_options.
class MaskRelay : public Relay {
 public:
  using Relay::Relay;
  static int32_t on_logits(void* self, float* logits, uint32_t vocabulary);

 private:
  bool mask(float* logits, jsize count);

  jfloatArray array_ = nullptr;  // used again for every token; goes with the frame of the call
};

// Progress of sotto_model_open.
class ProgressRelay : public Relay {
 public:
  using Relay::Relay;
  static int32_t on_progress(void* self, float fraction);
};

}  // namespace sotto::jni

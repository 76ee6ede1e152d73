// answer.h: the options of an answer as GenerateOptions.java packs them.
#pragma once

#include "relays.h"

namespace sotto::jni {

// Owns what the C options point to.
class AnswerOptions {
 public:
  // `packed`: {long[], float[], byte[][], int[], float[], MaskRelay}, see GenerateOptions.during.
  AnswerOptions(const Call& call, jobjectArray packed, PieceRelay* relay);
  AnswerOptions(const AnswerOptions&) = delete;
  AnswerOptions& operator=(const AnswerOptions&) = delete;
  // As Relay's, of the mask.
  void leave_if_thrown() const { mask_.leave_if_thrown(); }

  sotto_generate_options options{};

 private:
  Local<jobject> mask_relay_;
  MaskRelay mask_;
  std::vector<std::string> stops_;
  std::vector<sotto_str> stop_views_;
  std::vector<sotto_token_bias> biases_;
};

}  // namespace sotto::jni

// head.h: a model's head "care", trained on what users say: the softmax over its labels at the end of the user's turn.
#pragma once

#include <memory>
#include <mutex>

#include "services.h"
#include "sotto/care.h"

namespace sotto::care {

// [any thread]; one text at a time.
class Head {
 public:
  // NULL where the model has no head of that name. Throws where a label is none of care.h's.
  static std::unique_ptr<Head> find(const Services& services, sotto_model* model, float confidence);
  ~Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  // The labels that are likely enough, as findings over the whole text.
  std::vector<sotto_care_finding> read(std::string_view text);

 private:
  struct Label {
    uint32_t category;  // SOTTO_NONE: nothing of the kind
    float threshold;
  };
  Head(const Services& services, sotto_model* model, uint32_t index, float confidence);
  std::vector<uint32_t> turn(std::string_view text) const;
  std::vector<float> hidden_at_end(std::string_view text);
  bool is_white(uint32_t id) const;

  const Services& services_;
  sotto_model* model_;
  uint32_t index_;
  std::vector<Label> labels_;
  uint32_t context_tokens_ = 0;
  bool has_template_ = false;
  std::mutex mutex_;  // guards session_
  sotto_session* session_ = nullptr;
};

}  // namespace sotto::care

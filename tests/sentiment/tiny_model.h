// tiny_model.h: a model file of 64 hidden numbers with the heads and the template that a test wants.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sotto::sentiment_test {

constexpr uint32_t kHidden = 64;
constexpr const char* kChatMl =
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

struct HeadSpec {
  std::string name;
  std::vector<std::string> labels;
  float temperature = 1;
  std::vector<float> thresholds;
  std::string kind = "sequence";
};
float weight_at(size_t row, size_t column);  // of every head

HeadSpec sentiment_head();  // labels in another order than sentiment.h's, a temperature
HeadSpec emotion_head();
std::string model_bytes(const std::vector<HeadSpec>& heads, const char* chat_template = kChatMl, uint32_t context = 128);

}  // namespace sotto::sentiment_test

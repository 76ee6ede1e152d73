#include "e2e/lora.h"

#include <gtest/gtest.h>

#include "e2e/objects.h"
#include "unit/model/raw_gguf.h"

namespace sotto::e2e {

std::string lora_file(const std::vector<std::string>& weights, const std::vector<float>& numbers) {
  constexpr uint32_t kText = 8, kFloat = 6;
  RawGguf g;
  g.keys = {{"general.type", kText, raw_text("adapter"), {}},
            {"adapter.type", kText, raw_text("lora"), {}},
            {"general.architecture", kText, raw_text("llama"), {}},
            {"adapter.lora.alpha", kFloat, raw(kLoraAlpha), {}}};
  for (const std::string& weight : weights) {
    g.tensors.push_back({weight + ".lora_a", {kLoraColumns, kLoraRank}, 0, 0, {}, {}});
    g.tensors.push_back({weight + ".lora_b", {kLoraRank, kLoraColumns}, 0, 0, {}, {}});
  }
  for (const float number : numbers) g.data += raw(number);
  g.lay_out();
  return g.write();
}

std::string lora_file(const std::vector<std::string>& weights) {
  std::vector<float> numbers(weights.size() * 2 * kLoraRank * kLoraColumns);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.5f * static_cast<float>(static_cast<int>(i * 7 % 11) - 5);
  return lora_file(weights, numbers);
}

LoraPtr open_lora(sotto_model* model, const std::string& bytes) {
  const auto source = memory_source(bytes);
  sotto_lora* lora = nullptr;
  Error error;
  EXPECT_EQ(sotto_lora_open(model, &source, &lora, &error), SOTTO_OK) << error.text;
  return LoraPtr(lora);
}

}  // namespace sotto::e2e

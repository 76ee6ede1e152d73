// lora.h: a file with an adapter for weights of the tiny models, and the adapter opened on a model.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sotto/sotto.h"

namespace sotto::e2e {

constexpr uint32_t kLoraRank = 2, kLoraColumns = 64;  // each weight has as many rows as columns
constexpr float kLoraAlpha = 4;

// For each of the weights A (rank, columns) and B (rows, rank), float32, from `numbers` in this order.
std::string lora_file(const std::vector<std::string>& weights, const std::vector<float>& numbers);
// With numbers that change what a model says.
std::string lora_file(const std::vector<std::string>& weights);

struct LoraDeleter {
  void operator()(sotto_lora* l) const { sotto_lora_destroy(l); }
};
using LoraPtr = std::unique_ptr<sotto_lora, LoraDeleter>;
LoraPtr open_lora(sotto_model* model, const std::string& bytes);  // fails the test when it cannot be opened

}  // namespace sotto::e2e

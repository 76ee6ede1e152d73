#include "tiny_model.h"

#include <cmath>

#include "sotto/sotto.h"
#include "unit/model/raw_gguf.h"

namespace sotto::sentiment_test {
namespace {

constexpr uint32_t kFloat = 6, kText = 8, kArray = 9;  // types of GGUF values

std::string texts(const std::vector<std::string>& all) {
  std::string bytes;
  for (const std::string& text : all) bytes += raw_text(text);
  return bytes;
}

void add_head(RawGguf* file, const HeadSpec& head) {
  const std::string prefix = "sotto.head." + head.name;
  file->keys.push_back({prefix + ".labels", kArray, raw_array(kText, head.labels.size(), texts(head.labels)), {}});
  file->keys.push_back({prefix + ".temperature", kFloat, raw(head.temperature), {}});
  file->keys.push_back({prefix + ".kind", kText, raw_text(head.kind), {}});
  if (!head.thresholds.empty()) {
    std::string numbers;
    for (const float x : head.thresholds) numbers += raw(x);
    file->keys.push_back({prefix + ".thresholds", kArray, raw_array(kFloat, head.thresholds.size(), numbers), {}});
  }
  file->tensors.push_back({prefix + ".weight", {kHidden, head.labels.size()}, SOTTO_F32, 0, {}, {}});
  file->data.resize((file->data.size() + 31) / 32 * 32);
  file->tensors.back().offset = file->data.size();
  for (size_t r = 0; r < head.labels.size(); ++r)
    for (size_t c = 0; c < kHidden; ++c) file->data += raw(weight_at(r, c));
}

}  // namespace

float weight_at(size_t row, size_t column) { return std::sin(static_cast<float>(row * kHidden + column)); }

HeadSpec sentiment_head() { return {"sentiment", {"positive", "negative", "neutral"}, 2.5f, {}}; }
HeadSpec emotion_head() {
  return {"emotion", {"neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue"}, 4, {}};
}

std::string model_bytes(const std::vector<HeadSpec>& heads, const char* chat_template, uint32_t context) {
  RawGguf file = RawGguf::parse(fixture("gguf/small-f32.gguf"));
  for (auto& key : file.keys)
    if (key.name == "llama.context_length") key.value = raw(context);
  if (chat_template != nullptr) file.keys.push_back({"tokenizer.chat_template", kText, raw_text(chat_template), {}});
  for (const HeadSpec& head : heads) add_head(&file, head);
  return file.write();
}

}  // namespace sotto::sentiment_test

#include "model/heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/printable.h"
#include "model/float_tensor.h"
#include "sotto/hidden.h"

namespace sotto {
namespace {

constexpr std::string_view kPrefix = "sotto.head.";
constexpr size_t kMaxHeads = 256, kMaxLabels = 4096, kMaxName = 63, kMaxLabel = 127;

struct KindName {
  const char* name;
  uint32_t kind;
  uint32_t outputs_per_label;
};
constexpr KindName kKinds[] = {
    {"sequence", SOTTO_HEAD_SEQUENCE, 1}, {"token", SOTTO_HEAD_TOKEN, 1}, {"span", SOTTO_HEAD_SPAN, 2}};

constexpr const char* kKeyEnds[] = {".kind", ".labels", ".thresholds", ".temperature"};
constexpr const char* kTensorEnds[] = {".weight", ".bias"};

Status bad(std::string text) { return Status(SOTTO_BAD_FILE, std::move(text)); }

// The head's name in "sotto.head.NAME<end>" for one of the ends; empty: none of them.
template <size_t kCount>
std::string name_in(std::string_view full, const char* const (&ends)[kCount]) {
  for (const std::string_view end : ends)
    if (full.size() > kPrefix.size() + end.size() && full.substr(full.size() - end.size()) == end)
      return std::string(full.substr(kPrefix.size(), full.size() - kPrefix.size() - end.size()));
  return "";
}

Result<std::set<std::string>> names_of(const Gguf& file) {
  std::set<std::string> names;
  const auto take = [&](std::string_view full, const char* what, std::string name) -> Status {
    if (name.empty())
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("{} '{}' belongs to no head that this version knows", what, printable(full)));
    if (name.size() > kMaxName)
      return bad(fmt::format("{} '{}': names have at most {} bytes", what, printable(full), kMaxName));
    names.insert(std::move(name));
    return names.size() <= kMaxHeads ? Status() : bad(fmt::format("there are more than {} heads", kMaxHeads));
  };
  for (const std::string_view key : file.keys())
    if (key.substr(0, kPrefix.size()) == kPrefix) SOTTO_TRY(take(key, "key", name_in(key, kKeyEnds)));
  for (const GgufTensor& t : file.tensors())
    if (t.name.substr(0, kPrefix.size()) == kPrefix) SOTTO_TRY(take(t.name, "tensor", name_in(t.name, kTensorEnds)));
  return names;
}

// Without names the labels are numbers, as many as the weight has rows for.
Result<std::vector<std::string>> numbered(const Gguf& file, const std::string& prefix, uint32_t outputs_per_label) {
  const GgufTensor* weight = file.tensor(prefix + ".weight");
  if (!weight || weight->rows == 0 || weight->rows % outputs_per_label != 0 || weight->rows / outputs_per_label > kMaxLabels)
    return bad(
        fmt::format("key '{}.labels' and rows of '{}.weight' for 1 to {} labels are missing", prefix, prefix, kMaxLabels));
  std::vector<std::string> labels;
  for (uint64_t i = 0; i < weight->rows / outputs_per_label; ++i) labels.push_back(std::to_string(i));
  return labels;
}

Status read_labels(const Gguf& file, const std::string& prefix, uint32_t outputs_per_label, Head* head) {
  SOTTO_ASSIGN(const auto labels, file.texts(prefix + ".labels"));
  if (!file.find(prefix + ".labels")) {
    SOTTO_ASSIGN(head->labels, numbered(file, prefix, outputs_per_label));
  } else if (labels.empty() || labels.size() > kMaxLabels) {
    return bad(fmt::format("key '{}.labels' has {} texts, expected 1 to {}", prefix, labels.size(), kMaxLabels));
  }
  for (const std::string_view label : labels) {
    if (label.empty() || label.size() > kMaxLabel || label.find('\0') != std::string_view::npos)
      return bad(fmt::format("key '{}.labels': '{}' is no label of 1 to {} bytes", prefix, printable(label), kMaxLabel));
    head->labels.emplace_back(label);
  }
  SOTTO_ASSIGN(head->thresholds, file.reals(prefix + ".thresholds"));
  if (head->thresholds.empty()) head->thresholds.assign(head->labels.size(), 0.0f);
  const auto is_share = [](float x) { return x >= 0 && x <= 1; };
  if (head->thresholds.size() != head->labels.size() ||
      !std::all_of(head->thresholds.begin(), head->thresholds.end(), is_share))
    return bad(fmt::format("key '{}.thresholds': expected {} numbers from 0 to 1", prefix, head->labels.size()));
  SOTTO_ASSIGN(const double temperature, file.real(prefix + ".temperature", 1));
  if (!(temperature >= 1e-3 && temperature <= 1e3))
    return bad(fmt::format("key '{}.temperature' is {}, expected 0.001 to 1000", prefix, temperature));
  head->temperature = static_cast<float>(temperature);
  return {};
}

Status read_tensor(const Gguf& file, const std::string& name, uint64_t rows, uint64_t columns, std::vector<float>* out) {
  const GgufTensor* t = file.tensor(name);
  if (!t) return bad(fmt::format("tensor '{}' is missing", name));
  if (t->rows != rows || t->columns != columns)
    return bad(fmt::format("tensor '{}' is {} x {}, expected {} x {}", name, t->rows, t->columns, rows, columns));
  SOTTO_ASSIGN(*out, floats_of(*t));
  if (std::all_of(out->begin(), out->end(), [](float x) { return std::isfinite(x); })) return {};
  return bad(fmt::format("tensor '{}' holds what is no number", name));
}

Result<Head> read_head(const Gguf& file, const std::string& name, uint32_t hidden) {
  const std::string prefix = std::string(kPrefix) + name;
  Head head;
  head.name = name;
  head.hidden = hidden;
  SOTTO_ASSIGN(const std::string_view kind_name, file.text(prefix + ".kind", kKinds[0].name));
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const KindName& k) { return kind_name == k.name; });
  if (kind == std::end(kKinds))
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("key '{}.kind' is '{}', known are sequence, token and span", prefix, printable(kind_name)));
  head.kind = kind->kind;
  SOTTO_TRY(read_labels(file, prefix, kind->outputs_per_label, &head));
  head.outputs = static_cast<uint32_t>(head.labels.size()) * kind->outputs_per_label;
  SOTTO_TRY(read_tensor(file, prefix + ".weight", head.outputs, hidden, &head.weight));
  head.bias.assign(head.outputs, 0.0f);
  if (file.tensor(prefix + ".bias")) SOTTO_TRY(read_tensor(file, prefix + ".bias", 1, head.outputs, &head.bias));
  return head;
}

}  // namespace

Result<std::vector<Head>> read_heads(const Gguf& file, uint32_t hidden) {
  SOTTO_ASSIGN(const auto names, names_of(file));
  std::vector<Head> heads;
  for (const std::string& name : names) {
    SOTTO_ASSIGN(Head head, read_head(file, name, hidden));
    heads.push_back(std::move(head));
  }
  return heads;
}

void Head::apply(Span<const float> hidden_state, float* logits) const {
  constexpr size_t kLanes = 8;  // sums side by side: for vector units, and more exact than one long sum
  for (size_t o = 0; o < outputs; ++o) {
    const float* w = weight.data() + o * hidden;
    float sums[kLanes] = {};
    for (size_t i = 0; i < hidden; ++i) sums[i % kLanes] += w[i] * hidden_state[i];
    float sum = bias[o];
    for (const float s : sums) sum += s;
    logits[o] = sum / temperature;
  }
}

}  // namespace sotto

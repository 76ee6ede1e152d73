// heads.cc: classifier and span heads that sotto-train left beside the model: parameters sotto_heads.NAME.weight and .bias, and
// in the common state under "sotto": {"heads": {NAME: {"kind": ..., "labels": [...], "thresholds": [...], "temperature":
// ...}}}.
#include <fmt/format.h>

#include "base/printable.h"
#include "convert/megatron/model.h"

namespace sotto {
namespace {

constexpr std::string_view kPrefix = "sotto_heads.";

Status read_labels(const std::string& name, const PickleValue& facts, HeadDescription* head) {
  const auto wrong = [&](const char* key, const PickleValue& value) {
    return Status(SOTTO_BAD_FILE, fmt::format("head '{}': '{}' is {}", name, key, describe(value)));
  };
  if (const PickleValue* kind = facts.find("kind"); kind != nullptr) {
    if (!kind->is(PickleKind::kText)) return wrong("kind", *kind);
    head->kind = std::string(kind->text);
  }
  if (const PickleValue* labels = facts.find("labels"); labels != nullptr) {
    if (labels->elements() == nullptr) return wrong("labels", *labels);
    for (const PickleValue* label : *labels->elements()) {
      if (!label->is(PickleKind::kText)) return wrong("labels", *label);
      head->labels.emplace_back(label->text);
    }
  }
  const auto number = [](const PickleValue& v) { return v.is(PickleKind::kReal) ? v.real : static_cast<double>(v.integer); };
  const auto is_number = [](const PickleValue& v) { return v.is(PickleKind::kReal) || v.is(PickleKind::kInteger); };
  if (const PickleValue* thresholds = facts.find("thresholds"); thresholds != nullptr && !thresholds->is_none()) {
    if (thresholds->elements() == nullptr) return wrong("thresholds", *thresholds);
    for (const PickleValue* t : *thresholds->elements()) {
      if (!is_number(*t)) return wrong("thresholds", *t);
      head->thresholds.push_back(static_cast<float>(number(*t)));
    }
  }
  if (const PickleValue* temperature = facts.find("temperature"); temperature != nullptr && !temperature->is_none()) {
    if (!is_number(*temperature)) return wrong("temperature", *temperature);
    head->temperature = number(*temperature);
  }
  return {};
}

}  // namespace

Status make_megatron_heads(const MegatronState& state, Checkpoint* out) {
  const PickleValue* heads = state.sotto != nullptr ? state.sotto->find("heads") : nullptr;
  for (const auto& [full, tensor] : state.parameters) {
    if (full.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    const std::string name = full.substr(kPrefix.size(), full.rfind('.') - kPrefix.size());
    if (name.empty() || name.find('.') != std::string::npos)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("parameter '{}' is no head: expected sotto_heads.NAME.weight or .bias", printable(full)));
    SOTTO_TRY(check_coverage(tensor));
    ModelTensor t = tensor;
    t.name = "sotto.head." + full.substr(kPrefix.size());
    const bool is_weight = !t.is_vector;
    if (is_weight && t.columns != out->description.hidden)
      return Status(SOTTO_BAD_FILE, fmt::format("parameter '{}' has {} columns, expected the hidden size {}", printable(full),
                                                t.columns, out->description.hidden));
    out->tensors.push_back(std::move(t));
    if (!is_weight) continue;
    HeadDescription head;
    head.name = name;
    head.kind = "sequence";
    if (const PickleValue* facts = heads != nullptr ? heads->find(name) : nullptr) SOTTO_TRY(read_labels(name, *facts, &head));
    out->heads.push_back(std::move(head));
  }
  return {};
}

}  // namespace sotto

#include <fmt/format.h>

#include "base/printable.h"
#include "convert/torch/pickle.h"

namespace sotto {

bool PickleValue::calls(Meaning meaning) const {
  return kind == PickleKind::kCall && callee->known != nullptr && callee->known->meaning == meaning;
}

bool PickleValue::calls(std::string_view name) const {
  return kind == PickleKind::kCall && callee->is(PickleKind::kName) && callee->text == name;
}

const std::vector<PickleValue*>* PickleValue::entries() const {
  if (kind == PickleKind::kDict || calls(Meaning::kDictionary)) return &items;
  return kind == PickleKind::kCall && state != nullptr && state->is(PickleKind::kDict) ? &state->items : nullptr;
}

const PickleValue* PickleValue::find(std::string_view key) const {
  const auto* list = entries();
  if (list == nullptr) return nullptr;
  // A key set twice keeps the last value, as in Python.
  for (size_t i = list->size(); i >= 2; i -= 2)
    if ((*list)[i - 2]->is(PickleKind::kText) && (*list)[i - 2]->text == key) return (*list)[i - 1];
  return nullptr;
}

const std::vector<PickleValue*>* PickleValue::elements() const {
  if (kind == PickleKind::kList || kind == PickleKind::kTuple) return &items;
  if (!calls(Meaning::kSequence)) return nullptr;
  if (arguments->items.empty()) return &items;
  const PickleValue& content = *arguments->items[0];
  return content.is(PickleKind::kList) || content.is(PickleKind::kTuple) ? &content.items : nullptr;
}

std::string describe(const PickleValue& v) {
  switch (v.kind) {
    case PickleKind::kNone:
      return "None";
    case PickleKind::kBool:
      return v.integer != 0 ? "True" : "False";
    case PickleKind::kInteger:
      return fmt::format("the number {}", v.integer);
    case PickleKind::kLong:
      return fmt::format("a number of {} bytes", v.text.size());
    case PickleKind::kReal:
      return fmt::format("the number {}", v.real);
    case PickleKind::kText:
      return fmt::format("the text '{}'", printable(v.text));
    case PickleKind::kBytes:
      return fmt::format("{} bytes", v.text.size());
    case PickleKind::kList:
      return fmt::format("a list of {}", v.items.size());
    case PickleKind::kTuple:
      return fmt::format("a tuple of {}", v.items.size());
    case PickleKind::kDict:
      return fmt::format("a dictionary of {}", v.items.size() / 2);
    case PickleKind::kName:
      return fmt::format("{}.{}", v.known->module, printable(v.text));
    case PickleKind::kCall:
      return fmt::format("an object of {}", describe(*v.callee));
    case PickleKind::kPersistent:
      return "a reference to a storage";
  }
  return "nothing";
}

}  // namespace sotto

// pickle.cc: bytes as a pickle; what comes out is followed down and described.
#include "convert/torch/pickle.h"

#include "target.h"

namespace sotto::fuzz {
namespace {

// Every value once or more: the depth is bounded by the reader, the number of visits here.
size_t follow(const PickleValue& value, size_t left) {
  if (left == 0) return 0;
  --left;
  FUZZ_CHECK(!describe(value).empty());
  (void)value.find("key");
  for (const auto* list : {value.elements(), value.entries()})
    if (list != nullptr)
      for (const PickleValue* item : *list) FUZZ_CHECK(item != nullptr);
  for (const PickleValue* part : {value.callee, value.arguments, value.state})
    if (part != nullptr) left = follow(*part, left);
  for (const PickleValue* item : value.items) left = follow(*item, left);
  return left;
}

}  // namespace

FUZZ_TARGET(pickle) {
  const auto pickle = Pickle::read(Span<const uint8_t>(data, size), "input");
  if (!pickle.ok()) {
    FUZZ_CHECK(!pickle.status().text().empty());
    return;
  }
  FUZZ_CHECK(pickle->size() <= size);
  constexpr size_t kMostVisits = 10000;
  follow(pickle->root(), kMostVisits);
}

}  // namespace sotto::fuzz

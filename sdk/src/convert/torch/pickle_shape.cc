#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "convert/torch/pickle.h"

namespace sotto {

Status check_pickle_shape(const PickleValue& root, const std::string& where) {
  struct Visit {
    const PickleValue* value;
    size_t next;
  };
  constexpr size_t kOpen = SIZE_MAX;
  std::unordered_map<const PickleValue*, size_t> height;  // kOpen: on the path to where we are
  std::vector<Visit> path;
  const auto child = [](const PickleValue& v, size_t i) -> const PickleValue* {
    const PickleValue* parts[] = {v.callee, v.arguments, v.state};
    return i < 3 ? parts[i] : v.items[i - 3];
  };
  const auto enter = [&](const PickleValue* v) -> Status {
    if (v == nullptr || (v->items.empty() && !v->callee && !v->arguments && !v->state)) return {};
    const auto [found, is_new] = height.emplace(v, kOpen);
    if (!is_new && found->second == kOpen)
      return Status(SOTTO_BAD_FILE, fmt::format("{}: pickle: {} contains itself", where, describe(*v)));
    if (is_new) path.push_back({v, 0});
    return {};
  };
  SOTTO_TRY(enter(&root));
  while (!path.empty()) {
    Visit& visit = path.back();
    const PickleValue& v = *visit.value;
    if (visit.next < v.items.size() + 3) {
      SOTTO_TRY(enter(child(v, visit.next++)));
      continue;
    }
    size_t tallest = 0;
    for (size_t i = 0; i < v.items.size() + 3; ++i)
      if (const auto found = height.find(child(v, i)); found != height.end()) tallest = std::max(tallest, found->second);
    if (tallest + 1 > Pickle::kMaxDepth)
      return Status(SOTTO_BAD_FILE,
                    fmt::format("{}: pickle: objects lie inside each other more than {} deep", where, Pickle::kMaxDepth));
    height[&v] = tallest + 1;
    path.pop_back();
  }
  return {};
}

}  // namespace sotto

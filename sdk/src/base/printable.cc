#include "base/printable.h"

namespace sotto {

std::string printable(std::string_view name) {
  constexpr size_t kMost = 80;
  std::string text(name.substr(0, kMost));
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return name.size() > kMost ? text + "..." : text;
}

}  // namespace sotto

#include "api/parked.h"

#include <vector>

namespace sotto {
namespace {

std::vector<RuntimeRef>& parked() {
  thread_local std::vector<RuntimeRef> holds;
  return holds;
}

}  // namespace

void park(RuntimeRef hold) {
  if (!hold.try_release()) parked().push_back(std::move(hold));
}

void end_parked() {
  std::vector<RuntimeRef> ending;  // a plugin's destroy may park again
  ending.swap(parked());
}

}  // namespace sotto

#include "api/parked.h"

namespace sotto {
namespace {

// A list through the runtimes themselves, so that parking cannot fail: a runtime is parked by its last hold only, thus once.
struct Parked {
  sotto_runtime* first = nullptr;

  void end() {
    while (first != nullptr) {
      sotto_runtime* const runtime = std::exchange(first, first->next_parked);
      runtime->release();
    }
  }
  ~Parked() { end(); }
};

Parked& parked() {
  thread_local Parked list;
  return list;
}

}  // namespace

void park(RuntimeRef hold) noexcept {
  if (hold.try_release()) return;
  sotto_runtime* const runtime = hold.detach();
  runtime->host().mute();  // the application has destroyed its last object and may have ended its log
  runtime->next_parked = std::exchange(parked().first, runtime);
}

void end_parked() noexcept { parked().end(); }

}  // namespace sotto

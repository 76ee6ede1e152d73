// act.h: from a wish to calls: which devices, what is missing, what must be confirmed; the calls with a limit; taking them
// back.
#pragma once

#include <string>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "speak.h"

namespace sotto::assistant {

// What stands between a wish and its calls.
struct Readiness {
  enum class Kind : uint8_t { kReady, kAsk, kCannot } kind = Kind::kReady;
  Question question;     // kAsk, with its text
  std::string sentence;  // kCannot
};

struct Done {
  std::string sentence;
  std::vector<Call> calls;
  uint32_t failed = 0;
};

// One thread at a time. Counts the calls of one turn.
class Actor {
 public:
  Actor(World& world, Caller& caller) : world_(world), caller_(caller) {}

  void begin_turn() { made_ = 0; }
  bool is_exhausted() const { return made_ >= world_.settings.max_calls; }

  // Finds the wish's devices and says what it still lacks. `filled`: what reading its words left in doubt.
  Readiness prepare(Wish* wish, const Filled& filled, Language language, uint64_t turn) const;
  // REQUIRES: the wish is ready.
  Done perform(const Wish& wish, Language language, uint64_t turn);
  // False: nothing of the action can be taken back. `wants_talk` false: only does it.
  bool take_back(const Action& action, Language language, uint64_t turn, Done* done);

  const Function* function_of(const Wish& wish) const { return world_.functions.find(wish.function); }

 private:
  // The function that is meant of devices of one kind: of a lock "on" is unlocking.
  const Function* meant_instead(const Function& function, const Wish& wish) const;
  Readiness find_devices(const Function& function, Wish* wish, Language language, uint64_t turn) const;
  Readiness asking(const Function& function, Question question, Language language, uint64_t turn) const;
  CallResult call(const Function& function, const std::string& arguments, const std::string& device, Done* done);

  World& world_;
  Caller& caller_;
  uint32_t made_ = 0;
};

}  // namespace sotto::assistant

// turn.h: one thread at a time: who comes while another is inside, or from its own callback, is told so.
#pragma once

#include <atomic>
#include <thread>

#include "sotto/plugin.hpp"

namespace sotto::speech {

using plugin::Failure;

// [any thread]
class Turns {
 public:
  class Turn {
   public:
    Turn(Turns& turns, const char* what) : turns_(turns) {
      std::thread::id inside;
      if (turns_.inside_.compare_exchange_strong(inside, std::this_thread::get_id())) return;
      if (inside == std::this_thread::get_id())
        throw Failure(SOTTO_REENTRANT, std::string("speech: ") + what + " was called from its own callback: return first");
      throw Failure(SOTTO_BUSY, std::string("speech: ") + what + " is in use by another thread: make one for each");
    }
    ~Turn() { turns_.inside_ = std::thread::id(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns& turns_;
  };

 private:
  std::atomic<std::thread::id> inside_{std::thread::id()};  // nobody: the id of no thread
};

}  // namespace sotto::speech

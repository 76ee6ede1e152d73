// sphinx.h: calls into PocketSphinx that print nothing and do not end the process.
//
// The library writes what it meets to a log and, where it finds a fault, calls exit(). Its log, of which there is one in a
// process, goes to a function of ours while a recogniser lives; within `quietly` a fault becomes a Failure.
#pragma once

#include <csetjmp>
#include <string>

#include "sotto/plugin.hpp"

namespace sotto::speech {

// Takes the library's log; the last to go gives it back. [any thread]
class SphinxLog {
 public:
  SphinxLog();
  ~SphinxLog();
  SphinxLog(const SphinxLog&) = delete;
  SphinxLog& operator=(const SphinxLog&) = delete;
};

// What the library says during a call; from its making to its end it listens in its thread.
struct SphinxWatch {
  SphinxWatch();
  ~SphinxWatch();
  SphinxWatch(const SphinxWatch&) = delete;
  SphinxWatch& operator=(const SphinxWatch&) = delete;

  std::jmp_buf out;
  SphinxWatch* outer;
  char said[256];  // its first error; empty: none
};

// REQUIRES: a SphinxLog lives. Runs `body`: where the library would exit it is left at once, so nothing whose destructor
// matters may be alive in it while the library runs. What the call was working on is not to be used again then, nor freed.
// Returns what the library complained of, or an empty string.
template <class Body>
std::string quietly(const char* doing, const Body& body) {
  SphinxWatch watch;
  if (setjmp(watch.out) == 0) {
    body();
    return watch.said;
  }
  throw plugin::Failure(SOTTO_INTERNAL, std::string("speech: PocketSphinx failed while ") + doing + ": " + watch.said +
                                            "; check its model, and make the recogniser anew");
}

}  // namespace sotto::speech

// script.h: dialogues as text files, and what must come of them. Used with a worked-out understanding by the tests, and with a
// model by the completion program.
//
//   = title                        a dialogue begins
//   @ 2026-11-28T20:30             the clock, UTC; stays until it is set again
//   # fails FUNCTION DEVICE ZH|EN  from here on the function fails on that device ("-": on none) with these words; "throws",
//   "blocks" > words => INTENT[:P] SLOT=WORDS; SLOT=WORDS       the user; what the model would make of the whole ~ words =>
//   INTENT ...          what it would make of these words, a part of the sentence or another hypothesis | words a further
//   hypothesis of the recogniser for the turn above ! FUNCTION {"argument": ...}   a call that must come, in this order, with
//   at least these arguments; a turn without any makes none < words                        the answer has these words
//   <! words                       the answer has not
//   ? asks confirms unclear no_scope failure took_back retrieved      these flags are set, and of asks, unclear, failure no
//   others
#pragma once

#include <map>
#include <string>
#include <vector>

#include "assistant/understanding.h"

namespace sotto::assistant_test {

struct Expected {
  std::string function, arguments;
};
struct Step {
  int line = 0;
  std::string said;
  std::vector<std::string> further;  // hypotheses
  std::vector<Expected> calls;
  std::vector<std::string> has, has_not, flags;
  int64_t clock_ms = 0;                      // 0: as before
  std::map<std::string, std::string> fails;  // "FUNCTION DEVICE": words; set before the step
};
struct Dialogue {
  std::string title, file;
  std::vector<Step> steps;
  std::map<std::string, assistant::Understood> readings;  // by normal form
};

// Throws std::runtime_error with file and line.
std::vector<Dialogue> read_dialogues(const std::string& file);

struct Call {
  std::string function, arguments;
};
struct Answer {
  std::string text;
  uint32_t flags = 0, source = 0;
};
// Whoever holds the dialogue.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual Answer say(const std::vector<std::string>& hypotheses) = 0;
  virtual std::vector<Call> take_calls() = 0;  // since the last time
  virtual void set_clock(int64_t unix_ms) = 0;
  virtual void set_fails(const std::map<std::string, std::string>& fails) = 0;
};
// What is not as the script wants it, a sentence each. `only_calls`: answers are not looked at. `heard`: [steps][hypotheses] in
// place of what the script says.
std::vector<std::string> play(const Dialogue& dialogue, Driver& driver, bool only_calls,
                              const std::vector<std::vector<std::string>>& heard = {});

// What the functions of both answer: {"result": ...} for what asks something.
std::string result_of(const std::string& function);
// The maker's own functions of the tests, added to the intents of the domain.
struct OwnFunction {
  const char *name, *schema, *replies;
  std::vector<std::string> examples;
  uint32_t flags;
};
const std::vector<OwnFunction>& own_functions();
std::string read_text(const std::string& file);

}  // namespace sotto::assistant_test

// assistant.h: one dialogue: a turn is heard, leant on what was before, acted on and answered. The C table of api.cc calls
// these methods.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "act.h"
#include "call_writer.h"
#include "follow.h"
#include "listen.h"
#include "manual.h"
#include "retrieval.h"
#include "talk_state.h"
#include "talk_writer.h"

namespace sotto::assistant {

// What a turn came to.
struct Outcome {
  std::string answer;
  Language language = Language::kZh;
  uint32_t source = SOTTO_ANSWER_TEMPLATE;
  uint32_t flags = 0;
  uint32_t hypothesis = 0;
  std::string intent = "none";
  double confidence = 0;
  std::vector<Heard> parts;
  std::vector<Call> calls;
  std::string heard;
  uint32_t failed = 0;
  std::vector<float> hidden;  // behind the turn's last token
};

std::string details_json(const Outcome& outcome);

// One thread at a time, but for cancel.
class Assistant {
 public:
  // What is given outlives it; without a writer no call is written, without a talker nothing is said freely.
  Assistant(const Services& services, Domain domain, Settings settings, uint32_t call_deadline_ms, Understanding& understanding,
            CallWriter* writer = nullptr, TalkWriter* talker = nullptr);

  void add_function(const sotto_function& given);  // throws Failure, as do those below
  void set_home(std::string_view json);
  void set_manual(Language language, std::string_view text) { manuals_[index_of(language)] = Manual::read(text); }
  // The state is as before where it throws, but for what was done.
  Outcome turn(const std::vector<Hypothesis>& hypotheses);
  Outcome undo();
  const std::vector<float>& hidden() const { return last_.hidden; }  // empty: no turn yet
  uint64_t tokens() const;                                           // that went through the model so far
  std::string details_json() const { return assistant::details_json(last_); }
  std::string history_json() const { return state_.history_json(); }
  std::string save() const { return state_.json(); }
  void restore(std::string_view bytes) { state_ = TalkState::read(bytes); }
  void reset() { state_ = TalkState(); }
  void cancel();                                          // [any thread]
  void begin() { is_cancelled_ = false; }                 // a call begins
  bool is_inside() const { return caller_.is_inside(); }  // [any thread]

 private:
  void take_turn(const Heard& whole, Outcome* out);
  // By a rule, whatever the model makes of it: a cue, an answer to the open question, what leans on the last action.
  bool is_expected(const Heard& heard);
  bool is_any_word_expected() const;
  bool take_answer(const Heard& heard, Outcome* out);
  bool take_reference(const Heard& heard, Outcome* out);
  bool take_bare_time(const Heard& heard, Outcome* out) const;
  void take_dialog(const std::string& intent, Outcome* out);
  bool take_cue(const std::string& normal, Outcome* out);
  void take_part(const Heard& part, std::vector<Wish>* wishes, std::vector<Filled>* filled, std::vector<std::string>* said,
                 Outcome* out);
  void talk(const Heard& heard, Outcome* out);
  bool say_freely(const Heard& heard, Outcome* out);
  // Quotes the manual where a passage is as near as `least`.
  bool quote(std::string_view normal, double least, Outcome* out) const;
  // What was not understood, as the model writes it.
  void write_call(Heard* part, Language language);
  // Does the wishes one after the other until one must be asked about; the rest waits behind the question.
  void pursue(std::vector<Wish> wishes, std::vector<Filled> filled, std::vector<std::string> said, Outcome* out);
  void take_back(Outcome* out);
  Done take_back_silently(Outcome* out);
  const Action* last_action() const;
  Wish spoken_of(const std::string& text) const;
  std::vector<std::string> recent_kinds() const;
  void remember(Action action);
  void note(const Outcome& out);
  void check_cancelled() const;

  World world_;
  Caller caller_;
  Actor actor_;
  Listener listener_;
  Understanding& understanding_;
  CallWriter* writer_;
  TalkWriter* talker_;
  std::array<Manual, kLanguages> manuals_;
  std::array<LineIndex, kLanguages> talk_, refusals_;
  TalkState state_;
  Outcome last_;
  std::atomic<bool> is_cancelled_{false};
};

}  // namespace sotto::assistant

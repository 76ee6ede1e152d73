#include "assistant.h"

#include <algorithm>

#include "model_understanding.h"

namespace sotto::assistant {
namespace {

constexpr int64_t kQuestionLives = 120 * 1000, kActionLives = 600 * 1000;  // milliseconds: what is older is not leant on
constexpr uint32_t kMostAsked = 2;
constexpr size_t kLongestText = 4000;
constexpr double kTalkAlike = 0.3;  // of small talk that the head took for such
constexpr double kSureTalk = 0.55;  // where it did not
constexpr double kRefusalAlike = 0.4;
constexpr double kAskedManual = 0.35, kSureManual = 0.6;  // of a question how something is done, and of anything else

}  // namespace

Assistant::Assistant(const Services& services, Domain domain, Settings settings, uint32_t call_deadline_ms,
                     Understanding& understanding, CallWriter* writer, TalkWriter* talker)
    : world_(services, std::move(domain), std::move(settings)),
      caller_(call_deadline_ms),
      actor_(world_, caller_),
      listener_(world_, understanding),
      understanding_(understanding),
      writer_(writer),
      talker_(talker),
      talk_{LineIndex(world_.domain.talk(Language::kZh)), LineIndex(world_.domain.talk(Language::kEn))},
      refusals_{LineIndex(world_.domain.refusals(Language::kZh)), LineIndex(world_.domain.refusals(Language::kEn))} {}

void Assistant::add_function(const sotto_function& given) {
  Function function = Functions::read(given, world_.domain);
  if (function.intent == nullptr)
    for (uint32_t i = 0; i < given.example_count; ++i)
      function.example_means.push_back(understanding_.read(std::string(view(given.examples[i]))).mean);
  if (function.intent == nullptr && given.example_count == 0)
    for (const std::string& sentence : sentences_of(function.description))
      if (!normal_form(sentence).empty()) function.example_means.push_back(understanding_.read(sentence).mean);
  world_.functions.add(std::move(function));
  listener_.forget_phrases();
}

void Assistant::set_home(std::string_view json) {
  world_.home = Home::read(json);
  listener_.forget_phrases();
}

void Assistant::cancel() {
  is_cancelled_ = true;
  understanding_.cancel();
  if (writer_ != nullptr) writer_->cancel();
  if (talker_ != nullptr) talker_->cancel();
  caller_.cancel();
}

void Assistant::check_cancelled() const {
  if (is_cancelled_) throw Failure(SOTTO_CANCELLED, "assistant: the turn was cancelled; what was called before stays called");
}

uint64_t Assistant::tokens() const {
  return understanding_.tokens() + (writer_ == nullptr ? 0 : writer_->tokens()) + (talker_ == nullptr ? 0 : talker_->tokens());
}

const Action* Assistant::last_action() const {
  if (state_.actions.empty()) return nullptr;
  const Action& last = state_.actions.back();
  return const_cast<World&>(world_).now_ms() - last.at_ms > kActionLives ? nullptr : &last;
}

// What was done last; "both" are its devices, or where it was one that and the one before it. REQUIRES: a last action.
Wish Assistant::spoken_of(const std::string& text) const {
  const Action* const last = last_action();
  Wish wish = last->wish;
  if (!has_cue(normal_form(text), Cue::kBoth)) return wish;
  for (auto before = state_.actions.rbegin(); before != state_.actions.rend() && wish.devices.size() == 1; ++before) {
    const std::vector<std::string>& devices = before->wish.devices;
    if (!before->is_taken_back && devices.size() == 1 && devices != wish.devices)
      wish.devices.insert(wish.devices.begin(), devices.front());
  }
  return wish;
}

std::vector<std::string> Assistant::recent_kinds() const {
  std::vector<std::string> kinds;
  if (const Action* const last = last_action(); last != nullptr)
    for (const std::string& id : last->wish.devices)
      if (const Device* const device = world_.home.device(id); device != nullptr) kinds.push_back(device->kind);
  return kinds;
}

void Assistant::remember(Action action) {
  state_.actions.push_back(std::move(action));
  if (state_.actions.size() > kMostActions) state_.actions.pop_front();
}

void Assistant::note(const Outcome& out) {
  ++state_.answers;
  state_.turns.push_back({true, plain_text(out.heard, kLongestText), out.language, 0});
  state_.turns.push_back({false, out.answer, out.language, out.source});
  while (state_.turns.size() > kMostTurns) state_.turns.pop_front();
}

Outcome Assistant::turn(const std::vector<Hypothesis>& hypotheses) {
  for (const Hypothesis& h : hypotheses)
    if (h.text.size() > kLongestText)
      throw Failure(SOTTO_INVALID_ARGUMENT, "assistant: a turn of " + std::to_string(h.text.size()) + " bytes, at most " +
                                                std::to_string(kLongestText) + " are read: nobody says that in one breath");
  const TalkState before = state_;
  actor_.begin_turn();
  Outcome out;
  try {
    check_cancelled();
    std::vector<Hypothesis> plain = hypotheses;
    for (Hypothesis& h : plain) h.text = plain_text(h.text, kLongestText);
    listener_.lean_on(recent_kinds());
    if (state_.question && world_.now_ms() - state_.question->at_ms > kQuestionLives) state_.question.reset();
    listener_.set_mends(!is_any_word_expected());
    Heard whole;
    const auto is_expected_here = [this](const Heard& heard) { return is_expected(heard); };
    out.hypothesis = static_cast<uint32_t>(listener_.choose(plain, is_expected_here, &whole));
    out.heard = whole.text;
    out.hidden = whole.understood.end;
    out.language = language_of(whole.text, state_.language.value_or(world_.settings.language));
    if (language_of(whole.text, Language::kZh) == language_of(whole.text, Language::kEn)) state_.language = out.language;
    take_turn(whole, &out);
    check_cancelled();
  } catch (...) {
    std::deque<Action> actions = std::move(state_.actions);
    state_ = before;
    state_.actions = std::move(actions);
    throw;
  }
  note(out);
  last_ = out;
  return out;
}

void Assistant::take_turn(const Heard& whole, Outcome* out) {
  out->intent = whole.intent.empty() ? "none" : whole.intent;
  out->confidence = whole.confidence;
  out->parts = {whole};
  const std::string normal = normal_form(whole.text);
  if (normal.empty()) {
    out->flags |= SOTTO_ASSISTANT_UNCLEAR;
    out->answer = say(Say::kNotUnderstood, out->language);
    return;
  }
  if (state_.question && (is_cue(normal, Cue::kUndo) || is_cue(normal, Cue::kRepeat))) state_.question.reset();
  if (state_.question && take_answer(whole, out)) return;
  if (take_cue(normal, out)) return;
  if (asks_how(normal) && quote(normal, kAskedManual, out)) return;
  if (take_reference(whole, out)) return;
  if (take_bare_time(whole, out)) return;
  std::vector<Heard> parts = listener_.parts(whole, out->language);
  for (Heard& part : parts) write_call(&part, out->language);
  out->parts = parts;
  out->intent = parts.front().intent;
  out->confidence = parts.front().confidence;
  std::vector<Wish> wishes;
  std::vector<Filled> filled;
  std::vector<std::string> said;
  for (const Heard& part : parts) take_part(part, &wishes, &filled, &said, out);
  if (wishes.empty()) {
    out->answer = sentences(said, out->language);
    return;
  }
  pursue(std::move(wishes), std::move(filled), std::move(said), out);
}

// A wish joins the others; what is none is answered at once.
void Assistant::take_part(const Heard& part, std::vector<Wish>* wishes, std::vector<Filled>* filled,
                          std::vector<std::string>* said, Outcome* out) {
  if (part.kind != Heard::Kind::kFunction) {
    Outcome own;
    own.language = out->language;
    if (part.kind == Heard::Kind::kDialog)
      take_dialog(part.intent, &own);
    else
      talk(part, &own);
    said->push_back(own.answer);
    out->flags |= own.flags;
    out->source = own.source;
    out->failed += own.failed;
    out->calls.insert(out->calls.end(), own.calls.begin(), own.calls.end());
    return;
  }
  const Function& function = *world_.functions.find(part.intent);
  Wish wish;
  wish.function = part.intent;
  wish.confidence = part.confidence;
  for (const auto& [name, value] : part.values) wish.slots[name] = value;
  filled->push_back(fill_wish(world_, function, part.text, part.understood, out->language, &wish));
  const Action* const last = last_action();
  // "打开卧室的灯，再亮一点": the sentence itself comes first, then what was done before it.
  if (!wishes->empty())
    carry_over(world_, function, part.text, out->language, wishes->back(), &wish);
  else if (last != nullptr)
    carry_over(world_, function, part.text, out->language, spoken_of(part.text), &wish);
  wishes->push_back(std::move(wish));
}

bool Assistant::is_expected(const Heard& heard) {
  const std::string normal = normal_form(heard.text);
  constexpr Cue kCues[] = {Cue::kUndo, Cue::kRepeat, Cue::kStop};
  if (std::any_of(std::begin(kCues), std::end(kCues), [&](Cue cue) { return is_cue(normal, cue); })) return true;
  const Language language = language_of(heard.text, state_.language.value_or(world_.settings.language));
  if (state_.question) return answer_question(world_, listener_, heard, language, *state_.question).kind != Answered::Kind::kNo;
  const Action* const last = last_action();
  return last != nullptr && follow_reference(world_, listener_, heard, language, last->wish).has_value();
}

// A question is open that any words may answer: a message, the name of a song.
bool Assistant::is_any_word_expected() const {
  if (!state_.question || state_.question->kind != Question::Kind::kSlot) return false;
  const Function* const function = world_.functions.find(state_.question->wish.function);
  const Parameter* const parameter = function == nullptr ? nullptr : function->parameter(state_.question->slot);
  return parameter != nullptr && parameter->type == SlotType::kText;
}

bool Assistant::take_answer(const Heard& heard, Outcome* out) {
  const Question question = *state_.question;
  const Answered answered = answer_question(world_, listener_, heard, out->language, question);
  std::vector<Wish> wishes = question.waiting;
  if (answered.kind == Answered::Kind::kFilled) {
    state_.question.reset();
    out->intent = question.wish.function;
    out->confidence = 1;
    wishes.insert(wishes.begin(), answered.wish);
    std::vector<Filled> filled(wishes.size());
    filled.front() = answered.filled;
    pursue(std::move(wishes), std::move(filled), {}, out);
    return true;
  }
  if (answered.kind == Answered::Kind::kDropped || answered.kind == Answered::Kind::kRefused) {
    state_.question.reset();
    out->intent = answered.kind == Answered::Kind::kDropped ? "dialog.stop" : "dialog.negate";
    out->confidence = 1;
    if (answered.kind == Answered::Kind::kDropped) wishes.clear();
    std::vector<Filled> filled(wishes.size());
    pursue(std::move(wishes), std::move(filled), {say(Say::kDropped, out->language)}, out);
    return true;
  }
  const bool is_new = heard.kind != Heard::Kind::kUnclear && heard.kind != Heard::Kind::kOut;
  if (is_new) return state_.question.reset(), false;
  if (question.asked >= kMostAsked) {
    state_.question.reset();
    out->flags |= SOTTO_ASSISTANT_UNCLEAR;
    out->answer = say(Say::kGiveUp, out->language);
    return true;
  }
  ++state_.question->asked;
  out->flags |= SOTTO_ASSISTANT_UNCLEAR | SOTTO_ASSISTANT_ASKS;
  out->answer = question.text;
  return true;
}

bool Assistant::take_reference(const Heard& heard, Outcome* out) {
  const Action* const last = last_action();
  if (last == nullptr) return false;
  std::optional<Followed> followed = follow_reference(world_, listener_, heard, out->language, last->wish);
  if (!followed) return false;
  out->intent = followed->wish.function;
  out->confidence = 1;
  if (followed->kind == Reference::Kind::kCorrection) {
    // What was done by mistake is taken back where it would stay: on other devices, and where there is no device to set anew.
    Wish wish = followed->wish;
    const Readiness ready = actor_.prepare(&wish, followed->filled, out->language, state_.answers);
    const bool stays = last->wish.devices.empty() || wish.devices != last->wish.devices;
    if (stays && ready.kind != Readiness::Kind::kCannot) (void)take_back_silently(out);
  }
  std::vector<Wish> wishes{std::move(followed->wish)};
  pursue(std::move(wishes), {std::move(followed->filled)}, {}, out);
  return true;
}

// A time that something shall take and nothing else tells nothing to do where no question is open, whatever a model makes of
// it.
bool Assistant::take_bare_time(const Heard& heard, Outcome* out) const {
  if (!is_nothing_but(world_, SlotType::kDuration, heard.text, out->language)) return false;
  out->flags |= SOTTO_ASSISTANT_UNCLEAR;
  out->answer = say(Say::kNotUnderstood, out->language);
  return true;
}

void Assistant::pursue(std::vector<Wish> wishes, std::vector<Filled> filled, std::vector<std::string> said, Outcome* out) {
  for (size_t i = 0; i < wishes.size(); ++i) {
    check_cancelled();
    Wish& wish = wishes[i];
    Readiness ready = actor_.prepare(&wish, filled[i], out->language, state_.answers + i);
    if (ready.kind == Readiness::Kind::kAsk) {
      ready.question.waiting.assign(wishes.begin() + static_cast<std::ptrdiff_t>(i) + 1, wishes.end());
      said.push_back(ready.question.text);
      out->flags |= ready.question.kind == Question::Kind::kConfirm ? SOTTO_ASSISTANT_ASKS | SOTTO_ASSISTANT_CONFIRMS
                                                                    : SOTTO_ASSISTANT_ASKS;
      state_.question = std::move(ready.question);
      break;
    }
    if (ready.kind == Readiness::Kind::kCannot) {
      said.push_back(ready.sentence);
      continue;
    }
    Done done = actor_.perform(wish, out->language, state_.answers + i);
    said.push_back(done.sentence);
    if (done.failed > 0) out->flags |= SOTTO_ASSISTANT_FAILURE;
    out->failed += done.failed;
    out->calls.insert(out->calls.end(), done.calls.begin(), done.calls.end());
    if (!done.calls.empty()) remember({wish, std::move(done.calls), world_.now_ms(), false});
  }
  out->answer = sentences(said, out->language);
}

bool Assistant::take_cue(const std::string& normal, Outcome* out) {
  constexpr struct {
    Cue cue;
    const char* intent;
  } kCues[] = {
      {Cue::kUndo, "dialog.undo"}, {Cue::kRepeat, "dialog.repeat"}, {Cue::kStop, "dialog.stop"}, {Cue::kMachine, "chat.talk"}};
  for (const auto& row : kCues) {
    if (!is_cue(normal, row.cue)) continue;
    out->intent = row.intent;
    out->confidence = 1;
    if (row.cue == Cue::kMachine)
      out->answer = say(Say::kMachine, out->language);
    else
      take_dialog(row.intent, out);
    return true;
  }
  return false;
}

void Assistant::take_dialog(const std::string& intent, Outcome* out) {
  if (intent == "dialog.undo") return take_back(out);
  if (intent == "dialog.repeat" || intent == "dialog.explain") {
    const auto last = std::find_if(state_.turns.rbegin(), state_.turns.rend(), [](const Turn& t) { return !t.is_user; });
    out->answer = last == state_.turns.rend() ? say(Say::kNothingToRepeat, out->language) : last->text;
    return;
  }
  out->answer = say(intent == "dialog.stop" ? Say::kDropped : Say::kNothingOpen, out->language);
}

bool Assistant::quote(std::string_view normal, double least, Outcome* out) const {
  const Quoted found = manuals_[index_of(out->language)].find(normal);
  if (found.passage == nullptr || found.score < least) return false;
  out->source = SOTTO_ANSWER_RETRIEVED;
  out->intent = "manual";
  out->confidence = found.score;
  out->answer = say(found.passage->title.empty() ? Say::kQuote : Say::kQuoteTitled, out->language,
                    {{"title", found.passage->title}, {"text", found.passage->text}});
  return true;
}

void Assistant::write_call(Heard* part, Language language) {
  if (writer_ == nullptr || (part->kind != Heard::Kind::kUnclear && part->kind != Heard::Kind::kOut)) return;
  WrittenCall call = writer_->write(world_, part->text, language);
  if (call.function.empty()) return;
  part->kind = Heard::Kind::kFunction;
  part->intent = call.function;
  part->confidence = call.probability;
  part->understood.spans = apart(std::move(call.spans));
  part->values = std::move(call.values);
}

bool Assistant::say_freely(const Heard& heard, Outcome* out) {
  if (talker_ == nullptr) return false;
  std::string answer = talker_->answer(state_.turns, heard.text, out->language);
  if (answer.empty()) return false;
  out->source = SOTTO_ANSWER_GENERATED;
  out->answer = std::move(answer);
  return true;
}

// The sources of an answer that is about no function, best first: reviewed lines, the manual, the model's own words.
void Assistant::talk(const Heard& heard, Outcome* out) {
  const std::string normal = normal_form(heard.text);
  const size_t language = index_of(out->language);
  const Retrieved small = talk_[language].find(normal), refusal = refusals_[language].find(normal);
  const auto retrieved = [&](const Retrieved& found) {
    out->source = SOTTO_ANSWER_RETRIEVED;
    out->answer = found.line->answer;
  };
  const bool is_talk = heard.kind == Heard::Kind::kTalk,
             is_nothing = heard.kind == Heard::Kind::kOut || heard.kind == Heard::Kind::kUnclear;
  if (is_nothing && refusal.score >= kRefusalAlike && refusal.score > small.score) {
    out->flags |= SOTTO_ASSISTANT_NO_SCOPE;
    return retrieved(refusal);
  }
  if ((is_talk && small.score >= kTalkAlike) || (is_nothing && small.score >= kSureTalk)) return retrieved(small);
  if (!is_talk && quote(normal, kSureManual, out)) return;
  if ((is_talk || is_nothing) && say_freely(heard, out)) return;
  if (is_talk) {
    const Intent* const intent = world_.domain.find(heard.intent);
    if (intent != nullptr) out->answer = pick(intent->replies[language].done, {}, state_.answers);
    if (!out->answer.empty()) return;
  }
  const struct {
    Heard::Kind kind;
    Say what;
    uint32_t flag;
  } kAnswers[] = {{Heard::Kind::kElsewhere, Say::kNoFunction, SOTTO_ASSISTANT_NO_SCOPE},
                  {Heard::Kind::kOut, Say::kOutOfScope, SOTTO_ASSISTANT_NO_SCOPE}};
  for (const auto& row : kAnswers)
    if (row.kind == heard.kind) {
      out->flags |= row.flag;
      out->answer = say(row.what, out->language);
      return;
    }
  out->flags |= SOTTO_ASSISTANT_UNCLEAR;
  out->answer = say(Say::kNotUnderstood, out->language);
}

void Assistant::take_back(Outcome* out) {
  for (auto action = state_.actions.rbegin(); action != state_.actions.rend(); ++action) {
    if (action->is_taken_back) continue;
    Done done;
    if (!actor_.take_back(*action, out->language, state_.answers, &done)) {
      out->answer = say(Say::kCannotUndo, out->language);
      return;
    }
    action->is_taken_back = true;
    out->answer = done.sentence;
    out->flags |= done.failed > 0 ? SOTTO_ASSISTANT_FAILURE : SOTTO_ASSISTANT_TOOK_BACK;
    out->failed += done.failed;
    out->calls.insert(out->calls.end(), done.calls.begin(), done.calls.end());
    return;
  }
  out->answer = say(Say::kNothingToUndo, out->language);
}

Done Assistant::take_back_silently(Outcome* out) {
  Done done;
  Action& last = state_.actions.back();
  if (last.is_taken_back || !actor_.take_back(last, out->language, state_.answers, &done)) return done;
  last.is_taken_back = true;
  out->flags |= SOTTO_ASSISTANT_TOOK_BACK;
  out->failed += done.failed;
  out->calls.insert(out->calls.end(), done.calls.begin(), done.calls.end());
  return done;
}

Outcome Assistant::undo() {
  actor_.begin_turn();
  Outcome out;
  out.language = state_.language.value_or(world_.settings.language);
  out.intent = "dialog.undo";
  out.confidence = 1;
  take_back(&out);
  ++state_.answers;
  state_.turns.push_back({false, out.answer, out.language, out.source});
  while (state_.turns.size() > kMostTurns) state_.turns.pop_front();
  last_ = out;
  return out;
}

}  // namespace sotto::assistant

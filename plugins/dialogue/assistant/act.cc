#include "act.h"

#include <algorithm>
#include <cstdio>

namespace sotto::assistant {
namespace {

constexpr size_t kMostOptions = 8;  // devices that a question lists

Readiness cannot(std::string sentence) {
  Readiness r;
  r.kind = Readiness::Kind::kCannot;
  r.sentence = std::move(sentence);
  return r;
}

std::string number_text(double x) {
  char text[40];
  std::snprintf(text, sizeof text, "%g", x);
  return text;
}

bool has(const Wish& wish, const std::string& slot) {
  return wish.slots.count(slot) != 0 || ((slot == "name" || slot == "area") && (!wish.devices.empty() || !wish.names.empty()));
}

// Slots of which one must be there, group after group.
std::vector<std::vector<std::string>> required_of(const Function& function) {
  if (function.intent != nullptr) return function.intent->required;
  std::vector<std::vector<std::string>> groups;
  for (const Parameter& p : function.parameters)
    if (p.is_required && p.type != SlotType::kDevice && p.type != SlotType::kArea) groups.push_back({p.name});
  return groups;
}

}  // namespace

Readiness Actor::asking(const Function& function, Question question, Language language, uint64_t turn) const {
  Readiness r;
  r.kind = Readiness::Kind::kAsk;
  question.text = ask_text(world_, function, question, language, turn);
  question.at_ms = world_.now_ms();
  r.question = std::move(question);
  return r;
}

Readiness Actor::find_devices(const Function& function, Wish* wish, Language language, uint64_t turn) const {
  const std::vector<std::string> kinds = function.kinds();
  const bool needs = function.intent == nullptr || function.intent->needs_device;
  if (!world_.home.has_kind(kinds)) {
    if (needs && !world_.home.is_empty()) return cannot(say(Say::kNoDevice, language));
    return keep_place_words(function, wish), Readiness{};
  }
  const bool is_any = std::find(kinds.begin(), kinds.end(), "any") != kinds.end();
  if (is_any && wish->names.empty() && wish->areas.empty() && !wish->is_all) {
    Question question;
    question.kind = Question::Kind::kSlot;
    question.slot = "name";
    question.wish = *wish;
    return needs ? asking(function, std::move(question), language, turn) : Readiness{};
  }
  const std::vector<std::string> nothing{""};
  std::vector<size_t> devices;
  Found last;
  bool is_unknown = false;
  for (const std::string& area : wish->areas.empty() ? nothing : wish->areas)
    for (const std::string& name : wish->names.empty() ? nothing : wish->names) {
      Found found = world_.home.find({name, area, wish->is_all}, kinds, world_.domain, world_.settings.here);
      if (is_any && name.empty() && !wish->is_all && found.devices.size() > 1) found.problem = Found::Problem::kSeveral;
      if (found.problem == Found::Problem::kUnknown) {
        if (!is_unknown) last = found;
        is_unknown = true;
        continue;
      }
      if (found.problem == Found::Problem::kSeveral) {
        Question question;
        question.kind = Question::Kind::kDevice;
        question.wish = *wish;
        for (const size_t i : found.devices)
          if (question.devices.size() < kMostOptions) question.devices.push_back(world_.home.devices()[i].id);
        return asking(function, std::move(question), language, turn);
      }
      devices.insert(devices.end(), found.devices.begin(), found.devices.end());
    }
  if (devices.empty() && needs) return cannot(say(Say::kUnknownDevice, language, {{"name", last.unknown}}));
  if (devices.empty()) keep_place_words(function, wish);
  std::sort(devices.begin(), devices.end());
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  for (const size_t i : devices) wish->devices.push_back(world_.home.devices()[i].id);
  return {};
}

const Function* Actor::meant_instead(const Function& function, const Wish& wish) const {
  if (function.intent == nullptr || wish.devices.empty()) return &function;
  std::string kind;
  for (const std::string& id : wish.devices) {
    const Device* const device = world_.home.device(id);
    if (device == nullptr || (!kind.empty() && device->kind != kind)) return &function;
    kind = device->kind;
  }
  const auto at = function.intent->instead.find(kind);
  const Function* const other = at == function.intent->instead.end() ? nullptr : world_.functions.find(at->second);
  return other == nullptr ? &function : other;
}

Readiness Actor::prepare(Wish* wish, const Filled& filled, Language language, uint64_t turn) const {
  const Function* function = function_of(*wish);
  if (function == nullptr) return cannot(say(Say::kNoFunction, language));
  if (function->acts_on_devices() && wish->devices.empty())
    if (Readiness r = find_devices(*function, wish, language, turn); r.kind != Readiness::Kind::kReady) return r;
  function = meant_instead(*function, *wish);
  wish->function = function->name;
  Question question;
  question.wish = *wish;
  if (filled.doubt && wish->slots.count(filled.doubt->slot) == 0) {
    question.kind = Question::Kind::kValue;
    question.slot = filled.doubt->slot;
    question.values = filled.doubt->values;
    return asking(*function, std::move(question), language, turn);
  }
  if (!filled.out_of_range.empty() && wish->slots.count(filled.out_of_range) == 0) {
    const Parameter& p = *function->parameter(filled.out_of_range);
    question.slot = p.name;
    Readiness r = asking(*function, std::move(question), language, turn);
    if (p.has_least && p.has_most)
      r.question.text = say(Say::kOutOfRange, language, {{"least", number_text(p.least)}, {"most", number_text(p.most)}});
    return r;
  }
  for (const std::vector<std::string>& group : required_of(*function)) {
    if (group.empty() || std::any_of(group.begin(), group.end(), [&](const std::string& slot) { return has(*wish, slot); }))
      continue;
    question.slot = group.front();
    return asking(*function, std::move(question), language, turn);
  }
  if (function->confirms && !wish->is_agreed) {
    question.kind = Question::Kind::kConfirm;
    return asking(*function, std::move(question), language, turn);
  }
  return {};
}

CallResult Actor::call(const Function& function, const std::string& arguments, const std::string& device, Done* done) {
  ++made_;
  CallResult result = caller_.call(function, arguments);
  done->calls.push_back({function.name, arguments, device, result.raw, result.undo, result.ok()});
  if (!result.ok()) ++done->failed;
  return result;
}

Done Actor::perform(const Wish& wish, Language language, uint64_t turn) {
  const Function& function = *function_of(wish);
  Done done;
  std::vector<CallResult> results;
  std::vector<const Device*> devices;
  for (const std::string& id : wish.devices) devices.push_back(world_.home.device(id));
  if (devices.empty()) devices.push_back(nullptr);
  bool is_cut = false;
  std::vector<NextCall> next;
  for (const Device* device : devices) {
    if ((is_cut = is_exhausted())) break;
    results.push_back(call(function, arguments_json(function, wish, device), device == nullptr ? "" : device->id, &done));
    next.insert(next.end(), results.back().next.begin(), results.back().next.end());
  }
  const size_t own = results.size();
  std::vector<std::string> said;
  if (own > 0) {
    const std::vector<Call> calls(done.calls.begin(), done.calls.begin() + static_cast<std::ptrdiff_t>(own));
    said.push_back(report(world_, function, wish, calls, results, language, turn));
  }
  // What a function wants done next, and what that wants; the limit on calls ends a circle.
  for (size_t i = 0; i < next.size() && !is_cut; ++i) {
    const Function* const following = world_.functions.find(next[i].name);
    if (following == nullptr) continue;
    if ((is_cut = is_exhausted())) break;
    const CallResult result = call(*following, next[i].arguments, "", &done);
    if (!result.ok()) said.push_back(report(world_, *following, {}, {done.calls.back()}, {result}, language, turn));
    const std::vector<NextCall> further = result.next;
    next.insert(next.end(), further.begin(), further.end());
  }
  if (is_cut) said.push_back(say(Say::kTooManyCalls, language, {{"count", std::to_string(world_.settings.max_calls)}}));
  done.sentence = sentences(said, language);
  return done;
}

bool Actor::take_back(const Action& action, Language language, uint64_t turn, Done* done) {
  std::vector<CallResult> results;
  bool is_possible = false;
  const Function* used = nullptr;
  for (auto made = action.calls.rbegin(); made != action.calls.rend(); ++made) {
    if (!made->ok) continue;
    const Function* const function = world_.functions.find(made->function);
    if (function == nullptr) continue;
    const Function* inverse =
        made->undo.empty() && function->intent != nullptr ? world_.functions.find(function->intent->undo) : nullptr;
    if (!made->undo.empty()) inverse = function;
    if (inverse == nullptr || is_exhausted()) continue;
    is_possible = true;
    used = inverse;
    results.push_back(call(*inverse, made->undo.empty() ? made->arguments : made->undo, made->device, done));
  }
  if (!is_possible) return false;
  std::reverse(results.begin(), results.end());
  std::vector<Call> calls(done->calls.rbegin(), done->calls.rend());
  done->sentence =
      done->failed == 0 ? say(Say::kUndone, language) : report(world_, *used, action.wish, calls, results, language, turn);
  return true;
}

}  // namespace sotto::assistant

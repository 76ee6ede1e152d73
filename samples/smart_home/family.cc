#include "family.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "people.h"

namespace {

constexpr int64_t kMinute = 60000, kDay = 24 * 60 * kMinute;
constexpr uint64_t kSeed = 7;
constexpr int kMostDays = 400;

Offers::Options offer_options(const SampleOptions& options, const Broker& broker) {
  Offers::Options o;
  o.catalogue = catalogue();
  o.folder = options.state.empty() ? broker.folder() : options.state;  // two profiles take turns: in memory one would be lost
  o.uses_model = false;
  o.quiet_from = 23 * 60;  // Mei rises early
  o.quiet_to = 6 * 60;
  return o;
}

sotto_assistant_options assistant_options() {
  sotto_assistant_options o{};
  o.struct_size = sizeof o;
  o.area = sotto_cstr("living");
  return o;
}

}  // namespace

Family::Family(const SampleOptions& options)
    : house_(broker_),
      hub_(broker_),
      engine_(options),
      assistant_(engine_, assistant_options()),
      offers_(engine_, offer_options(options, broker_)),
      talk_(offers_, [this](const std::string& feature) { return run_action(feature); }) {
  assistant_.set_home(kHome);
  add_functions();
  talk_.join(assistant_);
  use("mei");
  remark(engine_.description() + "; broker on port " + std::to_string(broker_.port()) +
         "; /user mei|tom, /live DAYS, /at HH:MM, /offer, /unplug ID, /plug ID, /home, /routines, /exit");
}

void Family::use(const std::string& user) {
  user_ = user;
  offers_.open(user, true);
  routines_ = Routines::learn(offers_.exported());
}

// Days as they lived them: every deed goes over the broker to the devices, and into the profile of the one who did it.
void Family::live(int days) {
  const int64_t begin = engine_.clock.now_ms(), end = begin + days * kDay;
  const std::string speaker = user_;
  std::map<std::string, std::vector<Deed>> by_user;
  size_t orders = 0;
  for (int64_t midnight = begin - begin % kDay; midnight < end; midnight += kDay)
    for (Deed& deed : a_day(midnight, kSeed))
      if (deed.at_ms >= begin && deed.at_ms < end) {
        const Action& action = *find_action(deed.action);
        orders += action.orders.size() - perform(action, hub_).size();
        by_user[deed.user].push_back(std::move(deed));
      }
  engine_.clock.ahead_ms += end - begin;
  for (const auto& [user, deeds] : by_user) {
    offers_.open(user, true);
    for (const Deed& deed : deeds) {
      Moment at;
      at.unix_ms = deed.at_ms;
      at.place = "home";
      offers_.record(SOTTO_EVENT_USED, deed.action, at);
    }
    std::printf("[%s: %zu deeds in %d days]\n", user.c_str(), deeds.size(), days);
  }
  std::printf("[%zu orders over MQTT]\n", orders);
  use(speaker);
}

void Family::move_to(const std::string& clock) {
  int hour = 0, minute = 0;
  if (std::sscanf(clock.c_str(), "%d:%d", &hour, &minute) != 2) return remark("[/at wants HH:MM]");
  const int64_t now = engine_.clock.now_ms(), at = now - now % kDay + (hour * 60 + minute) * kMinute;
  engine_.clock.ahead_ms += at >= now ? at - now : at + kDay - now;
}

Moment Family::moment() const {
  Moment m;
  m.place = "home";
  return m;
}

void Family::offer() {
  uint32_t quiet = 0;
  const std::string text = talk_.suggest(moment(), is_chinese_, &quiet);
  if (text.empty()) return remark(std::string("[nothing is offered: ") + quiet_words(quiet) + "]");
  (void)show(nullptr, sotto::str(text));
  std::fputs("\n", stdout);
}

// What usually follows what was done just now.
void Family::offer_next() {
  const Action* const next = find_action(routines_.after(std::exchange(done_, {})));
  if (next == nullptr) return;
  talk_.open(next->id, moment());
  std::printf(is_chinese_ ? "接下来你通常会%s，要我来吗？\n" : "Next you usually want: %s. Shall I?\n",
              is_chinese_ ? next->zh : next->en);
}

bool Family::command(const std::string& line) {
  const std::string name = line.substr(0, line.find(' ')), rest = line.substr(std::min(name.size() + 1, line.size()));
  if (name == "/user" && (rest == "mei" || rest == "tom"))
    use(rest);
  else if (name == "/live")
    live(std::clamp(std::atoi(rest.c_str()), 1, kMostDays));
  else if (name == "/at")
    move_to(rest);
  else if (name == "/offer")
    offer();
  else if (name == "/unplug" || name == "/plug")
    house_.unplug(rest, name == "/unplug");
  else if (name == "/home")
    std::printf("[on: %s]\n", hub_.summary().c_str());
  else if (name == "/routines")
    std::printf("[%s: %s]\n", user_.c_str(), routines_.summary().c_str());
  else
    return false;
  return true;
}

void Family::answer(const std::string& words) {
  heard_ = words;
  done_.clear();
  const DeviceAssistant::Answer said = assistant_.say(words);
  is_chinese_ = said.is_chinese();
  (void)show(nullptr, sotto::str(said.text));
  std::fputs("\n", stdout);
  remark(remark_on(said.result));
  offer_next();
}

bool Family::hear(const std::string& line) {
  if (line == "/exit") return false;
  try {
    if (!command(line) && line.find_first_not_of(" \t") != std::string::npos) answer(line);
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  std::fflush(stdout);
  return true;
}

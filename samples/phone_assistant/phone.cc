#include "phone.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "catalogue.h"
#include "manual.h"

namespace {

constexpr size_t kLongestScreen = 2000;  // bytes of a screen's text

Offers::Options offer_options(const SampleOptions& options) {
  Offers::Options o;
  o.catalogue = kCatalogue;
  o.folder = options.state;
  return o;
}

sotto_assistant_options assistant_options() {
  sotto_assistant_options o{};
  o.struct_size = sizeof o;
  o.call_deadline_ms = 60000;  // a draft may be written
  return o;
}

// Words of a screen that say what it is about, as tags of a moment.
constexpr struct {
  const char* words;
  const char* tag;
} kSigns[] = {{"路", "address"},          {"street", "address"},   {"avenue", "address"},
              {"明天", "appointment"},    {"点见", "appointment"}, {"tomorrow", "appointment"},
              {"o'clock", "appointment"}, {"会议", "meeting"},     {"meeting", "meeting"}};

// Why a feature is offered where its maker's tag is on the screen, in words for people.
constexpr struct {
  const char *feature, *tag, *zh, *en;
} kReasons[] = {{"maps", "address", "屏幕上有地址。", "The screen shows an address."},
                {"calendar", "appointment", "屏幕上有约会。", "The screen shows an appointment."},
                {"battery_saver", "battery_low", "电量不多了。", "The battery is getting low."},
                {"translate", "foreign", "屏幕上是另一种语言。", "The screen is in another language."},
                {"do_not_disturb", "meeting", "屏幕上提到会议。", "The screen speaks of a meeting."}};

std::string one_line(std::string text) {
  if (text.size() > kLongestScreen) {
    size_t end = kLongestScreen;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;  // whole characters
    text.resize(end);
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return text;
}

}  // namespace

Phone::Phone(const SampleOptions& options)
    : engine_(options),
      assistant_(engine_, assistant_options()),
      mood_(engine_, true),
      offers_(engine_, offer_options(options)),
      talk_(
          offers_, [this](const std::string& feature) { return open_app(feature); },
          [this](const Offer& offer, const Moment& at, bool is_chinese) { return reason(offer, at, is_chinese); }),
      drafter_(engine_) {
  offers_.open("owner", true);
  assistant_.set_manual(SOTTO_ASSISTANT_ZH, kManualZh);
  assistant_.set_manual(SOTTO_ASSISTANT_EN, kManualEn);
  add_functions();
  talk_.join(assistant_);
  remark(engine_.description() + "; /screen JSON, /battery N, /plug, /unplug, /wait MINUTES, /offer, /exit");
  follow_battery();
}

// The policy follows the battery at once, whoever emptied it.
void Phone::follow_battery() {
  const PowerRow* const row = &battery_.row();
  if (row == power_) return;
  sotto_runtime_set_power_policy(engine_.runtime.get(), row->power_policy);
  if (row->power_policy == SOTTO_POWER_SAVER) sotto_runtime_trim(engine_.runtime.get(), 1);
  if (power_ != nullptr)
    std::printf("[battery %d%%: %s; mood %s, offers %s]\n", battery_.percent(), row->name, row->reads_mood ? "on" : "off",
                row->offers ? "on" : "off");
  power_ = row;
}

Moment Phone::moment() const {
  Moment m;
  m.device = "phone";
  m.tags = screen_.app;
  std::string text = screen_.text;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto add = [&](const std::string& tag) {
    if (m.tags.find(tag) == std::string::npos) m.tags += (m.tags.empty() ? "" : " ") + tag;
  };
  for (const auto& row : kSigns)
    if (text.find(row.words) != std::string::npos) add(row.tag);
  if (!screen_.text.empty() && is_chinese_text(screen_.text) != is_chinese_) add("foreign");
  if (battery_.percent() < 40 && !battery_.is_plugged()) add("battery_low");
  const sotto_mood mood = mood_.now();
  if (mood.label != SOTTO_NONE) m.mood = mood.valence;
  return m;
}

void Phone::show_screen(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return remark("[/screen wants {\"app\": ..., \"from\": ..., \"text\": ...}]");
  const auto member = [&](const char* name) {
    const auto at = json.find(name);
    return at != json.end() && at->is_string() ? one_line(at->get<std::string>()) : std::string();
  };
  screen_ = {member("app"), member("from"), member("text")};
  const auto is_no_tag = [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
  };
  screen_.app.erase(std::remove_if(screen_.app.begin(), screen_.app.end(), is_no_tag), screen_.app.end());
  screen_.app.resize(std::min<size_t>(screen_.app.size(), 40));
  draft_.clear();
}

std::string Phone::reason(const Offer& offer, const Moment& at, bool is_chinese) const {
  for (const auto& row : kReasons)
    if (offer.feature == row.feature && at.tags.find(row.tag) != std::string::npos) return is_chinese ? row.zh : row.en;
  return offer.reason_kind == "tags" ? std::string() : offer.reason(is_chinese);  // tags are no words
}

void Phone::offer() {
  if (!power_->offers) return remark("[nothing is offered: the battery is low]");
  uint32_t quiet = 0;
  const std::string text = talk_.suggest(moment(), is_chinese_, &quiet);
  if (text.empty()) return remark(std::string("[nothing is offered: ") + quiet_words(quiet) + "]");
  (void)show(nullptr, sotto::str(text));
  std::fputs("\n", stdout);
}

bool Phone::command(const std::string& line) {
  const std::string name = line.substr(0, line.find(' ')), rest = line.substr(std::min(name.size() + 1, line.size()));
  if (name == "/screen") {
    show_screen(rest);
  } else if (name == "/battery") {
    battery_.set(std::atof(rest.c_str()));
  } else if (name == "/plug" || name == "/unplug") {
    battery_.plug(name == "/plug");
  } else if (name == "/wait") {
    engine_.clock.ahead_ms += int64_t{60000} * std::atoi(rest.c_str());
    battery_.pass(std::atof(rest.c_str()));
  } else if (name == "/offer") {
    offer();
  } else {
    return false;
  }
  return true;
}

void Phone::answer(const std::string& words) {
  heard_ = words;
  const uint64_t written_before = drafter_.tokens();
  const DeviceAssistant::Answer said = assistant_.say(words);
  is_chinese_ = said.is_chinese();
  (void)show(nullptr, sotto::str(said.text));
  std::fputs("\n", stdout);
  if (power_->reads_mood) (void)mood_.hear(words, assistant_.hidden());
  if (said.result.failed_calls > 0) mood_.note(SOTTO_MOOD_FAILED_CALL);
  battery_.compute(said.result.tokens + drafter_.tokens() - written_before);
  remark(remark_on(said.result));
}

bool Phone::hear(const std::string& line) {
  if (line == "/exit") return false;
  try {
    if (!command(line) && line.find_first_not_of(" \t") != std::string::npos) answer(line);
    follow_battery();
  } catch (const sotto::Error& e) {
    if (e.status() != SOTTO_CANCELLED) remark(std::string("[") + e.what() + "]");
  }
  std::fflush(stdout);
  return true;
}

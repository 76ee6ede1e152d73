#include "body.h"

#include <algorithm>
#include <cstdio>

namespace {

constexpr int64_t kMinute = 60000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr int kUsualPulse = 65;  // before one was seen
constexpr int kStillSteps = 50;  // within ten minutes: not walking
constexpr size_t kMostWalks = 2000;

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", static_cast<double>(static_cast<int>(x * 10 + 0.5)) / 10);
  return text;
}

int64_t midnight(int64_t now_ms) { return now_ms - now_ms % kDay; }
int hour_of(int64_t now_ms) { return static_cast<int>(now_ms % kDay / kHour); }

struct Found {
  double strain = 0, energy = 0;
  std::vector<std::pair<double, Text>> reasons;
  void add(double more_strain, double more_energy, Text text) {
    strain += more_strain;
    energy += more_energy;
    reasons.emplace_back(std::max(std::abs(more_strain), std::abs(more_energy)), std::move(text));
  }
};

struct StateRow {
  const char* name;
  bool (*fits)(const Found&);
  const char *zh, *en;
};
constexpr StateRow kStates[] = {  // first row that fits wins
    {"tense", [](const Found& f) { return f.strain >= 0.4; }, "有点紧绷", "A little tense"},
    {"tired", [](const Found& f) { return f.energy <= -0.3; }, "有点累", "A little tired"},
    {"lively", [](const Found& f) { return f.energy >= 0.5; }, "精神不错", "Lively"},
    {"fine", [](const Found&) { return true; }, "挺平稳", "Steady"}};

}  // namespace

bool Body::pulse(int64_t now_ms, int beats) {
  if (beats < 25 || beats > 240) return false;
  if (begun_at_ms_ == 0) begun_at_ms_ = now_ms;
  const bool is_still = steps_since(now_ms - 10 * kMinute) < kStillSteps;
  if (is_still && rest_ != 0 && now_ms / kDay > pulse_at_ms_ / kDay) ++rest_;
  if (is_still && (rest_ == 0 || beats < rest_)) rest_ = beats;
  pulse_ = beats;
  pulse_at_ms_ = now_ms;
  return true;
}

bool Body::steps(int64_t now_ms, int more) {
  if (more < 0 || more > 100000) return false;
  if (begun_at_ms_ == 0) begun_at_ms_ = now_ms;
  while (!walks_.empty() && (walks_.front().at_ms < midnight(now_ms) - kDay || walks_.size() >= kMostWalks)) walks_.pop_front();
  walks_.push_back({now_ms, more});
  return true;
}

bool Body::slept(int64_t now_ms, double hours) {
  if (!(hours >= 0 && hours <= 24)) return false;
  if (begun_at_ms_ == 0) begun_at_ms_ = now_ms;
  slept_hours_ = hours;
  slept_at_ms_ = now_ms;
  return true;
}

int Body::steps_since(int64_t from_ms) const {
  int sum = 0;
  for (const Walk& walk : walks_)
    if (walk.at_ms >= from_ms) sum += walk.steps;
  return sum;
}

int Body::steps_today(int64_t now_ms) const { return steps_since(midnight(now_ms)); }
double Body::hours_slept(int64_t now_ms) const { return now_ms - slept_at_ms_ < kDay && slept_at_ms_ != 0 ? slept_hours_ : 0; }

BodyState Body::state(int64_t now_ms, const std::optional<Words>& words) const {
  Found found;
  if (const double hours = hours_slept(now_ms); hours > 0) {
    if (hours < 6) found.add(0, -0.4, {"只睡了" + number(hours) + "小时", "only " + number(hours) + " hours of sleep"});
    if (hours >= 7) found.add(0, 0.3, {"睡了" + number(hours) + "小时", number(hours) + " hours of sleep"});
  }
  const int usual = rest_ != 0 ? rest_ : kUsualPulse;
  const bool is_still = steps_since(now_ms - 10 * kMinute) < kStillSteps;
  if (pulse_ != 0 && now_ms - pulse_at_ms_ < 15 * kMinute && is_still && pulse_ >= usual + 25)
    found.add(0.5, 0,
              {"静坐时心率" + std::to_string(pulse_) + "，平时" + std::to_string(usual),
               "pulse " + std::to_string(pulse_) + " at rest, usually " + std::to_string(usual)});
  if (const int today = steps_today(now_ms); today >= 6000)
    found.add(0, 0.3, {"走了" + std::to_string(today) + "步", std::to_string(today) + " steps"});
  if (words && words->valence <= -0.3f) found.add(0.3, 0, {"说话听起来不太开心", "words that sound unhappy"});
  if (words && words->valence >= 0.3f) found.add(0, 0.25, {"说话听起来开心", "words that sound happy"});
  if (words && words->is_tired) found.add(0, -0.35, {"说自己累", "words that sound tired"});
  std::stable_sort(found.reasons.begin(), found.reasons.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  BodyState state;
  for (const StateRow& row : kStates) {
    if (!row.fits(found)) continue;
    state.name = row.name;
    state.text = {row.zh, row.en};
    break;
  }
  for (auto& [weight, text] : found.reasons) state.reasons.push_back(std::move(text));
  return state;
}

bool Body::wants_move(int64_t now_ms) {
  const int hour = hour_of(now_ms);
  const bool is_day = hour >= 9 && hour < 21,
             sat = begun_at_ms_ != 0 && now_ms - begun_at_ms_ >= kHour && steps_since(now_ms - kHour) < kStillSteps;
  if (!is_day || !sat || now_ms - told_at_ms_ < kHour) return false;
  told_at_ms_ = now_ms;
  return true;
}

Body::Json Body::json() const {
  Json walks = Json::array();
  for (const Walk& walk : walks_) walks.push_back({walk.at_ms, walk.steps});
  return {{"pulse", pulse_},          {"rest", rest_},          {"pulse_at", pulse_at_ms_},
          {"slept_at", slept_at_ms_}, {"told_at", told_at_ms_}, {"begun_at", begun_at_ms_},
          {"slept", slept_hours_},    {"walks", walks}};
}

Body Body::read(const Json& json) {
  Body body;
  body.pulse_ = json.at("pulse");
  body.rest_ = json.at("rest");
  body.pulse_at_ms_ = json.at("pulse_at");
  body.slept_at_ms_ = json.at("slept_at");
  body.told_at_ms_ = json.at("told_at");
  body.begun_at_ms_ = json.at("begun_at");
  body.slept_hours_ = json.at("slept");
  for (const Json& walk : json.at("walks")) body.walks_.push_back({walk.at(0), walk.at(1)});
  return body;
}

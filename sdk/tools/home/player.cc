#include "player.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <filesystem>

namespace sotto::tools {
namespace {

namespace fs = std::filesystem;

constexpr int kStep = 10;
constexpr const char* kWanted[] = {"song", "artist", "album", "genre", "query", "playlist"};  // slots that say what
constexpr double kLikeEnough = 0.6;  // of the pairs of letters: a word misheard, not another title

// Words of "play some music": taken away, longer ones first, they leave nothing that could be a name.
constexpr const char* kPlayWords[] = {"something", "please", "listen", "music", "songs", "start", "tunes", "could", "would",
                                      "play",      "song",   "some",   "tune",  "turn",  "like",  "hear",  "want",  "the",
                                      "for",       "put",    "you",    "can",   "on",    "me",    "to",    "播放",  "音乐",
                                      "放",        "首",     "歌",     "来",    "点",    "听",    "请",    "我",    "给",
                                      "想",        "要",     "一",     "些",    "吧",    "个"};
constexpr size_t kFewLetters = 3;  // what may be left: "a", "i'd"

nlohmann::json failed(const char* zh, const char* en) { return {{"error", {{"zh", zh}, {"en", en}}}}; }

std::vector<std::string> titles_in(const std::string& folder) {
  std::vector<std::string> titles;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && titles.size() < 10000; at.increment(error)) {
    const std::string kind = at->path().extension().string();
    if (kind == ".mp3" || kind == ".ogg" || kind == ".flac" || kind == ".wav") {
      std::string title = at->path().stem().string();
      std::replace(title.begin(), title.end(), '_', ' ');
      titles.push_back(title);
    }
  }
  std::sort(titles.begin(), titles.end());
  return titles;
}

// As it is said: small letters without signs and spaces. File names have "_" and "-", people say neither.
std::string sound_of(const std::string& title) {
  std::string sound;
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || std::isalnum(byte) != 0) sound += byte < 0x80 ? static_cast<char>(std::tolower(byte)) : c;
  }
  return sound;
}

// Share of the pairs of neighbouring bytes that both have (Dice 1945).
double likeness(const std::string& a, const std::string& b) {
  std::vector<std::string> pairs;
  for (size_t i = 0; i + 1 < b.size(); ++i) pairs.push_back(b.substr(i, 2));
  const size_t all = pairs.size() + (a.empty() ? 0 : a.size() - 1);
  size_t shared = 0;
  for (size_t i = 0; i + 1 < a.size(); ++i)
    if (const auto at = std::find(pairs.begin(), pairs.end(), a.substr(i, 2)); at != pairs.end()) {
      pairs.erase(at);
      ++shared;
    }
  return all == 0 ? 0 : 2.0 * static_cast<double>(shared) / static_cast<double>(all);
}

// The title that holds the words, the shortest such; else the one most like them; size(): there is none.
size_t title_for(const std::string& words, const std::vector<std::string>& titles) {
  const std::string wanted = sound_of(words);
  size_t best = titles.size(), shortest = SIZE_MAX;
  double most = kLikeEnough;
  for (size_t i = 0; i < titles.size() && !wanted.empty(); ++i) {
    const std::string title = sound_of(titles[i]);
    if (title.find(wanted) != std::string::npos && title.size() < shortest) best = i, shortest = title.size();
  }
  for (size_t i = 0; i < titles.size() && shortest == SIZE_MAX; ++i)
    if (const double like = likeness(wanted, sound_of(titles[i])); like >= most) best = i, most = like;
  return best;
}

// The longest title that the words hold; size(): none.
size_t title_within(const std::string& words, const std::vector<std::string>& titles) {
  const std::string said = sound_of(words);
  size_t best = titles.size(), longest = 0;
  for (size_t i = 0; i < titles.size(); ++i) {
    const std::string title = sound_of(titles[i]);
    if (title.size() > longest && said.find(title) != std::string::npos) best = i, longest = title.size();
  }
  return best;
}

// Whether the words ask for more than "some music".
bool names_something(const std::string& words) {
  std::string rest;
  for (const char c : words) rest += static_cast<char>(static_cast<unsigned char>(c) < 0x80 ? std::tolower(c) : c);
  for (const char* word : kPlayWords)
    for (size_t at = rest.find(word); at != std::string::npos; at = rest.find(word)) rest.erase(at, std::strlen(word));
  return sound_of(rest).size() > kFewLetters;
}

}  // namespace

Player::Player(const std::string& folder)
    : tracks_(folder.empty() ? std::vector<std::string>{"茉莉花", "Clair de Lune", "月亮代表我的心", "Moonlight Sonata"}
                             : titles_in(folder)) {}

Player::Json Player::act(const std::string& function, const Json& arguments) {
  if (tracks_.empty()) return failed("没有音乐", "there is no music");
  if (function == "media.play") {
    std::string wanted;
    for (const char* slot : kWanted)
      if (wanted.empty() && arguments.contains(slot) && arguments[slot].is_string())
        wanted = arguments[slot].get<std::string>();
    if (!names_something(wanted)) wanted.clear();  // "music"
    size_t found = title_for(wanted, tracks_);
    // What was marked as nothing may still be a title's name, or what else there is of the words.
    if (wanted.empty()) found = title_within(heard_, tracks_);
    if (found == tracks_.size() && (!wanted.empty() || names_something(heard_)))
      return failed("没有找到这首", "I have no such music");
    if (found < tracks_.size()) track_ = found;
    is_playing_ = true;
    return playing();
  }
  if (function == "media.query")
    return is_playing_ ? Json{{"result", tracks_[track_]}} : failed("现在没有在放", "nothing is playing");
  if (function == "media.next" || function == "media.previous") {
    track_ = (track_ + (function == "media.next" ? 1 : tracks_.size() - 1)) % tracks_.size();
    is_playing_ = true;
    return playing();
  }
  const bool is_on = function == "media.resume";
  if (is_playing_ == is_on)
    return failed(is_on ? "已经在放了" : "现在没有在放", is_on ? "it is playing already" : "nothing is playing");
  is_playing_ = is_on;
  return Json::object();
}

// Only titles are known: what the words took for an artist is not repeated.
Player::Json Player::playing() const {
  Json slots = Json::object();
  for (const char* slot : kWanted) slots[slot] = "";
  slots["song"] = tracks_[track_];
  return {{"slots", slots}};
}

Player::Json Player::volume(const std::string& function, const Json& arguments) {
  const int before = volume_;
  if (function == "volume.mute" || function == "volume.unmute") {
    is_muted_ = function == "volume.mute";
    return Json::object();
  }
  if (function == "volume.set") {
    volume_ = static_cast<int>(arguments.value("percent", 40.0));
  } else {
    const Json amount = arguments.value("amount", Json::object());
    const bool is_told = amount.is_object() && (amount.value("unit", "") == "percent" || amount.value("unit", "") == "number");
    const int step = is_told ? static_cast<int>(amount.value("number", 10.0)) : kStep;
    volume_ += function == "volume.up" ? step : -step;
  }
  volume_ = std::clamp(volume_, 0, 100);
  if (function != "volume.set" && volume_ == before)
    return failed(before == 100 ? "已经最大了" : "已经最小了",
                  before == 100 ? "it is as loud as it goes" : "it is as quiet as it goes");
  is_muted_ = false;
  if (function != "volume.set") return Json::object();
  return {{"undo", {{"percent", before}}}};
}

std::string Player::summary() const {
  return "volume " + (is_muted_ ? std::string("muted") : std::to_string(volume_)) +
         (is_playing_ ? ", playing " + tracks_[track_] : "");
}

}  // namespace sotto::tools

#include "player.h"

#include <algorithm>
#include <filesystem>

namespace sotto::tools {
namespace {

namespace fs = std::filesystem;

constexpr int kStep = 10;

nlohmann::json failed(const char* zh, const char* en) { return {{"error", {{"zh", zh}, {"en", en}}}}; }

std::vector<std::string> titles_in(const std::string& folder) {
  std::vector<std::string> titles;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end && titles.size() < 10000; at.increment(error)) {
    const std::string kind = at->path().extension().string();
    if (kind == ".mp3" || kind == ".ogg" || kind == ".flac" || kind == ".wav") titles.push_back(at->path().stem().string());
  }
  std::sort(titles.begin(), titles.end());
  return titles;
}

}  // namespace

Player::Player(const std::string& folder)
    : tracks_(folder.empty() ? std::vector<std::string>{"茉莉花", "Clair de Lune", "月亮代表我的心", "Moonlight Sonata"}
                             : titles_in(folder)) {}

Player::Json Player::act(const std::string& function, const Json& arguments) {
  if (tracks_.empty()) return failed("没有音乐", "there is no music");
  if (function == "media.play") {
    for (const char* slot : {"song", "artist", "album", "query", "playlist"}) {
      if (!arguments.contains(slot) || !arguments[slot].is_string()) continue;
      const std::string wanted = arguments[slot].get<std::string>();
      const auto at = std::find_if(tracks_.begin(), tracks_.end(),
                                   [&](const std::string& t) { return t.find(wanted) != std::string::npos; });
      if (at == tracks_.end()) return failed("没有找到这首", "I have no such music");
      track_ = static_cast<size_t>(at - tracks_.begin());
    }
    is_playing_ = true;
    return {{"slots", {{"song", tracks_[track_]}}}};
  }
  if (function == "media.query")
    return is_playing_ ? Json{{"result", tracks_[track_]}} : failed("现在没有在放", "nothing is playing");
  if (function == "media.next" || function == "media.previous") {
    track_ = (track_ + (function == "media.next" ? 1 : tracks_.size() - 1)) % tracks_.size();
    is_playing_ = true;
    return {{"slots", {{"song", tracks_[track_]}}}};
  }
  const bool is_on = function == "media.resume";
  if (is_playing_ == is_on)
    return failed(is_on ? "已经在放了" : "现在没有在放", is_on ? "it is playing already" : "nothing is playing");
  is_playing_ = is_on;
  return Json::object();
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

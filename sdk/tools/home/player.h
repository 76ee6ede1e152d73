// player.h: what plays and how loud. It plays nothing aloud: a device puts its sound here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sotto::tools {

// One thread at a time.
class Player {
 public:
  using Json = nlohmann::json;
  // Titles are the names of the folder's sound files.
  explicit Player(const std::string& folder);

  // The words that the next act comes from, where they are known: a name in them that nobody marked is found too.
  void hear(const std::string& words) { heard_ = words; }
  Json act(const std::string& function, const Json& arguments);     // "media.play" and its like
  Json volume(const std::string& function, const Json& arguments);  // "volume.set" and its like
  std::string summary() const;
  const std::vector<std::string>& titles() const { return tracks_; }

 private:
  Json playing() const;

  bool is_playing_ = false, is_muted_ = false;
  size_t track_ = 0;
  int volume_ = 40;
  std::vector<std::string> tracks_;
  std::string heard_;
};

}  // namespace sotto::tools

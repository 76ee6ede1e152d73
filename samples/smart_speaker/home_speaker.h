// home_speaker.h: a model with heads as the voice of a speaker in a home: the assistant, its functions, what rings in between.
#pragma once

#include <optional>
#include <string>

#include <home/demo_home.h>
#include "engine.h"
#include "guard.h"
#include "sound.h"
#include "speaker_options.h"
#include "voice.h"

class HomeSpeaker : public Voice {
 public:
  HomeSpeaker(const SpeakerOptions& options, Engine& engine);  // throws sotto::Error
  ~HomeSpeaker() override;
  HomeSpeaker(const HomeSpeaker&) = delete;
  HomeSpeaker& operator=(const HomeSpeaker&) = delete;

  bool hear(const std::string& line) override;
  bool hear_readings(const std::vector<Reading>& readings) override;
  Ears* ears() override { return sound_->ears(); }
  void stop() override {
    skill_.api->cancel(assistant_);
    if (sound_) sound_->stop();
  }

 private:
  void answer(const std::vector<Reading>& readings);
  void ring();                            // what is due
  bool command(const std::string& line);  // False: it is none

  Engine& engine_;
  sotto_assistant_skill skill_;
  sotto::tools::DemoHome home_;
  sotto_assistant* assistant_ = nullptr;
  bool is_chinese_ = true;
  std::optional<Guard> guard_;
  std::optional<Sound> sound_;
};

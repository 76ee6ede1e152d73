// home_speaker.h: a model with heads as the voice of a speaker in a home: the assistant, its functions, what rings in between.
#pragma once

#include <string>

#include <home/demo_home.h>
#include "engine.h"
#include "speaker_options.h"
#include "voice.h"

class HomeSpeaker : public Voice {
 public:
  HomeSpeaker(const SpeakerOptions& options, Engine& engine);  // throws sotto::Error
  ~HomeSpeaker() override;
  HomeSpeaker(const HomeSpeaker&) = delete;
  HomeSpeaker& operator=(const HomeSpeaker&) = delete;

  bool hear(const std::string& line) override;
  void stop() override { skill_.api->cancel(assistant_); }

 private:
  void answer(const std::string& line);
  bool command(const std::string& line);  // False: it is none

  Engine& engine_;
  sotto_assistant_skill skill_;
  sotto::tools::DemoHome home_;
  sotto_assistant* assistant_ = nullptr;
  bool is_chinese_ = true;
};

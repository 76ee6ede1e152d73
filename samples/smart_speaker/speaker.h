// speaker.h: a model that writes freely as the voice of a speaker: a dialogue, and what a line of the user does.
#pragma once

#include <memory>
#include <string>

#include "engine.h"
#include "sotto/dialogue.h"
#include "sound.h"
#include "speaker_options.h"
#include "voice.h"

class Speaker : public Voice {
 public:
  Speaker(const SpeakerOptions& options, Engine& engine);  // throws sotto::Error
  ~Speaker() override;
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  bool hear(const std::string& line) override;
  Ears* ears() override { return sound_.ears(); }
  void stop() override {
    skill_.api->cancel(dialogue_);
    sound_.stop();
  }

 private:
  void answer(const std::string& line);

  const SpeakerOptions& options_;
  Sound sound_;
  sotto_dialogue_skill skill_{};
  sotto_dialogue* dialogue_ = nullptr;
};

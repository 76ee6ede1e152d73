// smart_speaker: a conversation with a model on this device, through Sotto's C interface and its dialogue plugin. A model with
// heads and a domain is the assistant of a small home; any other talks.
//
// On a terminal it talks with you; with --script FILE it plays the lines of the file. Ctrl-C stops an answer; at the prompt it
// ends the program. --speak lets answers be heard, --listen hears what is said (docs/speech.md). Exit status: 0 done, 1 it
// failed, 2 wrong usage, 130 stopped by Ctrl-C.
#include <iostream>

#include "home_speaker.h"
#include "speaker.h"
#include "talk.h"

namespace {

// The speaker on an engine of its own.
template <class Speaker>
class Owner : public Voice {
 public:
  Owner(const SpeakerOptions& options, std::unique_ptr<Engine> engine)
      : engine_(std::move(engine)), voice_(options, *engine_) {}
  bool hear(const std::string& line) override { return voice_.hear(line); }
  bool hear_readings(const std::vector<Reading>& readings) override { return voice_.hear_readings(readings); }
  Ears* ears() override { return voice_.ears(); }
  void stop() override { voice_.stop(); }

 private:
  std::unique_ptr<Engine> engine_;
  Speaker voice_;
};

std::unique_ptr<Voice> make_voice(const SpeakerOptions& options) {
  auto engine = std::make_unique<Engine>(options);
  const std::string description = engine->description();
  std::unique_ptr<Voice> voice;
  if (engine->is_for_assistant())
    voice = std::make_unique<Owner<HomeSpeaker>>(options, std::move(engine));
  else
    voice = std::make_unique<Owner<Speaker>>(options, std::move(engine));
  std::cerr << description << "; /undo, /reset, /exit\n";
  return voice;
}

}  // namespace

int main(int argc, char** argv) {
  SpeakerOptions options;
  options.sessions = 1;
  if (const int done = read_speaker_options(argc, argv, &options); done != 0) return done - 1;
  return talk("smart_speaker", options, [&] { return make_voice(options); });
}

// smart_speaker: a conversation with a model on this device, through Sotto's C interface and its dialogue plugin. A model with
// heads and a domain is the assistant of a small home; any other talks.
//
// On a terminal it talks with you; with --script FILE it plays the lines of the file. Ctrl-C stops an answer; at the prompt it
// ends the program. Exit status: 0 done, 1 it failed, 2 wrong usage, 130 stopped by Ctrl-C.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "home_speaker.h"
#include "options.h"
#include "speaker.h"

namespace {

// Waits for Ctrl-C on a thread of its own. Every thread made later leaves the signal to it.
class StopButton {
 public:
  StopButton() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::thread([this] { watch(); }).detach();
  }
  // The speaker whose answer Ctrl-C stops; NULL: it ends the program.
  void aim_at(Voice* speaker) { speaker_ = speaker; }

 private:
  void watch() {
    for (int signal = 0; sigwait(&signals_, &signal) == 0;) {
      Voice* speaker = speaker_;
      if (speaker == nullptr) {
        std::fputs("\n", stderr);
        _exit(130);
      }
      speaker->stop();
    }
  }

  sigset_t signals_;
  std::atomic<Voice*> speaker_{nullptr};
};

void talk(Voice& speaker, StopButton& button, std::istream& lines, bool is_script) {
  const bool is_typed = !is_script && isatty(STDIN_FILENO) == 1;
  while (true) {
    if (is_typed) std::cout << "> " << std::flush;
    std::string line;
    if (!std::getline(lines, line)) break;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (is_script && !line.empty() && line[0] == '#') continue;
    if (!is_typed && !line.empty()) std::cout << "> " << line << "\n" << std::flush;
    button.aim_at(&speaker);
    const bool goes_on = speaker.hear(line);
    button.aim_at(nullptr);
    if (!goes_on || !std::cout) return;
  }
  if (is_typed) std::cout << "\n";
}

int run(const SpeakerOptions& options, StopButton& button) {
  std::ifstream script(options.script);
  if (!options.script.empty() && !script) {
    std::cerr << "smart_speaker: the script " << options.script << " cannot be opened\n";
    return 1;
  }
  Engine engine(options);
  std::unique_ptr<Voice> voice;
  if (engine.is_for_assistant())
    voice = std::make_unique<HomeSpeaker>(options, engine);
  else
    voice = std::make_unique<Speaker>(options, engine);
  std::cerr << engine.description() << "; /undo, /reset, /exit\n";
  talk(*voice, button, options.script.empty() ? std::cin : script, !options.script.empty());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  SpeakerOptions options;
  if (const int done = read_options(argc, argv, &options); done != 0) return done - 1;
  std::signal(SIGPIPE, SIG_IGN);
  static StopButton button;  // outlives the thread that watches
  try {
    return run(options, button);
  } catch (const std::exception& e) {
    std::cerr << "smart_speaker: " << e.what() << "\n";
    return 1;
  }
}

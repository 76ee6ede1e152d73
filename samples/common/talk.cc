#include "talk.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

#include "engine.h"

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
  // The voice whose answer Ctrl-C stops; NULL: it ends the program.
  void aim_at(Voice* voice) { voice_ = voice; }

 private:
  void watch() {
    for (int signal = 0; sigwait(&signals_, &signal) == 0;) {
      Voice* voice = voice_;
      if (voice == nullptr) {
        std::fputs("\n", stderr);
        _exit(130);
      }
      voice->stop();
    }
  }

  sigset_t signals_;
  std::atomic<Voice*> voice_{nullptr};
};

void listen(Voice& voice, StopButton& button, Ears& ears) {
  std::vector<Reading> readings;
  while (std::cout && ears.next(&readings)) {
    std::cout << "> " << readings.front().text << "\n" << std::flush;
    button.aim_at(&voice);
    const bool goes_on = voice.hear_readings(readings);
    button.aim_at(nullptr);
    if (!goes_on) return;
  }
}

void read(Voice& voice, StopButton& button, std::istream& lines, bool is_script) {
  const bool is_typed = !is_script && isatty(STDIN_FILENO) == 1;
  while (true) {
    if (is_typed) std::cout << "> " << std::flush;
    std::string line;
    if (!std::getline(lines, line)) break;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (is_script && !line.empty() && line[0] == '#') continue;
    if (!is_typed && !line.empty()) std::cout << "> " << line << "\n" << std::flush;
    button.aim_at(&voice);
    const bool goes_on = voice.hear(line);
    button.aim_at(nullptr);
    if (!goes_on || !std::cout) return;
  }
  if (is_typed) std::cout << "\n";
}

}  // namespace

int talk(const char* program, const SampleOptions& options, const std::function<std::unique_ptr<Voice>()>& make) {
  std::signal(SIGPIPE, SIG_IGN);
  static StopButton button;  // outlives the thread that watches
  try {
    std::ifstream script(options.script);
    if (!options.script.empty() && !script)
      throw sotto::Error(SOTTO_NOT_FOUND, ("the script " + options.script + " cannot be opened").c_str());
    const std::unique_ptr<Voice> voice = make();
    if (Ears* const ears = voice->ears())
      listen(*voice, button, *ears);
    else
      read(*voice, button, options.script.empty() ? std::cin : script, !options.script.empty());
    return 0;
  } catch (const ServedAsRank&) {
    return 0;
  } catch (const std::exception& e) {
    std::cerr << program << ": " << e.what() << "\n";
    return 1;
  }
}

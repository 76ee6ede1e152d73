#include "loudspeaker.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sotto/sotto.hpp"
#include "wav.h"

extern char** environ;

namespace {

class FileLoudspeaker : public Loudspeaker {
 public:
  FileLoudspeaker(const std::string& path, uint32_t rate) : file_(path, rate) {}
  void begin() override {}
  void play(const int16_t* samples, size_t count) override { file_.write(samples, count); }
  void end(const std::function<bool()>&) override { file_.flush(); }
  void break_off() override { file_.flush(); }

 private:
  WavWriter file_;
};

// aplay for each answer: it ends when the answer does, or is ended.
class Aplay : public Loudspeaker {
 public:
  explicit Aplay(uint32_t rate) : rate_(std::to_string(rate)) {}
  ~Aplay() override { break_off(); }

  void begin() override {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw sotto::Error(SOTTO_IO_ERROR, "there is no pipe to aplay");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    const char* const words[] = {"aplay", "-q", "-t", "raw", "-c", "1", "-f", "S16_LE", "-r", rate_.c_str(), nullptr};
    const int failed = posix_spawnp(&process_, words[0], &actions, nullptr, const_cast<char**>(words), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    pipe_ = ends[1];
    if (failed == 0) return;
    process_ = 0;
    break_off();
    throw sotto::Error(SOTTO_NOT_FOUND,
                       "the program aplay is not there to be heard by: install alsa-utils, or name a sound file "
                       "after --speak");
  }

  void play(const int16_t* samples, size_t count) override {
    const char* at = reinterpret_cast<const char*>(samples);
    for (size_t left = count * sizeof *samples; left > 0;) {
      const ssize_t written = write(pipe_, at, left);  // waits while aplay has enough
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        break_off();
        throw sotto::Error(SOTTO_IO_ERROR, "aplay ended: is there a sound card? `aplay -l` lists them");
      }
      at += written;
      left -= static_cast<size_t>(written);
    }
  }

  void end(const std::function<bool()>& is_interrupted) override {
    if (pipe_ >= 0) close(pipe_);
    pipe_ = -1;
    while (process_ != 0 && waitpid(process_, nullptr, WNOHANG) == 0) {
      if (is_interrupted()) return break_off();
      usleep(20000);
    }
    process_ = 0;
  }

  void break_off() override {
    if (pipe_ >= 0) close(pipe_);
    pipe_ = -1;
    if (process_ == 0) return;
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  std::string rate_;
  pid_t process_ = 0;
  int pipe_ = -1;
};

}  // namespace

std::unique_ptr<Loudspeaker> make_loudspeaker(const std::string& where, uint32_t rate) {
  if (where == "play") return std::make_unique<Aplay>(rate);
  return std::make_unique<FileLoudspeaker>(where, rate);
}

#include "interrupts.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <utility>

namespace sotto::tools {
namespace {

constexpr int kWake = SIGUSR1;  // from the destructor to the watching thread

}  // namespace

Interrupts::Interrupts() {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is a failed write with a sentence
  sigemptyset(&signals_);
  for (const int s : {SIGINT, SIGTERM, SIGHUP, kWake}) sigaddset(&signals_, s);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  if (pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) pipe_[0] = pipe_[1] = -1;
  watcher_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
  is_ending_ = true;
  pthread_kill(watcher_.native_handle(), kWake);
  watcher_.join();
  for (const int fd : pipe_)
    if (fd >= 0) close(fd);
}

void Interrupts::watch() {
  while (true) {
    int number = 0;
    if (sigwait(&signals_, &number) != 0) continue;
    if (is_ending_) return;
    if (number == kWake) continue;
    signal_ = number;
    if (pipe_[1] >= 0 && write(pipe_[1], "!", 1) < 0) {
      // The pipe is full: it is readable, which is all that is wanted.
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!stop_) _exit(128 + number);
    stop_();
  }
}

void Interrupts::clear() {
  signal_ = 0;
  char sink[64];
  while (pipe_[0] >= 0 && read(pipe_[0], sink, sizeof sink) > 0) continue;
}

Interrupts::Scope::Scope(Interrupts& interrupts, std::function<void()> stop) : interrupts_(interrupts) {
  const std::lock_guard<std::mutex> lock(interrupts_.mutex_);
  outer_ = std::exchange(interrupts_.stop_, std::move(stop));
}

Interrupts::Scope::~Scope() {
  const std::lock_guard<std::mutex> lock(interrupts_.mutex_);
  interrupts_.stop_ = std::move(outer_);
}

}  // namespace sotto::tools

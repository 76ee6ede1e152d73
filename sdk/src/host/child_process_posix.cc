#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "host/child_process.h"

extern char** environ;

namespace sotto {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMostOutput = 4096;

struct Descriptor {
  int fd = -1;
  ~Descriptor() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

struct Actions {
  posix_spawn_file_actions_t actions;
  Actions() { ::posix_spawn_file_actions_init(&actions); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions); }
};

Result<pid_t> start(const std::string& program, const std::vector<std::string>& arguments, int output) {
  Actions a;
  ::posix_spawn_file_actions_addopen(&a.actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&a.actions, 2, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&a.actions, output, 1);
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = ::posix_spawn(&child, program.c_str(), &a.actions, nullptr, argv.data(), environ);
  if (failed != 0) return Status(SOTTO_IO_ERROR, fmt::format("{} cannot be started: {}", program, std::strerror(failed)));
  return child;
}

// Reads until the child closes its output or the time is over; false: over.
bool read_output(int fd, Clock::time_point until, std::string* output) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd ready{fd, POLLIN, 0};
    const int found = ::poll(&ready, 1, static_cast<int>(std::min<int64_t>(left, 1000)));
    if (found <= 0) continue;
    char bytes[512];
    const ssize_t got = ::read(fd, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    output->append(bytes, std::min(static_cast<size_t>(got), kMostOutput - std::min(kMostOutput, output->size())));
  }
}

// Its end, or none yet when the time is over. An application that ignores SIGCHLD leaves no status behind: then -1 stays.
bool wait_for(pid_t child, Clock::time_point until, ChildEnd* end) {
  while (true) {
    int status = 0;
    const pid_t got = ::waitpid(child, &status, WNOHANG);
    if (got == child) {
      if (WIFEXITED(status)) end->exit_status = WEXITSTATUS(status);
      if (WIFSIGNALED(status)) end->signal = WTERMSIG(status);
      return true;
    }
    if (got < 0 && errno != EINTR) return true;
    if (Clock::now() >= until) return false;
    ::usleep(2000);
  }
}

}  // namespace

Result<ChildEnd> run_child(const std::string& program, const std::vector<std::string>& arguments, uint32_t deadline_ms) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Status(SOTTO_IO_ERROR, fmt::format("a pipe: {}", std::strerror(errno)));
  Descriptor ours{ends[0]}, theirs{ends[1]};
  const auto began = Clock::now(), until = began + std::chrono::milliseconds(deadline_ms);
  SOTTO_ASSIGN(const pid_t child, start(program, arguments, theirs.fd));
  theirs.close();
  ChildEnd end;
  end.is_late = !read_output(ours.fd, until, &end.output) || !wait_for(child, until, &end);
  if (end.is_late) {
    (void)::kill(child, SIGKILL);
    (void)wait_for(child, Clock::now() + std::chrono::seconds(10), &end);  // one in the kernel's hands may take longer
    end.exit_status = -1;
  }
  end.milliseconds = static_cast<uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count());
  return end;
}

}  // namespace sotto

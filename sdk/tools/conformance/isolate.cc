#include "conformance/isolate.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace sotto::conformance {
namespace {

using Json = nlohmann::json;

constexpr int kSilenceSeconds = 300;  // without a message: longer than any case takes, also with a sanitizer

// One message a line into the pipe.
class Pipe : public Listener {
 public:
  explicit Pipe(int to) : to_(to) {}
  void begin_section(const std::string& name) override { send({{"section", name}}); }
  void begin_case(const std::string& what) override { send({{"case", what}}); }
  void measured(double error, double tolerance) override {
    send({{"error", error > 1e300 ? 1e300 : error}, {"tolerance", tolerance}});
  }
  void fault(const std::string& sentence) override { send({{"fault", sentence}}); }
  void note(const std::string& sentence) override { send({{"note", sentence}}); }
  void speed(const Speed& s) override {
    send({{"speed", s.type},
          {"decode", {s.decode_gb_per_s, s.decode_error}},
          {"prefill", {s.prefill_gmac_per_s, s.prefill_error}},
          {"tolerance", s.tolerance}});
  }
  void library(const LibraryName& n) {
    Json devices = Json::array();
    for (const DeviceName& d : n.devices) devices.push_back({d.name, d.detail});
    send({{"library", n.id}, {"version", n.version}, {"devices", devices}});
  }
  void alive() override { send({{"alive", true}}); }
  void done() { send({{"done", true}}); }

 private:
  void send(const Json& message) {
    const std::string line = message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    for (size_t at = 0; at < line.size();) {
      const ssize_t written = write(to_, line.data() + at, line.size() - at);
      if (written <= 0) return;
      at += static_cast<size_t>(written);
    }
  }
  int to_;
};

void deliver(const Json& m, Listener& listener) {
  if (m.contains("section")) listener.begin_section(m["section"]);
  if (m.contains("case")) listener.begin_case(m["case"]);
  if (m.contains("error")) listener.measured(m["error"], m["tolerance"]);
  if (m.contains("fault")) listener.fault(m["fault"]);
  if (m.contains("note")) listener.note(m["note"]);
  if (m.contains("speed"))
    listener.speed({m["speed"], m["decode"][0], m["decode"][1], m["prefill"][0], m["prefill"][1], m["tolerance"]});
}

// What the parent saw of a child, beyond what the listener got.
struct Seen {
  bool is_done = false;
  uint32_t sections = 0;  // begun
  LibraryName library;
  std::string end;  // how the process ended when it was not done
};

void take_line(const std::string& line, Listener& listener, Seen& seen) {
  const Json m = Json::parse(line, nullptr, false);
  if (m.is_discarded()) return;
  if (m.contains("done")) seen.is_done = true;
  if (m.contains("section")) ++seen.sections;
  if (m.contains("library")) {
    seen.library = {m["library"], m["version"], {}};
    for (const Json& d : m["devices"]) seen.library.devices.push_back({d[0], d[1]});
  }
  deliver(m, listener);
}

// Reads messages until the child closes the pipe; false when it is silent for too long.
bool listen(int from, Listener& listener, Seen& seen) {
  std::string pending;
  char bytes[65536];
  for (;;) {
    struct pollfd ready = {from, POLLIN, 0};
    if (poll(&ready, 1, kSilenceSeconds * 1000) == 0) return false;
    const ssize_t count = read(from, bytes, sizeof bytes);
    if (count <= 0) return true;
    pending.append(bytes, static_cast<size_t>(count));
    for (size_t end; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1))
      take_line(pending.substr(0, end), listener, seen);
  }
}

std::string how_it_ended(pid_t child, bool is_silent) {
  if (is_silent) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  if (is_silent) return "nothing happened for " + std::to_string(kSilenceSeconds) + " s: the backend hangs";
  if (WIFSIGNALED(status)) return std::string("the backend crashed: ") + strsignal(WTERMSIG(status));
  if (status != 0)
    return "the process ended with status " + std::to_string(WEXITSTATUS(status)) + ": did the library call exit?";
  return "the process ended: did the library call exit?";
}

// `body` in a child. Its standard output becomes standard error: what a library prints must not mix with the report.
Seen in_child(const std::function<void(Pipe&)>& body, Listener& listener) {
  int ends[2];
  Seen seen;
  std::fflush(nullptr);
  if (pipe(ends) != 0) return seen;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    dup2(2, 1);
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    Pipe out(ends[1]);
    body(out);
    // The usual way out, so that a leak checker has its say.
    std::exit(0);
  }
  close(ends[1]);
  const bool is_silent = child < 0 || !listen(ends[0], listener, seen);
  close(ends[0]);
  seen.end = child < 0 ? "no process could be started" : how_it_ended(child, is_silent);
  if (seen.is_done && seen.end != "the process ended: did the library call exit?")
    listener.fault("after the last section: " + seen.end);
  return seen;
}

}  // namespace

LibraryName identify(const Libraries& libraries, Listener& listener) {
  listener.begin_section("library");
  listener.begin_case("");
  const Seen seen = in_child(
      [&](Pipe& out) {
        try {
          const Backend tested(libraries.tested), reference(libraries.reference);
          LibraryName name{tested.id(), tested.version(), {}};
          for (uint32_t i = 0; i < tested.devices(); ++i) {
            const sotto_device_info info = tested.info(i);
            name.devices.push_back({info.name, info.detail});
          }
          out.library(name);
        } catch (const Fault& f) {
          out.fault(f.what());
        }
        out.done();
      },
      listener);
  if (!seen.is_done) listener.fault(seen.end);
  return seen.library;
}

void run_sections(const Libraries& libraries, uint32_t device, const Sections& sections, Listener& listener) {
  for (size_t next = 0; next < sections.size();) {
    const Seen seen = in_child(
        [&](Pipe& out) {
          try {
            const Backend tested(libraries.tested), reference(libraries.reference);
            Recorder record(out, tested);
            for (size_t i = next; i < sections.size(); ++i) {
              record.begin_section(sections[i].name);
              try {
                sections[i].run({tested, reference, device}, record);
              } catch (const std::exception& e) {  // outside of any case
                record.check("", [&] { throw Fault(e.what()); });
              }
            }
          } catch (const Fault& f) {
            out.fault(f.what());
          }
          out.done();
        },
        listener);
    if (seen.is_done) return;
    if (seen.sections == 0) listener.begin_section(sections[next].name);
    listener.fault(seen.end);
    next += std::max(1u, seen.sections);
  }
}

}  // namespace sotto::conformance

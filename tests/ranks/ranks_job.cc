// ranks_job.cc - one process of a job: ranks_job FOLDER MODEL [name=value ...], started by mpirun. Rank 0 holds the sessions,
// the others serve. Each writes FOLDER/rank<r>.txt: lines "name value", read by the tests beside it.
//
//   tokens=1,2,..  prompt   greedy=1,2,..  what one rank answers   kv=1..3   backend=cpu   deadline=500 (ms)   split=3,1
//   trap=RANK:CALL:NUMBER:SIGNAL:SLEEP_MS   springs in that rank, counted from the first step on
//   kill=CALL:NUMBER:SIGNAL:RANK            rank 0 signals that rank, which waits in the call meanwhile
//   sessions=8   so many answer at once   logits=1   FOLDER/logits.f32 too   role=session   every rank opens the model
//   transport=messages   there is no room for shared memory   reduce=300   times so many all-reduces of each size, no model
//   calls=1   conformance of the communicator, no model   wrong=size   the last rank makes another call than the others
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "ranks/right_calls.h"
#include "ranks/timed_calls.h"
#include "ranks/trapped_comm.h"
#include "ranks/wrong_calls.h"
#include "sotto/ranks.h"
#include "sotto/sotto.h"

namespace sotto::ranks {
namespace {

using Clock = std::chrono::steady_clock;
using Ids = std::vector<uint32_t>;

bool has_no_room = false;

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), SOTTO_OK, {}} {}
};

Ids read_ids(const std::string& text) {
  Ids ids;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) ids.push_back(static_cast<uint32_t>(std::stoul(word)));
  return ids;
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ':');) parts.push_back(word);
  return parts;
}

struct Answer {
  sotto_status status = SOTTO_OK;
  Ids tokens;
  std::string error;
  double milliseconds = 0;
};

class Process {
 public:
  Process(std::string folder, std::string model, std::map<std::string, std::string> options)
      : folder_(std::move(folder)), model_(std::move(model)), options_(std::move(options)) {}

  int run() {
    has_no_room = option("transport") == "messages";
    const std::string plugin = SOTTO_PLUGIN_DIR "/comm/libsotto_comm_mpi.so";
    const sotto_str file = {plugin.data(), plugin.size()};
    sotto_runtime_options o{};
    o.struct_size = sizeof o;
    o.plugin_folder = sotto_cstr(SOTTO_PLUGIN_DIR);
    o.plugin_files = &file;
    o.plugin_file_count = 1;
    o.threads = 1;
    Error error;
    if (sotto_runtime_create(&o, &runtime_, &error) != SOTTO_OK) return fail("runtime", error);
    TrappedComm comm(sotto_runtime_query(runtime_, SOTTO_COMM_ID));
    facts_.struct_size = sizeof facts_;
    if (comm.inner().join(comm.inner_self(), &facts_, &error) != SOTTO_OK) return fail("join", error);
    if (const char* transport = facts_.transport) line("transport", transport);
    line("process", std::to_string(getpid()));
    processes_.resize(facts_.world);
    const pid_t mine = getpid();
    const std::vector<uint64_t> sizes(facts_.world, sizeof mine);
    if (comm.inner().all_gather(comm.inner_self(), &mine, sizeof mine, processes_.data(), sizes.data(), nullptr, 10000,
                                &error) != SOTTO_OK)
      return fail("processes", error);
    const int code = is_without_model()                                ? make_calls(comm)
                     : facts_.rank == 0 || option("role") == "session" ? hold_session(comm)
                                                                       : serve(comm);
    sotto_runtime_destroy(runtime_);
    return code;
  }

 private:
  std::string option(const char* name, const char* otherwise = "") const {
    const auto found = options_.find(name);
    return found == options_.end() ? otherwise : found->second;
  }
  uint32_t number(const char* name, uint32_t otherwise) const {
    return option(name).empty() ? otherwise : static_cast<uint32_t>(std::stoul(option(name)));
  }

  void line(const std::string& name, const std::string& value) {
    std::ofstream(folder_ + "/rank" + std::to_string(facts_.rank) + ".txt", std::ios::app) << name << " " << value << std::endl;
  }
  int fail(const char* what, const Error& error) {
    line("failed", std::string(what) + ": " + error.text);
    line("status", std::to_string(error.status));
    return 1;
  }

  bool is_without_model() const { return number("reduce", 0) != 0 || number("calls", 0) != 0 || !option("wrong").empty(); }
  int make_calls(TrappedComm& comm) {
    const auto tell = [this](const std::string& name, const std::string& value) { line(name, value); };
    const sotto_interface inner = {&comm.inner(), comm.inner_self()};
    if (number("reduce", 0) != 0) return time_all_reduces(inner, number("reduce", 0), tell) ? 0 : 1;
    if (number("calls", 0) != 0) {
      const std::string fault = make_right_calls(inner);
      line("status", fault.empty() ? "0" : "1");
      line("text", fault);
      return fault.empty() ? 0 : 1;
    }
    make_wrong_call(inner, option("wrong"), tell);
    return 0;
  }

  sotto_model_source source() const {
    sotto_model_source s{};
    s.struct_size = sizeof s;
    s.path = {model_.data(), model_.size()};
    return s;
  }

  // Armed once the first step is about to begin: what opening the model calls is not counted.
  Trap trap() const {
    Trap t;
    if (const auto p = parts_of(option("trap")); !p.empty() && std::stoul(p.at(0)) == facts_.rank) {
      t.call = p.at(1);
      t.number = static_cast<uint32_t>(std::stoul(p.at(2)));
      t.signal = std::stoi(p.at(3));
      t.sleep_ms = static_cast<uint32_t>(std::stoul(p.at(4)));
    }
    if (const auto p = parts_of(option("kill")); !p.empty() && facts_.rank == 0) {
      t.call = p.at(0);
      t.number = static_cast<uint32_t>(std::stoul(p.at(1)));
      t.signal = std::stoi(p.at(2));
      t.process = processes_.at(std::stoul(p.at(3)));
      t.lead_ms = 50;
    }
    return t;
  }

  int serve(TrappedComm& comm) {
    sotto_worker_options w{};
    w.struct_size = sizeof w;
    w.comm = comm.interface();
    w.comm_deadline_ms = number("deadline", 0);
    w.threads = 1;
    // The last weight is loaded: what follows is the handshake's end and the steps.
    struct Arming {
      TrappedComm& comm;
      Trap trap;
    } arming{comm, trap()};
    w.progress_user = &arming;
    w.progress = [](void* user, float fraction) -> int32_t {
      auto& a = *static_cast<Arming*>(user);
      if (fraction >= 1.0f) a.comm.arm(a.trap);
      return 0;
    };
    const sotto_model_source from = source();
    Error error;
    const sotto_status status = sotto_worker_run(runtime_, &from, &w, &error);
    line("status", std::to_string(status));
    line("ended", std::to_string(now_ms()));
    if (status != SOTTO_OK) line("text", error.text);
    return status == SOTTO_OK || status == SOTTO_RANK_LOST ? 0 : 1;
  }

  static long long now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
  }

  sotto_status open(TrappedComm& comm, Error* error) {
    sotto_model_options o{};
    o.struct_size = sizeof o;
    const std::string backend = option("backend", "cpu");
    const Ids split = read_ids(option("split"));
    o.backend = {backend.data(), backend.size()};
    o.comm = comm.interface();
    o.comm_deadline_ms = number("deadline", 0);
    o.kv_type = number("kv", SOTTO_KV_F32);
    o.sessions = number("sessions", 1);
    o.kv_tokens = 96 * o.sessions;
    o.context_tokens = 96;
    o.threads = 1;
    if (!split.empty()) {
      o.ranks = static_cast<uint32_t>(split.size());
      o.split = split.data();
    }
    const sotto_model_source from = source();
    return sotto_model_open(runtime_, &from, &o, &model_object_, error);
  }

  sotto_session* make_session() {
    sotto_session* s = nullptr;
    Error error;
    if (sotto_session_create(model_object_, nullptr, &s, &error) != SOTTO_OK) fail("session", error);
    return s;
  }

  Answer generate(sotto_session* session, const Ids& prompt, uint32_t count) {
    Answer a;
    sotto_generate_options o{};
    o.struct_size = sizeof o;
    o.flags = SOTTO_GENERATE_IGNORE_END;
    o.prompt_ids = prompt.empty() ? nullptr : prompt.data();
    o.prompt_id_count = prompt.size();
    o.max_tokens = count;
    o.on_token_user = &a.tokens;
    o.on_token = [](void* user, uint32_t token, float) -> int32_t {
      static_cast<Ids*>(user)->push_back(token);
      return 0;
    };
    Error error;
    const auto start = Clock::now();
    a.status = sotto_generate(session, {}, &o, nullptr, nullptr, &error);
    a.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    a.error = error.text;
    return a;
  }

  int hold_session(TrappedComm& comm) {
    Error error;
    if (const sotto_status s = open(comm, &error); s != SOTTO_OK) {
      line("status", std::to_string(s));
      line("text", error.text);
      line("ended", std::to_string(now_ms()));
      return 0;
    }
    comm.arm(trap());
    const int code = number("sessions", 1) > 1 ? many_sessions() : one_session();
    sotto_model_destroy(model_object_);
    return code;
  }

  int one_session() {
    const Ids prompt = read_ids(option("tokens")), expected = read_ids(option("greedy"));
    const auto count = static_cast<uint32_t>(expected.size());
    sotto_session* session = make_session();
    if (number("logits", 0) != 0) write_logits(session, prompt);
    Answer a = generate(session, number("logits", 0) != 0 ? Ids() : prompt, count);
    line("status", std::to_string(a.status));
    line("milliseconds", std::to_string(a.milliseconds));
    line("ended", std::to_string(now_ms()));
    if (a.status == SOTTO_OK && !check_state(session)) return 1;
    if (a.status == SOTTO_RANK_LOST) go_on(session, prompt, count, &a);
    line("same", a.tokens == expected ? "1" : "0");
    sotto_session_destroy(session);
    return 0;
  }

  // Saved with the ranks that are, restored, gone on with: the cache went through all processes.
  bool check_state(sotto_session* session) {
    std::vector<uint8_t> bytes = saved(session);
    Error error;
    const bool restored = sotto_session_restore(session, bytes.data(), bytes.size(), &error) == SOTTO_OK;
    line("restored", restored && saved(session) == bytes ? "1" : std::string("0 ") + error.text);
    return restored;
  }

  std::vector<uint8_t> saved(sotto_session* session) {
    uint64_t size = 0;
    Error error;
    if (sotto_session_save(session, nullptr, 0, &size, &error) != SOTTO_OK) line("save", error.text);
    std::vector<uint8_t> bytes(size);
    if (sotto_session_save(session, bytes.data(), size, &size, &error) != SOTTO_OK) line("save", error.text);
    return bytes;
  }

  void write_logits(sotto_session* session, const Ids& prompt) {
    std::ofstream out(folder_ + "/logits.f32", std::ios::binary);
    sotto_feed_options o{};
    o.struct_size = sizeof o;
    o.outputs = SOTTO_OUTPUT_LOGITS;
    o.user = &out;
    o.on_row = [](void* user, uint32_t, uint32_t, const float* row, uint32_t width) -> int32_t {
      static_cast<std::ofstream*>(user)->write(reinterpret_cast<const char*>(row), std::streamsize{width} * 4);
      return 0;
    };
    Error error;
    if (sotto_session_feed(session, prompt.data(), prompt.size(), &o, &error) != SOTTO_OK) line("feed", error.text);
  }

  // What is left when a rank is lost: the session can be saved, nothing else computes, and this process finishes the answer.
  void go_on(sotto_session* session, const Ids& prompt, uint32_t count, Answer* a) {
    line("text", a->error);
    line("saved", std::to_string(saved(session).size()));
    const auto start = Clock::now();
    Answer again = generate(session, a->tokens.empty() ? prompt : Ids(), 1);
    line("again", std::to_string(again.status) + " " +
                      std::to_string(std::chrono::duration<double, std::milli>(Clock::now() - start).count()));
    Error error;
    if (sotto_model_go_on_alone(model_object_, &error) != SOTTO_OK) line("alone", error.text);
    if (a->tokens.empty()) sotto_session_rewind(session, 0, nullptr);
    const Answer rest = generate(session, a->tokens.empty() ? prompt : Ids(), count - static_cast<uint32_t>(a->tokens.size()));
    line("rest", std::to_string(rest.status) + " " + rest.error);
    a->tokens.insert(a->tokens.end(), rest.tokens.begin(), rest.tokens.end());
  }

  // Each begins at another place of the prompt, so that a mix-up shows; then the same one after the other.
  int many_sessions() {
    const Ids prompt = read_ids(option("tokens"));
    const uint32_t count = number("sessions", 1);
    std::vector<Answer> together(count), alone(count);
    const auto prompt_of = [&](uint32_t i) { return Ids(prompt.begin() + i, prompt.end()); };
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        sotto_session* s = make_session();
        together[i] = generate(s, prompt_of(i), 24);
        sotto_session_destroy(s);
      });
    for (std::thread& t : threads) t.join();
    bool same = true;
    for (uint32_t i = 0; i < count; ++i) {
      sotto_session* s = make_session();
      alone[i] = generate(s, prompt_of(i), 24);
      sotto_session_destroy(s);
      same = same && together[i].status == SOTTO_OK && together[i].tokens == alone[i].tokens && alone[i].tokens.size() == 24;
    }
    bool differ = false;
    for (uint32_t i = 1; i < count; ++i) differ = differ || alone[i].tokens != alone[0].tokens;
    line("status", "0");
    line("same", same && differ ? "1" : "0");
    return 0;
  }

  const std::string folder_, model_;
  const std::map<std::string, std::string> options_;
  sotto_runtime* runtime_ = nullptr;
  sotto_model* model_object_ = nullptr;
  sotto_comm_facts facts_{};
  std::vector<pid_t> processes_;
};

}  // namespace
}  // namespace sotto::ranks

// Instead of the C library's, for the communicator too.
extern "C" __attribute__((visibility("default"))) int shm_open(const char* name, int flags, mode_t mode) {
  using Function = int (*)(const char*, int, mode_t);
  if (sotto::ranks::has_no_room && std::strncmp(name, "/sotto-", 7) == 0) {
    errno = ENOSPC;
    return -1;
  }
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, "shm_open"))(name, flags, mode);
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("ranks_job FOLDER MODEL [name=value ...]\n", stderr);
    return 2;
  }
  std::map<std::string, std::string> options;
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t at = word.find('=');
    if (at != std::string::npos) options[word.substr(0, at)] = word.substr(at + 1);
  }
  return sotto::ranks::Process(argv[1], argv[2], options).run();
}

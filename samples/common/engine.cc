#include "engine.h"

#include <default_model.h>  // of the library sotto_defaults: a device names its own model and folder here
#include <installed.h>
#include <job.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sotto/assistant.h"
#include "sotto/hidden.h"
#include "sotto/plugin.h"

namespace {

int64_t machine_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw sotto::Error(SOTTO_NOT_FOUND, ("the file " + path + " cannot be opened").c_str());
  return {std::istreambuf_iterator<char>(in), {}};
}

namespace {

SampleClock clock_of(const std::string& text) {
  SampleClock clock;
  std::tm t{};
  if (text.empty()) return clock;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min) != 5)
    throw sotto::Error(SOTTO_INVALID_ARGUMENT, "--clock is no time such as 2026-11-28T20:30");
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  clock.fixed_ms = int64_t{timegm(&t)} * 1000;
  return clock;
}

int64_t unix_milliseconds(void* self) { return static_cast<SampleClock*>(self)->now_ms(); }
uint64_t monotonic_nanoseconds(void*) {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}
constexpr sotto_clock_service kClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

sotto::Runtime make_runtime(const SampleOptions& options, SampleClock& clock) {
  const std::string folder = options.plugins.empty() ? sotto::tools::default_plugin_folder() : options.plugins;
  const std::string communicator = sotto::tools::communicator_in(folder);
  std::vector<std::string> files;
  if (!communicator.empty()) files.push_back(communicator);
  for (const std::string& file : options.plugin_files)
    if (std::error_code none; std::filesystem::exists(folder + "/" + file, none)) files.push_back(folder + "/" + file);
  std::vector<sotto_str> views;
  for (const std::string& file : files) views.push_back(sotto::str(file));
  sotto_runtime_options o{};
  o.struct_size = sizeof o;
  o.plugin_folder = sotto::str(folder);
  o.plugin_files = views.data();
  o.plugin_file_count = static_cast<uint32_t>(views.size());
  o.clock = clock.interface();
  return sotto::Runtime(o);
}

// A process of a job that holds no conversation computes its part of the model until the conversation ends.
void serve(const sotto::Runtime& runtime, const sotto_model_source& source, const SampleOptions& options,
           const sotto_interface& comm, const sotto_comm_facts& facts) {
  sotto_worker_options w{};
  w.struct_size = sizeof w;
  w.threads = sotto::tools::threads_beside(facts, options.threads);
  w.comm = comm;
  if (!options.backend.empty()) w.backend = sotto::str(options.backend);
  sotto::call([&](sotto_error* err) { return sotto_worker_run(runtime.get(), &source, &w, err); });
  throw ServedAsRank();
}

std::string model_file(const SampleOptions& options) {
  if (!options.model.empty()) return options.model;
  sotto::tools::DefaultModel standard;
  sotto::tools::find_default_model(&standard);
  if (!standard.problem.empty()) throw sotto::Error(SOTTO_NOT_FOUND, standard.problem.c_str());
  return standard.path;
}

sotto_model* open_model(const sotto::Runtime& runtime, const std::string& file, const SampleOptions& options) {
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = sotto::str(file);
  sotto_model_options o{};
  o.struct_size = sizeof o;
  o.context_tokens = options.context;
  o.sessions = options.sessions;
  o.memory_cap_bytes = options.memory_cap_bytes;
  if (!options.backend.empty()) o.backend = sotto::str(options.backend);
  sotto_comm_facts facts{};
  o.comm = sotto::tools::join_job(runtime, &facts);
  if (facts.rank > 0) serve(runtime, source, options, o.comm, facts);
  o.threads = sotto::tools::threads_beside(facts, options.threads);
  sotto_model* made = nullptr;
  sotto::call([&](sotto_error* err) { return sotto_model_open(runtime.get(), &source, &o, &made, err); });
  return made;
}

}  // namespace

int64_t SampleClock::now_ms() const { return (fixed_ms != 0 ? fixed_ms : machine_ms()) + ahead_ms; }
sotto_interface SampleClock::interface() { return {&kClock, this}; }

Engine::Engine(const SampleOptions& options)
    : clock(clock_of(options.clock)),
      file(model_file(options)),
      domain(options.domain.empty() ? "" : file_text(options.domain)),
      runtime(make_runtime(options, clock)),
      model(open_model(runtime, file, options)) {}

std::string Engine::description() const {
  sotto_model_facts facts{};
  facts.struct_size = sizeof facts;
  sotto::call([&](sotto_error* err) { return sotto_model_get_facts(model.get(), &facts, err); });
  const std::string name = facts.name[0] != '\0' ? facts.name : std::filesystem::path(file).filename().string();
  return name + " (" + facts.weight_type + ") on " + facts.backend + ", " + std::to_string(facts.context_tokens) +
         " tokens of context";
}

bool Engine::carries_domain() const {
  uint64_t size = 0;
  return sotto_model_text(model.get(), sotto_cstr(SOTTO_ASSISTANT_MODEL_KEY), nullptr, 0, &size, nullptr) == SOTTO_OK &&
         size > 0;
}

bool Engine::is_for_assistant() const {
  uint32_t head = 0;
  return sotto_model_head_find(model.get(), sotto_cstr("intent"), &head, nullptr) == SOTTO_OK &&
         (!domain.empty() || carries_domain());
}

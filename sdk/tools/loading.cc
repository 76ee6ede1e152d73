#include "loading.h"

#include <algorithm>
#include <filesystem>

#include "default_model.h"
#include "installed.h"
#include "job.h"
#include "terminal.h"

namespace sotto::tools {
namespace {

void log_line(void*, int32_t, sotto_str line) { say(std::string("sotto: ") + std::string(line.data, line.size)); }

Runtime make_runtime(const CommonOptions& options, const std::string& folder, sotto_interface clock = {}) {
  sotto_runtime_options o{};
  o.struct_size = sizeof o;
  o.threads = options.threads;
  o.memory_cap_bytes = options.memory_bytes;
  if (!folder.empty()) o.plugin_folder = str(folder);
  const std::string probe = probe_program();
  if (!probe.empty()) o.probe_program = str(probe);
  if (!options.data.empty()) o.data_folder = str(options.data);
  // MPI's libraries are loaded where there is a job.
  const std::string communicator = communicator_in(folder);
  const sotto_str file = str(communicator);
  o.plugin_files = communicator.empty() ? nullptr : &file;
  o.plugin_file_count = communicator.empty() ? 0 : 1;
  if (!options.quiet) o.log = log_line;
  o.clock = clock;
  return Runtime(o);
}

// Path, default or the sentence why there is none. `found` holds what the result points at.
sotto_model_source source_of(const std::string& model, DefaultModel* found) {
  if (model.empty()) {
    find_default_model(found);
    if (!found->problem.empty()) throw Error(SOTTO_NOT_FOUND, found->problem.c_str());
    return found->source;
  }
  sotto_model_source source{};
  source.struct_size = sizeof source;
  source.path = str(model);
  return source;
}

struct Loading {
  ProgressBar bar;
  Interrupts& interrupts;

  static int32_t progress(void* user, float fraction) {
    auto* self = static_cast<Loading*>(user);
    self->bar.show(static_cast<double>(fraction));
    return self->interrupts.signal();
  }
};

// Of a folder that `sotto shard` wrote, the file of this rank.
std::string file_of_rank(const std::string& model, const sotto_comm_facts& facts) {
  std::error_code none;
  if (model.empty() || !std::filesystem::is_directory(model, none)) return model;
  return model + "/rank" + std::to_string(facts.rank) + "-of-" + std::to_string(facts.world) + ".gguf";
}

void serve(Console& console, const Runtime& runtime, const sotto_model_source& source, const CommonOptions& options,
           const sotto_interface& comm, const sotto_comm_facts& facts) {
  sotto_worker_options w{};
  w.struct_size = sizeof w;
  w.threads = threads_beside(facts, options.threads);
  if (!options.backend.empty()) w.backend = str(options.backend);
  w.comm = comm;
  w.comm_deadline_ms = options.comm_deadline_ms;
  const Interrupts::Scope scope(console.interrupts, [] {});
  call([&](sotto_error* err) { return sotto_worker_run(runtime.get(), &source, &w, err); });
}

}  // namespace

void serve_as_worker(Console& console, const Runtime& runtime, const std::string& model, const CommonOptions& options) {
  sotto_comm_facts facts{};
  const sotto_interface comm = join_job(runtime, &facts);
  if (comm.table == nullptr)
    throw UsageError("worker: it is a rank of a job: mpirun -n 1 sotto run MODEL : -n 1 sotto worker MODEL");
  DefaultModel found;
  const std::string file = file_of_rank(model, facts);
  serve(console, runtime, source_of(file, &found), options, comm, facts);
}

std::string plugin_folder_of(const CommonOptions& options) {
  if (options.plugins.empty()) return default_plugin_folder();
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(options.plugins, failed);
  return failed ? options.plugins : absolute.lexically_normal().string();
}

Runtime open_runtime(const CommonOptions& options, sotto_interface clock) {
  return make_runtime(options, plugin_folder_of(options), clock);
}
Runtime open_runtime_without_plugins(const CommonOptions& options) { return make_runtime(options, {}); }

ModelHandle open_model(Console& console, const Runtime& runtime, const std::string& model, const CommonOptions& options,
                       const Use& use) {
  sotto_comm_facts facts{};
  sotto_interface comm{};
  if ((use.flags & SOTTO_MODEL_VOCABULARY_ONLY) == 0) comm = join_job(runtime, &facts);
  DefaultModel found;
  const std::string file = file_of_rank(model, facts);
  const sotto_model_source source = source_of(file, &found);
  Loading loading{{"loading " + std::filesystem::path(model_path(model)).filename().string(), options.quiet},
                  console.interrupts};
  sotto_model_options o = options.model_options();
  o.flags |= use.flags;
  o.sessions = use.sessions;
  if (o.context_tokens == 0) o.context_tokens = use.context_if_free;
  o.progress = Loading::progress;
  o.progress_user = &loading;
  o.comm = comm;
  if (o.comm.table != nullptr && facts.rank > 0) {
    serve(console, runtime, source, options, o.comm, facts);
    throw WorkIsDone();
  }
  o.threads = threads_beside(facts, o.threads);
  const Interrupts::Scope scope(console.interrupts, [] {});
  sotto_model* made = nullptr;
  call([&](sotto_error* err) { return sotto_model_open(runtime.get(), &source, &o, &made, err); });
  return ModelHandle(made);
}

SessionHandle open_session(const ModelHandle& model) {
  sotto_session* made = nullptr;
  call([&](sotto_error* err) { return sotto_session_create(model.get(), nullptr, &made, err); });
  return SessionHandle(made);
}

std::string model_path(const std::string& model) {
  if (!model.empty()) return model;
  DefaultModel found;
  find_default_model(&found);
  return found.path;
}

sotto_memory_estimate estimate(const Runtime& runtime, const std::string& model, const CommonOptions& options,
                               uint32_t context) {
  DefaultModel found;
  const sotto_model_source source = source_of(model, &found);
  sotto_model_options o = options.model_options();
  o.context_tokens = context;
  o.sessions = 1;
  sotto_memory_estimate e{};
  e.struct_size = sizeof e;
  call([&](sotto_error* err) { return sotto_model_estimate(runtime.get(), &source, &o, &e, err); });
  return e;
}

sotto_model_facts facts_of(const ModelHandle& model) {
  sotto_model_facts facts{};
  facts.struct_size = sizeof facts;
  call([&](sotto_error* err) { return sotto_model_get_facts(model.get(), &facts, err); });
  return facts;
}

std::string text_of(const ModelHandle& model, const char* key) {
  try {
    const std::vector<char> text = fetch<char>([&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
      return sotto_model_text(model.get(), sotto_cstr(key), buffer, capacity, size, err);
    });
    return std::string(text.begin(), text.end());
  } catch (const Error& e) {
    if (e.status() == SOTTO_NOT_FOUND) return {};
    throw;
  }
}

std::vector<uint32_t> tokenize(const ModelHandle& model, std::string_view text, uint32_t flags) {
  return fetch<uint32_t>([&](uint32_t* ids, uint64_t capacity, uint64_t* count, sotto_error* err) {
    return sotto_tokenize(model.get(), str(text), flags, ids, capacity, count, err);
  });
}

std::string detokenize(const ModelHandle& model, const std::vector<uint32_t>& ids) {
  const std::vector<char> text = fetch<char>([&](char* buffer, uint64_t capacity, uint64_t* size, sotto_error* err) {
    return sotto_detokenize(model.get(), ids.data(), ids.size(), SOTTO_DETOKENIZE_SPECIAL, buffer, capacity, size, err);
  });
  return std::string(text.begin(), text.end());
}

}  // namespace sotto::tools

// loading.h: a runtime and a model as the common options want them, with progress and Ctrl-C.
#pragma once

#include <memory>
#include <string>

#include "command.h"
#include "options.h"
#include "sotto/sotto.hpp"

namespace sotto::tools {

struct DestroyModel {
  void operator()(sotto_model* m) const { sotto_model_destroy(m); }
};
struct DestroySession {
  void operator()(sotto_session* s) const { sotto_session_destroy(s); }
};
using ModelHandle = std::unique_ptr<sotto_model, DestroyModel>;
using SessionHandle = std::unique_ptr<sotto_session, DestroySession>;

std::string plugin_folder_of(const CommonOptions& options);                      // absolute
Runtime open_runtime(const CommonOptions& options, sotto_interface clock = {});  // {}: the system's clocks
Runtime open_runtime_without_plugins(const CommonOptions& options);              // for vocabulary-only models

// `model`: a path, or empty for the default model. `use` changes what the common options say.
struct Use {
  uint32_t flags = 0;            // SOTTO_MODEL_*
  uint32_t context_if_free = 0;  // tokens where --context is not given; 0: the library's choice
  uint32_t sessions = 1;
};
ModelHandle open_model(Console& console, const Runtime& runtime, const std::string& model, const CommonOptions& options,
                       const Use& use);
// Serves as a rank of the job's model until its session ends.
void serve_as_worker(Console& console, const Runtime& runtime, const std::string& model, const CommonOptions& options);
SessionHandle open_session(const ModelHandle& model);

// Thrown by open_model in the ranks of a job that hold no session, once they served: there is nothing left to do.
struct WorkIsDone {};

// The path a model has for people: the given one or the default's.
std::string model_path(const std::string& model);
sotto_memory_estimate estimate(const Runtime& runtime, const std::string& model, const CommonOptions& options,
                               uint32_t context);

sotto_model_facts facts_of(const ModelHandle& model);
std::string text_of(const ModelHandle& model, const char* key);  // empty where the file has none
std::vector<uint32_t> tokenize(const ModelHandle& model, std::string_view text, uint32_t flags);
std::string detokenize(const ModelHandle& model, const std::vector<uint32_t>& ids);

// Runs `function` (a call on the session); Ctrl-C cancels it.
template <class Function>
void call_on(Console& console, const SessionHandle& session, Function&& function) {
  const Interrupts::Scope scope(console.interrupts, [s = session.get()] { sotto_session_cancel(s); });
  call(function);
}

}  // namespace sotto::tools

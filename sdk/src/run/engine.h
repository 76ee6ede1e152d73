// engine.h: one model on one backend: file, tokenizer, template, compiled program and KV cache. Behind sotto_model.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "host/plugin_host.h"
#include "model/model_file.h"
#include "run/memory_planner.h"
#include "run/step_lock.h"
#include "text/template/chat_template.h"
#include "text/tokenizer.h"

namespace sotto {

class Session;

struct EngineOptions {
  bool vocabulary_only = false;
  std::string backend;            // name or id; empty: the fastest that passes its check
  std::vector<uint32_t> devices;  // per rank; empty: device 0
  PlanOptions plan;
  uint32_t threads = 0;
  uint64_t affinity_mask = 0;
  int32_t thread_priority = 0;
  uint32_t sessions = 0;
  MemoryWishes memory;
  std::function<bool(float)> progress;  // true cancels
};

// A backend's objects for one plan; destroyed children first.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  const Backend* backend = nullptr;
  sotto_group* group = nullptr;
  sotto_weights* weights = nullptr;
  sotto_program* program = nullptr;
  sotto_cache* cache = nullptr;
  uint32_t sequences = 0;
  std::string device_name;
};

// Const after open but for the sequences and the steps, which are guarded. The PluginHost must outlive it.
class Engine {
 public:
  // With `host` nullptr only vocabulary-only models open.
  static Result<std::unique_ptr<Engine>> open(const PluginHost* host, ModelBytes bytes, const EngineOptions& options);
  // What open would take, by the same decisions.
  static Result<sotto_memory_estimate> estimate(const PluginHost& host, ModelBytes bytes, const EngineOptions& options);

  const ModelFile* file() const { return file_ ? &*file_ : nullptr; }  // nullptr: a bare tokenizer model
  const Tokenizer* tokenizer() const { return tokenizer_.get(); }
  Result<const Tokenizer*> need_tokenizer() const;
  Result<const ChatTemplate*> chat_template() const;
  bool can_run() const { return program_ != nullptr; }
  const Program& program() const { return *program_; }
  const Plan& plan() const { return plan_; }
  const sotto_memory_estimate& memory() const { return memory_.estimate; }
  uint32_t context_tokens() const { return can_run() ? memory_.choice.context_tokens : 0; }
  uint32_t max_batch() const { return memory_.choice.max_batch; }
  uint64_t kv_tokens() const { return memory_.choice.kv_tokens; }
  const std::string& hash() const { return hash_; }
  uint64_t file_bytes() const { return file_bytes_; }
  uint32_t output_width(uint32_t output) const;
  // Gives the cache rows of idle sessions back from level 2 on; they compute them again when they go on. [any thread]
  void trim(uint32_t level);

  // One step at a time; everything below is called by whoever holds this lock.
  StepLock& steps() { return steps_; }
  // A cache sequence for the session, taken from the one idle longest if all are in use. The other's tokens are prefilled again
  // when it goes on.
  Status acquire_sequence(Session& session);
  void release_sequence(Session& session);
  // Empties the cache of the idle session that was used longest ago; false if there is none other than `keep`.
  bool evict_one(const Session& keep);
  void used(Session& session);

 private:
  Status open_text(const PluginHost* host, ModelBytes bytes, bool vocabulary_only);
  Status open_backend(const PluginHost& host, const EngineOptions& options);
  Status prepare(const Backend& backend, const PluginHost& host, const EngineOptions& options);
  Status load(const EngineOptions& options);
  Result<sotto_memory_estimate> measure(const MemoryChoice& choice, uint32_t sequences) const;

  std::unique_ptr<ModelBytes> bare_;  // a SentencePiece .model
  std::optional<ModelFile> file_;
  std::string hash_;
  uint64_t file_bytes_ = 0;
  std::unique_ptr<Tokenizer> tokenizer_;
  Status tokenizer_failure_;
  std::unique_ptr<ChatTemplate> template_;
  Status template_failure_;
  Plan plan_;
  MemoryPlan memory_;
  std::unique_ptr<Program> program_;
  StepLock steps_;
  std::vector<Session*> owners_;  // per sequence; in order of last use in `order_`
  std::vector<uint32_t> order_;   // sequences, longest unused first
};

sotto_cache_options cache_options(const MemoryChoice& choice, uint32_t sequences);

}  // namespace sotto

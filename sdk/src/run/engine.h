// engine.h: one model on one backend: file, tokenizer, template, compiled program and scheduler. Behind sotto_model.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/plugin_host.h"
#include "model/model_file.h"
#include "run/handshake.h"
#include "run/memory_planner.h"
#include "run/program.h"
#include "run/scheduler.h"
#include "run/stop_watch.h"
#include "text/grammar/token_order.h"
#include "text/template/chat_template.h"
#include "text/tokenizer.h"

namespace sotto {

class DeviceGuard;
class DividedBackend;
class Lora;

struct EngineOptions {
  bool vocabulary_only = false;
  std::string backend;            // name or id; empty: the fastest that passes its check
  uint32_t device_layers = 0;     // on `backend`, the rest on the CPU; 0: all; SOTTO_DEVICE_LAYERS_AUTO
  std::vector<uint32_t> devices;  // per rank; empty: device 0
  PlanOptions plan;               // 0 ranks: one in each process
  uint32_t threads = 0;
  uint64_t affinity_mask = 0;
  int32_t thread_priority = 0;
  uint32_t sessions = 0;
  MemoryWishes memory;
  sotto_interface comm = {};  // NULL table: all ranks are in this process
  uint32_t comm_deadline_ms = 0;
  bool split_auto = false;
  bool owns_bytes = false;       // the file was read into memory of the library
  bool stays = false;            // a lost device ends the call instead of being left for the CPU
  Progress progress;             // 0..1; true cancels
  DeviceGuard* guard = nullptr;  // nullptr: every device may be used. Outlives the engine
  // Told what the model will take before anything is loaded; a failure is that of the backend in hand. Told again for the next.
  std::function<Status(uint64_t)> reserve;
};

// Const after open but for what the scheduler guards. The PluginHost must outlive it.
class Engine {
 public:
  Engine();
  ~Engine();
  // With `host` nullptr only vocabulary-only models open.
  static Result<std::unique_ptr<Engine>> open(const PluginHost* host, ModelBytes bytes, const EngineOptions& options);
  // What open would take, by the same decisions.
  static Result<sotto_memory_estimate> estimate(const PluginHost& host, ModelBytes bytes, const EngineOptions& options);

  // Serves as a rank of another process's session, from the handshake to its end (engine_ranks.cc).
  static Status serve(const PluginHost& host, ModelBytes bytes, const EngineOptions& options);
  // After a rank was lost: all ranks in this process; sessions compute their tokens again. [any thread]
  Status go_on_alone();

  // Moving to the CPU (engine_move.cc) when the backend lost its device or has no memory left: sessions compute their tokens
  // again. `moves` is what moves() was before the step that failed; another session may have moved the engine since. Without
  // success the engine is where it was. `stop` ends the load. [any thread]
  bool may_move() const;
  bool can_move_after(uint32_t moves, const Status& failure) const;
  uint32_t moves() const { return moves_; }
  Status move_to_cpu(uint32_t moves, const Status& failure, const StopWatch& stop);
  // Where the model runs now. [any thread]
  struct Place {
    std::string backend_id, backend, device;
  };
  Place place() const;
  // What lies on the backend beside the program. REQUIRES, for all of them: the scheduler's turn.
  void add_lora(Lora* lora) { loras_.push_back(lora); }
  void remove_lora(Lora* lora);
  void add_guest() { ++guests_; }  // has objects of its own on the program's weights: nothing moves meanwhile
  void remove_guest() { --guests_; }

  // nullptr: a bare tokenizer model
  const ModelFile* file() const { return stands_in_for_ ? stands_in_for_->file() : file_.get(); }
  const Tokenizer* tokenizer() const { return tokenizer_.get(); }
  Result<const Tokenizer*> need_tokenizer() const;
  Result<const ChatTemplate*> chat_template() const;
  // The vocabulary as grammars need it, made when it is first asked for. [any thread]
  Result<std::shared_ptr<const grammar::TokenOrder>> token_order() const;
  bool can_run() const { return scheduler_ != nullptr; }
  const Program& program() const { return *program_; }
  Result<sotto_traffic> traffic();
  Scheduler& scheduler() { return *scheduler_; }
  const Plan& plan() const { return next_plan_ ? *next_plan_ : stands_in_for_ ? stands_in_for_->plan() : plan_; }
  const sotto_memory_estimate& memory() const { return memory_.estimate; }
  uint32_t context_tokens() const { return can_run() ? memory_.choice.context_tokens : 0; }
  uint64_t kv_tokens() const { return memory_.choice.kv_tokens; }
  const std::string& hash() const { return hash_; }
  uint64_t file_bytes() const { return file_bytes_; }
  // Gives the cache rows of idle sessions back from level 2 on; they compute them again when they go on. [any thread]
  void trim(uint32_t level);

 private:
  Status open_text(const PluginHost* host, ModelBytes bytes, bool vocabulary_only);
  Status open_bare_tokenizer(const ModelBytes& bytes);
  Status open_backend(const PluginHost& host, const EngineOptions& options, bool with_weights);
  Status try_backend(const Backend& backend, const PluginHost& host, const EngineOptions& options, bool with_weights);
  // Layers over a device and the CPU (engine_layers.cc).
  Status open_divided(const Backend& device, const PluginHost& host, const EngineOptions& options, bool with_weights);
  Result<bool> fits_device(const Backend& device, const PluginHost& host, const EngineOptions& options);
  void close();
  Status prepare(const Backend& backend, const PluginHost& host, const EngineOptions& options);
  Status make_group(const PluginHost& host, const EngineOptions& options, bool in_place);
  Status load(const EngineOptions& options);
  // `plan`: nullptr: the one it has.
  Status replace_program(Scheduler::Turn& turn, const Backend& backend, Plan* plan, const EngineOptions& options);
  Status fit_under_cap(const PluginHost& host, const EngineOptions& options);
  // Over several processes (engine_ranks.cc).
  Status join_team(const PluginHost& host, EngineOptions* options);
  Status greet(const PluginHost& host, Role role, EngineOptions* options);
  Status load_together(const EngineOptions& options);
  Status prepare_worker(const PluginHost& host, const Job& job, EngineOptions* options);
  Status serve_job(const PluginHost& host, EngineOptions* options);
  uint32_t local_ranks() const { return plan().c().world / (team_ ? team_->world() : 1); }
  uint32_t first_rank() const { return team_ ? team_->rank() * local_ranks() : 0; }
  Result<sotto_memory_estimate> measure(const MemoryChoice& choice, bool owns_bytes) const;

  std::unique_ptr<const ModelFile> file_;
  std::string hash_;
  uint64_t file_bytes_ = 0;
  std::unique_ptr<Tokenizer> tokenizer_;
  Status tokenizer_failure_;
  mutable std::mutex order_mutex_;  // guards order_
  mutable std::shared_ptr<const grammar::TokenOrder> order_;
  std::unique_ptr<ChatTemplate> template_;
  Status template_failure_;
  std::unique_ptr<Team> team_;  // until the program has it
  EngineOptions options_;       // for going on alone; without callbacks
  const PluginHost* host_ = nullptr;
  const Engine* stands_in_for_ = nullptr;  // makes the next program of this one,
  const Plan* next_plan_ = nullptr;        // by this plan, or nullptr: by the same
  std::vector<Lora*> loras_;               // under the scheduler's turn, as is the next
  uint32_t guests_ = 0;
  std::atomic<uint32_t> moves_{0};
  mutable std::mutex place_mutex_;  // guards the names in program_, which change under the turn and this
  Plan plan_;
  MemoryPlan memory_;
  std::unique_ptr<DividedBackend> divided_;   // null: the program's backend is the host's
  std::deque<Span<const uint8_t>> uploaded_;  // parts of the mapped file that a backend may still read, or has let go
  std::unique_ptr<Program> program_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace sotto

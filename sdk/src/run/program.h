// program.h: a backend's objects for one plan: group, weights, compiled program, KV cache. For the engine and its scheduler.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "host/plugin_call.h"
#include "host/plugin_host.h"
#include "model/arch/architectures.h"
#include "run/team.h"

namespace sotto {

constexpr uint32_t kOutputs = 2;  // of every plan: kLogitsOutput, kHiddenOutput

// Destroyed children first. Calls come one at a time, see Scheduler.
class Program {
 public:
  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // Calls a function of the backend's table: call("check", [&](const sotto_backend& t, sotto_error* err) { return t.check(...);
  // }).
  template <class Call>
  Status call(const char* function, Call&& body) const {
    return call_plugin(backend->id, function, [&](sotto_error* err) { return body(*backend->table, err); });
  }

  // The same for functions that make an object, which is taken only if they succeed. `body` gets its address too.
  template <class Object, class Call>
  Status make(const char* function, Object** object, Call&& body) const {
    Object* made = nullptr;
    SOTTO_TRY(call(function, [&](const sotto_backend& t, sotto_error* err) { return body(t, &made, err); }));
    if (!made) return plugin_fault(backend->id, function, "it succeeded, but made nothing");
    *object = made;
    return {};
  }

  // What changes or reads the cache, on the ranks of all processes: rank 0 tells the others first (program_ranks.cc).
  Status run(const sotto_batch& batch, sotto_run_result* result) const;
  Status truncate(uint32_t sequence, uint32_t length) const;
  Status copy(uint32_t from, uint32_t to, uint32_t length) const;
  // Tokens first .. first + count - 1 in the neutral layout of backend.h. REQUIRES: `bytes` is what it takes.
  Status export_tokens(const Plan& plan, uint32_t sequence, uint32_t first, uint32_t count, uint8_t* into,
                       uint64_t bytes) const;
  Status import_tokens(uint32_t sequence, uint32_t count, Span<const uint8_t> bytes) const;
  // A rank was lost: every call answers SOTTO_RANK_LOST.
  bool is_lost() const { return team && team->is_lost(); }
  // What needs all ranks in this process: `what` for the sentence.
  Status need_all_here(const char* what) const;
  Status traffic(sotto_traffic* out) const;

  // Exchanges everything with another but what is read at any time. REQUIRES: sequences, max_batch, output_widths are the same.
  void swap(Program& other);

  // REQUIRES: nothing was made of the group.
  void destroy_group();

  std::unique_ptr<Team> team;  // null: all ranks are here
  const Backend* backend = nullptr;
  const sotto_traffic_api* traffic_api = nullptr;  // null: the backend does not count
  sotto_group* group = nullptr;
  sotto_weights* weights = nullptr;
  sotto_program* program = nullptr;
  sotto_cache* cache = nullptr;
  uint32_t sequences = 0;
  uint32_t max_batch = 0;
  uint32_t output_widths[kOutputs] = {};
  // Up to so many rows in a batch, a row's bits do not depend on its neighbours. Read at any time.
  std::atomic<uint32_t> invariant_rows{1};
  std::string device_name;

 private:
  mutable std::vector<RowMessage> told_rows_;  // of the run in progress
};

// Bytes of one token in the neutral layout.
uint64_t neutral_bytes_per_token(const Plan& plan);

}  // namespace sotto

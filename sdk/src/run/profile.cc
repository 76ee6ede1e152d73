#include "run/profile.h"

#include <fmt/format.h>

namespace sotto {
namespace {

constexpr uint32_t kMostRows = 256;  // whoever lists them must come to an end

Status check_runs(const Engine& engine) {
  return engine.can_run() ? Status() : Status(SOTTO_INVALID_ARGUMENT, "a vocabulary-only model has no steps to profile");
}

// REQUIRES: the scheduler's turn; the engine may move between two of them.
Result<const sotto_profile_api*> table_of(const Engine& engine) {
  const Backend& backend = *engine.program().backend;
  if (!backend.profile) return Status(SOTTO_UNSUPPORTED, fmt::format("backend {} has no profile", backend.name));
  return backend.profile;
}

}  // namespace

Status begin_profile(Engine& engine) {
  SOTTO_TRY(check_runs(engine));
  const Scheduler::Turn turn(engine.scheduler());
  SOTTO_ASSIGN(const sotto_profile_api* const table, table_of(engine));
  const Program& p = engine.program();
  return call_plugin_void(p.backend->id, "profile count", [&] { table->count(p.program, 1); });
}

Result<std::vector<sotto_profile_row>> end_profile(Engine& engine) {
  SOTTO_TRY(check_runs(engine));
  const Scheduler::Turn turn(engine.scheduler());
  SOTTO_ASSIGN(const sotto_profile_api* const table, table_of(engine));
  const Program& p = engine.program();
  SOTTO_TRY(call_plugin_void(p.backend->id, "profile count", [&] { table->count(p.program, 0); }));
  std::vector<sotto_profile_row> rows;
  while (true) {
    sotto_profile_row row{};
    row.struct_size = sizeof row;
    const Status s = call_plugin(p.backend->id, "profile row", [&](sotto_error* err) {
      return table->row(p.program, static_cast<uint32_t>(rows.size()), &row, err);
    });
    if (s.code() == SOTTO_NOT_FOUND) return rows;
    SOTTO_TRY(s);
    if (rows.size() == kMostRows)
      return plugin_fault(p.backend->id, "profile row", fmt::format("more than {} rows", kMostRows));
    row.struct_size = sizeof row;
    row.name[sizeof row.name - 1] = '\0';
    rows.push_back(row);
  }
}

}  // namespace sotto

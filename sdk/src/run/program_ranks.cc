// program_ranks.cc: the calls that all processes of a team make: rank 0 tells them, then makes them itself.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "run/program.h"

namespace sotto {
namespace {

// Heads of a slot that a rank below `first` has already are zeroed, so that the sum over the processes counts each once.
void clear_repeated(const sotto_slot& slot, uint32_t first_rank, uint32_t count, float* heads) {
  const size_t numbers = size_t{count} * slot.head_dim;
  for (uint32_t h = 0; h < slot.kv_heads; ++h) {
    const bool repeated = std::any_of(slot.ranks, slot.ranks + first_rank, [&](const sotto_rank_heads& r) {
      return h >= r.first_kv_head && h < r.first_kv_head + r.kv_heads;
    });
    if (repeated) std::fill_n(heads + h * numbers, numbers, 0.0f);
  }
}

}  // namespace

uint64_t neutral_bytes_per_token(const Plan& plan) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < plan.c().slot_count; ++i)
    bytes += uint64_t{2} * plan.c().slots[i].kv_heads * plan.c().slots[i].head_dim * sizeof(float);
  return bytes;
}

Status Program::run(const sotto_batch& batch, sotto_run_result* result) const {
  Team::Turn turn;
  if (team && team->rank() == 0) {
    turn = team->turn();
    told_rows_.resize(batch.row_count);
    for (uint32_t i = 0; i < batch.row_count; ++i) {
      const sotto_batch_row& r = batch.rows[i];
      told_rows_[i] = {r.token, r.position, r.sequence, r.outputs};
    }
    const Span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(told_rows_.data()),
                                    told_rows_.size() * sizeof(RowMessage));
    SOTTO_TRY(team->tell(Command::of(Command::kRun, batch.row_count), bytes));
  }
  Status s = call("run", [&](const sotto_backend& t, sotto_error* err) { return t.run(program, cache, &batch, result, err); });
  if (team) team->note(s);
  return s;
}

Status Program::truncate(uint32_t sequence, uint32_t length) const {
  Team::Turn turn;
  if (team && team->rank() == 0) {
    turn = team->turn();
    SOTTO_TRY(team->tell(Command::of(Command::kTruncate, sequence, length), {}));
  }
  return call("cache_truncate",
              [&](const sotto_backend& t, sotto_error* err) { return t.cache_truncate(cache, sequence, length, err); });
}

Status Program::copy(uint32_t from, uint32_t to, uint32_t length) const {
  Team::Turn turn;
  if (team && team->rank() == 0) {
    turn = team->turn();
    SOTTO_TRY(team->tell(Command::of(Command::kCopy, from, to, length), {}));
  }
  return call("cache_copy",
              [&](const sotto_backend& t, sotto_error* err) { return t.cache_copy(cache, from, to, length, err); });
}

Status Program::export_tokens(const Plan& plan, uint32_t sequence, uint32_t first, uint32_t count, uint8_t* into,
                              uint64_t bytes) const {
  Team::Turn turn;
  if (team && team->rank() == 0) {
    turn = team->turn();
    SOTTO_TRY(team->tell(Command::of(Command::kExport, sequence, first, count), {}));
  }
  // Numbers, whatever the caller's buffer is aligned to.
  std::vector<float> numbers(team ? static_cast<size_t>(bytes / sizeof(float)) : 0);
  uint64_t size = bytes;
  SOTTO_TRY(call("cache_export", [&](const sotto_backend& t, sotto_error* err) {
    return t.cache_export(cache, sequence, first, count, team ? static_cast<void*>(numbers.data()) : into, &size, err);
  }));
  if (size != bytes) return plugin_fault(backend->id, "cache_export", fmt::format("{} bytes came for {}", size, bytes));
  if (!team) return {};
  const uint32_t first_rank = team->rank() * (plan.c().world / team->world());
  float* at = numbers.data();
  for (uint32_t i = 0; i < plan.c().slot_count; ++i) {
    const sotto_slot& slot = plan.c().slots[i];
    for (int part = 0; part < 2; ++part, at += size_t{slot.kv_heads} * count * slot.head_dim)
      clear_repeated(slot, first_rank, count, at);
  }
  SOTTO_TRY(team->sum(numbers.data(), numbers.size()));
  if (into) std::memcpy(into, numbers.data(), static_cast<size_t>(bytes));
  return {};
}

Status Program::import_tokens(uint32_t sequence, uint32_t count, Span<const uint8_t> bytes) const {
  Team::Turn turn;
  if (team && team->rank() == 0) {
    turn = team->turn();
    SOTTO_TRY(team->tell(Command::of(Command::kImport, sequence, count), bytes));
  }
  return call("cache_import", [&](const sotto_backend& t, sotto_error* err) {
    return t.cache_import(cache, sequence, count, bytes.data(), bytes.size(), err);
  });
}

Status Program::need_all_here(const char* what) const {
  if (!team) return {};
  return Status(SOTTO_UNSUPPORTED, fmt::format("{} over the ranks of {} processes is not possible yet: open the model in one "
                                               "process",
                                               what, team->world()));
}

Status Program::traffic(sotto_traffic* out) const {
  if (!traffic_api)
    return Status(SOTTO_UNSUPPORTED, fmt::format("backend {} does not count what its ranks send", backend->name));
  SOTTO_TRY(call("traffic", [&](const sotto_backend&, sotto_error* err) { return traffic_api->read(group, out, err); }));
  if (team) out->broadcast = team->told();
  return {};
}

}  // namespace sotto

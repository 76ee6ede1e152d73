// engine_ranks.cc: the engine's ranks in other processes: joining them, serving as one, going on without them.
#include <fmt/format.h>

#include <algorithm>

#include "run/engine.h"
#include "run/split.h"
#include "run/worker.h"

namespace sotto {
namespace {

// Stages of opening a model may take so many deadlines of a step: plans are made in one, weights come from a disk in the other.
constexpr uint32_t kPlanDeadlines = 4, kLoadDeadlines = 24;

}  // namespace

Status Engine::join_team(const PluginHost& host, EngineOptions* o) {
  SOTTO_ASSIGN(team_, Team::join(o->comm, o->comm_deadline_ms));
  const uint32_t world = team_->world();
  if (const ShardFile* shard = file_->shard(); shard && o->plan.ranks == 0) {
    o->plan.ranks = shard->ranks();
    o->plan.split = shard->split();
  }
  if (o->plan.ranks == 0) o->plan.ranks = o->plan.split.empty() ? world : static_cast<uint32_t>(o->plan.split.size());
  Status s;
  if (o->plan.ranks % world != 0)
    s = Status(SOTTO_INVALID_ARGUMENT,
               fmt::format("{} ranks cannot be spread evenly over {} processes: ask for a multiple of {}", o->plan.ranks, world,
                           world));
  else if (o->split_auto && o->plan.ranks != world)
    s = Status(SOTTO_UNSUPPORTED, fmt::format("a split by measuring is for one rank in each process, {} ranks are wanted in {}",
                                              o->plan.ranks, world));
  if (s.ok()) s = greet(host, Role::kSession, o);
  if (!s.ok() && !team_->is_lost() && s.code() != SOTTO_MISMATCH) team_->give_up(s.text());
  return s;
}

// Compares, and measures if rank 0 says so.
Status Engine::greet(const PluginHost& host, Role role, EngineOptions* o) {
  bool measures = o->split_auto;
  SOTTO_TRY(compare_processes(*team_, role, hash_, &measures));
  if (!measures) return {};
  const std::string name = o->backend.empty() ? "cpu" : o->backend;
  const Backend* backend = host.find_backend(name);
  auto mine =
      backend
          ? measure_rank(host, *backend, o->threads, o->memory.cap_bytes)
          : Result<RankMeasure>(Status(SOTTO_NOT_FOUND, fmt::format("measuring this rank: backend {} is not loaded", name)));
  SOTTO_TRY(agree(*team_, mine.status(), nullptr, 0, kPlanDeadlines));
  std::vector<RankMeasure> all(team_->world());
  SOTTO_TRY(team_->all_gather(&mine.value(), sizeof(RankMeasure), all.data(), team_->deadline_ms()));
  for (RankMeasure& m : all)
    if (!(m.bytes_per_second > 0 && m.bytes_per_second < 1e15)) m.bytes_per_second = 1;
  if (role != Role::kSession) return {};
  SOTTO_ASSIGN(o->plan.split, choose_split(all, file_->file_bytes()));
  if (!host.log().wants(SOTTO_LOG_INFO)) return {};
  for (size_t r = 0; r < all.size(); ++r)
    host.log().info(fmt::format("rank {} reads {:.2f} GB/s and has {:.0f} MB: {} of 1000 parts", r,
                                all[r].bytes_per_second / 1e9, static_cast<double>(all[r].memory_bytes) / 1e6,
                                o->plan.split[r]));
  return {};
}

Status Engine::load_together(const EngineOptions& o) {
  Job job;
  job.plan = o.plan;
  job.choice = memory_.choice;
  job.sequences = program_->sequences;
  job.backend = program_->backend->id;
  Status s = share_job(*team_, &job);
  if (s.ok()) s = agree(*team_, Status(), &plan_, job.choice.kv_type, kPlanDeadlines);
  if (s.ok()) s = agree(*team_, load(o), nullptr, 0, kLoadDeadlines);
  if (!s.ok()) {  // the others know, and are gone: another backend here finds nobody
    if (!team_->is_lost()) team_->give_up(s.text());
    return s;
  }
  program_->team = std::move(team_);
  program_->team->keep_alive();
  return {};
}

Status Engine::prepare_worker(const PluginHost& host, const Job& job, EngineOptions* o) {
  o->plan = job.plan;
  const std::string& name = o->backend.empty() ? job.backend : o->backend;
  const Backend* backend = host.find_backend(name);
  if (!backend)
    return Status(SOTTO_NOT_FOUND, fmt::format("backend {} is not loaded here, rank 0 runs on {}", name, job.backend));
  program_ = std::make_unique<Program>();
  program_->backend = backend;
  program_->sequences = job.sequences;
  program_->max_batch = job.choice.max_batch;
  SOTTO_ASSIGN(plan_, file_->plan(o->plan));
  SOTTO_TRY(make_group(host, *o, false));
  memory_.choice = job.choice;
  SOTTO_ASSIGN(memory_.estimate, measure(memory_.choice, o->owns_bytes));
  if (o->memory.cap_bytes == 0 || memory_.estimate.total <= o->memory.cap_bytes) return {};
  return Status(SOTTO_OUT_OF_MEMORY,
                fmt::format("this rank's part needs {:.1f} MB, the cap leaves {:.1f} MB: give it a smaller part by --split",
                            static_cast<double>(memory_.estimate.total) / 1e6, static_cast<double>(o->memory.cap_bytes) / 1e6));
}

Status Engine::serve_job(const PluginHost& host, EngineOptions* o) {
  Job job;
  SOTTO_TRY(share_job(*team_, &job));
  SOTTO_TRY(agree(*team_, prepare_worker(host, job, o), &plan_, job.choice.kv_type, kPlanDeadlines));
  SOTTO_TRY(agree(*team_, load(*o), nullptr, 0, kLoadDeadlines));
  program_->team = std::move(team_);
  if (host.log().wants(SOTTO_LOG_INFO))
    host.log().info(fmt::format("{}: rank {} of {} on {} ({}), {}", file_->name(), program_->team->rank(),
                                program_->team->world(), program_->backend->name, program_->device_name,
                                program_->team->facts().transport));
  return serve_commands(*program_, plan_, memory_.choice.kv_tokens);
}

Status Engine::serve(const PluginHost& host, ModelBytes bytes, const EngineOptions& given) {
  Engine e;
  EngineOptions o = given;
  SOTTO_ASSIGN(e.team_, Team::join(o.comm, o.comm_deadline_ms));
  auto file = ModelFile::open(std::move(bytes), false);
  Status s = file.status();
  if (s.ok()) {
    e.file_ = std::make_unique<const ModelFile>(file.take());
    e.hash_ = e.file_->hash();
    o.plan.ranks = 0;
    s = e.greet(host, Role::kWorker, &o);
    if (s.code() == SOTTO_MISMATCH) return s;  // all know it
    if (s.ok()) return e.serve_job(host, &o);
  }
  if (!e.team_->is_lost()) e.team_->give_up(s.text());
  return s;
}

Result<sotto_traffic> Engine::traffic() {
  if (!can_run()) return Status(SOTTO_INVALID_ARGUMENT, "the model was opened for its vocabulary only: it has no ranks");
  Scheduler::Turn turn(*scheduler_);
  sotto_traffic t{};
  t.struct_size = sizeof t;
  SOTTO_TRY(program_->traffic(&t));
  return t;
}

Status Engine::go_on_alone() {
  const Status none_lost(SOTTO_INVALID_ARGUMENT, "going on alone: no rank of this model was lost");
  if (!can_run()) return none_lost;
  Scheduler::Turn turn(*scheduler_);
  if (!program_->is_lost()) return none_lost;
  if (const ShardFile* shard = file_->shard())
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("going on alone: {} is {}, and the other parts are gone: give rank 0 the whole file",
                              file_->name(), shard->describe()));
  EngineOptions o = options_;
  o.devices.clear();
  SOTTO_ASSIGN(Plan plan, file_->plan(PlanOptions()));
  return replace_program(turn, *program_->backend, &plan, o);
}

}  // namespace sotto

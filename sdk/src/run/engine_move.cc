// engine_move.cc: the engine goes on with another program in the place of its own: on the CPU after its device was lost.
#include <fmt/format.h>

#include <algorithm>

#include "run/engine.h"
#include "run/lora.h"

namespace sotto {
namespace {

// Where a model goes whose device is lost, and the backends that no driver can take down: they are not left.
constexpr const char* kRefuge = "cpu";
constexpr const char* kWithoutDriver[] = {"cpu", "reference"};

// What a device did, and not what was asked of it.
bool is_of_device(sotto_status code) { return code == SOTTO_DEVICE_LOST || code == SOTTO_OUT_OF_MEMORY; }

}  // namespace

Engine::Place Engine::place() const {
  const std::lock_guard<std::mutex> lock(place_mutex_);
  return {program_->backend->id, program_->backend->name, program_->device_name};
}

void Engine::remove_lora(Lora* lora) { loras_.erase(std::remove(loras_.begin(), loras_.end(), lora), loras_.end()); }

// Whoever's step failed before another session moved the engine goes on with it, though there is nowhere further to move.
bool Engine::can_move_after(uint32_t moves, const Status& failure) const {
  return is_of_device(failure.code()) && (moves_ != moves || may_move());
}

bool Engine::may_move() const {
  if (options_.stays || options_.comm.table || !host_) return false;
  const std::string name = place().backend;
  const auto is_it = [&](const char* other) { return name == other; };
  return std::none_of(std::begin(kWithoutDriver), std::end(kWithoutDriver), is_it) && host_->find_backend(kRefuge);
}

// A faster layout of the weights is the first thing to give up under a cap, as at the opening.
Status Engine::fit_under_cap(const PluginHost& host, const EngineOptions& o) {
  const uint64_t cap = o.memory.cap_bytes;
  SOTTO_ASSIGN(memory_.estimate, measure(memory_.choice, o.owns_bytes));
  if (cap == 0 || memory_.estimate.total <= cap) return {};
  program_->destroy_group();
  SOTTO_TRY(make_group(host, o, true));
  SOTTO_ASSIGN(memory_.estimate, measure(memory_.choice, o.owns_bytes));
  if (memory_.estimate.total <= cap) return {};
  return Status(SOTTO_OUT_OF_MEMORY,
                fmt::format("{}: on {} it takes {:.1f} MB, the cap leaves {:.1f} MB", file()->name(), program_->backend->name,
                            static_cast<double>(memory_.estimate.total) / 1e6, static_cast<double>(cap) / 1e6));
}

// The new program takes the place of the old one, to which scheduler and sessions refer; without success nothing changed.
Status Engine::replace_program(Scheduler::Turn& turn, const Backend& backend, Plan* plan, const EngineOptions& o) {
  Engine next;
  next.stands_in_for_ = this;
  next.next_plan_ = plan;
  next.memory_ = memory_;
  next.program_ = std::make_unique<Program>();
  Program& fresh = *next.program_;
  fresh.backend = &backend;
  fresh.traffic_api = host_->traffic_api(backend);
  fresh.sequences = program_->sequences;
  fresh.max_batch = program_->max_batch;
  std::copy(std::begin(program_->output_widths), std::end(program_->output_widths), fresh.output_widths);
  SOTTO_TRY(next.make_group(*host_, o, false));
  SOTTO_TRY(next.fit_under_cap(*host_, o));
  SOTTO_TRY(next.load(o));
  std::vector<std::unique_ptr<LoraOnBackend>> adapters;
  for (const Lora* lora : loras_) {
    SOTTO_ASSIGN(adapters.emplace_back(), lora->make_on(fresh, next.plan()));
  }
  {
    const std::lock_guard<std::mutex> lock(place_mutex_);
    program_->swap(fresh);
  }
  for (size_t i = 0; i < loras_.size(); ++i) loras_[i]->exchange(&adapters[i]);
  turn.sequences().forget_all();
  adapters.clear();  // the old ones, before their weights
  std::swap(uploaded_, next.uploaded_);
  next.program_.reset();  // the old one, before the plan that its weights borrow from
  if (plan) plan_ = std::move(*plan);
  return {};
}

Status Engine::move_to_cpu(uint32_t moves, const Status& failure, const StopWatch& stop) {
  Scheduler::Turn turn(*scheduler_);
  if (moves_ != moves) return {};
  if (guests_ != 0) return failure;
  const Place from = place();
  EngineOptions o = options_;
  o.devices.clear();
  o.progress = [&](float) { return stop.should_stop(); };
  const Status moved = replace_program(turn, *host_->find_backend(kRefuge), nullptr, o);
  if (stop.should_stop() && !moved.ok()) return stop.status();
  if (!moved.ok()) {
    host_->log().warning(
        fmt::format("{}: {} ({}) cannot be left for the CPU: {}", file_->name(), from.backend, from.device, moved.text()));
    return failure;
  }
  ++moves_;
  host_->log().warning(fmt::format("{}: goes on on {} instead of {} ({}): {}", file_->name(), kRefuge, from.backend,
                                   from.device, failure.text()));
  return {};
}

}  // namespace sotto

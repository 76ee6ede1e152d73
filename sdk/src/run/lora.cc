#include "run/lora.h"

#include "model/lora.h"

namespace sotto {

LoraOnBackend::~LoraOnBackend() {
  if (adapter_) (void)call_plugin_void(backend_.id, "adapter_destroy", [&] { backend_.table->adapter_destroy(adapter_); });
}

Result<std::unique_ptr<LoraOnBackend>> Lora::make(Span<const uint8_t> bytes, const Program& p, const Plan& plan) const {
  auto read = LoraAdapter::read(bytes, engine_.file()->config().architecture, plan, 0, plan.c().world);
  if (!read.ok()) return read.status().within(name_);
  const auto pairs = read->pairs();
  auto lora = std::make_unique<LoraOnBackend>(*p.backend);
  SOTTO_TRY(p.make("adapter_create", lora->slot(), [&](const sotto_backend& t, sotto_adapter** made, sotto_error* err) {
    return t.adapter_create(p.weights, pairs.data(), static_cast<uint32_t>(pairs.size()), sizeof(sotto_adapter_pair), made,
                            err);
  }));
  return lora;
}

Result<std::unique_ptr<LoraOnBackend>> Lora::make_on(const Program& p, const Plan& plan) const {
  return make(Span<const uint8_t>(bytes_), p, plan);
}

Result<std::shared_ptr<const Lora>> Lora::open(Engine& engine, ModelBytes bytes) {
  if (!engine.can_run())
    return Status(SOTTO_INVALID_ARGUMENT, "an adapter needs a model that runs; this one was opened for its vocabulary only");
  // Not make_shared: the constructor is private. Before the turn: where it fails, it takes one itself.
  std::shared_ptr<Lora> lora(new Lora(engine, bytes.name()));
  Scheduler::Turn turn(engine.scheduler());
  SOTTO_TRY(engine.program().need_all_here("an adapter"));
  SOTTO_ASSIGN(lora->made_, lora->make(bytes.bytes(), engine.program(), engine.plan()));
  if (engine.may_move()) lora->bytes_.assign(bytes.bytes().begin(), bytes.bytes().end());
  engine.add_lora(lora.get());
  return std::shared_ptr<const Lora>(std::move(lora));
}

Lora::~Lora() {
  if (!made_) return;
  Scheduler::Turn turn(engine_.scheduler());
  engine_.remove_lora(this);
  made_.reset();
}

}  // namespace sotto

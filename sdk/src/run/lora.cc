#include "run/lora.h"

#include "model/lora.h"

namespace sotto {

Result<std::shared_ptr<const Lora>> Lora::open(Engine& engine, ModelBytes bytes) {
  if (!engine.can_run())
    return Status(SOTTO_INVALID_ARGUMENT, "an adapter needs a model that runs; this one was opened for its vocabulary only");
  const Program& p = engine.program();
  SOTTO_TRY(p.need_all_here("an adapter"));
  auto read = LoraAdapter::read(bytes.bytes(), engine.file()->config().architecture, engine.plan(), 0, engine.plan().c().world);
  if (!read.ok()) return read.status().within(bytes.name());
  const auto pairs = read->pairs();
  // Not make_shared: the constructor is private.
  std::shared_ptr<Lora> lora(new Lora(engine));
  Scheduler::Turn turn(engine.scheduler());
  SOTTO_TRY(p.make("adapter_create", &lora->adapter_, [&](const sotto_backend& t, sotto_adapter** made, sotto_error* err) {
    return t.adapter_create(p.weights, pairs.data(), static_cast<uint32_t>(pairs.size()), sizeof(sotto_adapter_pair), made,
                            err);
  }));
  return std::shared_ptr<const Lora>(std::move(lora));
}

Lora::~Lora() {
  if (!adapter_) return;
  const Program& p = engine_.program();
  Scheduler::Turn turn(engine_.scheduler());
  (void)call_plugin_void(p.backend->id, "adapter_destroy", [&] { p.backend->table->adapter_destroy(adapter_); });
}

}  // namespace sotto

#include "run/lora.h"

#include "host/plugin_call.h"
#include "model/lora.h"

namespace sotto {

Result<std::shared_ptr<const Lora>> Lora::open(Engine& engine, ModelBytes bytes) {
  if (!engine.can_run())
    return Status(SOTTO_INVALID_ARGUMENT, "an adapter needs a model that runs; this one was opened for its vocabulary only");
  const Program& p = engine.program();
  auto read = LoraAdapter::read(bytes.bytes(), engine.file()->config().architecture, engine.plan(), 0, engine.plan().c().world);
  if (!read.ok()) return read.status().within(bytes.name());
  const auto pairs = read->pairs();
  std::shared_ptr<Lora> lora(new Lora(engine));
  engine.steps().enter([] { return false; });
  Status s = call_plugin(p.backend->id, "adapter_create", [&](sotto_error* err) {
    return p.backend->table->adapter_create(p.weights, pairs.data(), static_cast<uint32_t>(pairs.size()),
                                            sizeof(sotto_adapter_pair), &lora->adapter_, err);
  });
  engine.steps().leave();
  SOTTO_TRY(s);
  return std::shared_ptr<const Lora>(std::move(lora));
}

Lora::~Lora() {
  if (!adapter_) return;
  const Program& p = engine_.program();
  engine_.steps().enter([] { return false; });
  (void)call_plugin_void(p.backend->id, "adapter_destroy", [&] { p.backend->table->adapter_destroy(adapter_); });
  engine_.steps().leave();
}

}  // namespace sotto

// The C functions of ranks.h.
#include "sotto/ranks.h"

#include "api/model_object.h"
#include "api/model_options.h"
#include "api/parked.h"
#include "border/guard.h"
#include "border/options.h"

namespace sotto {
namespace {

Status run_worker(sotto_runtime& runtime, const sotto_model_source* source, const sotto_worker_options* options) {
  SOTTO_TRY(check_given("sotto_worker_run: source", source));
  SOTTO_ASSIGN(const sotto_model_source from, read_options("sotto_model_source", source));
  SOTTO_ASSIGN(const sotto_worker_options w, read_options("sotto_worker_options", options));
  SOTTO_TRY(check_given("sotto_worker_options.comm", w.comm.table));
  if (w.reserved) return Status(SOTTO_UNSUPPORTED, "sotto_worker_options.reserved is set, 0 is known");
  sotto_model_options o{};
  o.struct_size = sizeof o;
  o.backend = w.backend;
  o.threads = w.threads;
  o.comm = w.comm;
  o.comm_deadline_ms = w.comm_deadline_ms;
  SOTTO_ASSIGN(EngineOptions e, engine_options(runtime, o));
  if (w.progress) e.progress = LoadProgress{w.progress, w.progress_user, 0, 1};
  SOTTO_ASSIGN(Bytes bytes, open_bytes(from, nullptr));
  e.owns_bytes = bytes.are_ours;
  return Engine::serve(runtime.host(), std::move(bytes.bytes), e);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_worker_run(sotto_runtime* runtime, const sotto_model_source* source, const sotto_worker_options* options,
                              sotto_error* err) {
  sotto::end_parked();
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_worker_run: runtime", runtime));
    const sotto::RuntimeRef hold(runtime);
    return sotto::run_worker(*runtime, source, options);
  });
}

sotto_status sotto_model_go_on_alone(sotto_model* model, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_go_on_alone: model", model));
    const sotto::ModelRef hold(model);
    return model->engine().go_on_alone();
  });
}

sotto_status sotto_model_get_traffic(sotto_model* model, sotto_traffic* out, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_get_traffic: model", model));
    SOTTO_ASSIGN(const sotto_traffic found, model->engine().traffic());
    return sotto::write_out("sotto_traffic", found, out);
  });
}

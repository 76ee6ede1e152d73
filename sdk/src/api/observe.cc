// The C function of observe.h.
#include "sotto/observe.h"

#include <fmt/format.h>

#include "api/model_object.h"
#include "border/guard.h"
#include "border/options.h"
#include "run/observe.h"
#include "run/user_call.h"

namespace sotto {
namespace {

Status deliver(const std::vector<Observation>& all, sotto_on_observation on_observation, void* user) {
  for (const Observation& o : all) {
    const sotto_observation told{
        sizeof(sotto_observation), 0,       sotto_str{o.tensor.data(), o.tensor.size()}, o.mean_squares.data(),
        o.mean_squares.size(),     o.tokens};
    SOTTO_ASSIGN(const bool stop, user_call("on_observation", [&] { return on_observation(user, &told); }));
    if (stop) return Status(SOTTO_CANCELLED, "the callback ended the call");
  }
  return {};
}

Status observe_model(sotto_model* model, Span<const uint32_t> ids, const sotto_observe_options& o,
                     sotto_on_observation on_observation, void* user) {
  if (o.flags || o.reserved)
    return Status(SOTTO_UNSUPPORTED,
                  fmt::format("sotto_observe_options: flags {:#x} and reserved {:#x}, none are known", o.flags, o.reserved));
  const ModelRef hold(model);  // a callback may destroy the application's handle
  BudgetShare share(model->runtime()->memory());
  ObserveOptions options;
  options.window = o.window;
  if (o.progress) options.progress = [&o](float fraction) { return o.progress(o.progress_user, fraction) != 0; };
  options.reserve = [&share](uint64_t bytes) { return share.take(bytes); };
  SOTTO_ASSIGN(const std::vector<Observation> all, observe(model->engine(), ids, options));
  return deliver(all, on_observation, user);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_model_observe(sotto_model* model, const uint32_t* ids, uint64_t count, const sotto_observe_options* options,
                                 sotto_on_observation on_observation, void* user, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_observe: model", model));
    if (count) SOTTO_TRY(sotto::check_given("sotto_model_observe: ids", ids));
    if (!on_observation) return sotto::Status(SOTTO_INVALID_ARGUMENT, "sotto_model_observe: on_observation is NULL");
    SOTTO_ASSIGN(const sotto_observe_options o, sotto::read_options("sotto_observe_options", options));
    return sotto::observe_model(model, sotto::Span<const uint32_t>(ids, static_cast<size_t>(count)), o, on_observation, user);
  });
}

// The profile functions of observe.h.
#include "sotto/observe.h"

#include "api/model_object.h"
#include "border/guard.h"
#include "border/options.h"
#include "run/profile.h"
#include "run/user_call.h"

namespace sotto {
namespace {

Status tell(sotto_model* model, sotto_on_profile_row on_row, void* user) {
  const ModelRef hold(model);  // the callback may destroy the application's handle
  SOTTO_ASSIGN(const std::vector<sotto_profile_row> rows, end_profile(model->engine()));
  for (const sotto_profile_row& row : rows) {
    SOTTO_ASSIGN(const bool stop, user_call("on_row", [&] { return on_row(user, &row); }));
    if (stop) return Status(SOTTO_CANCELLED, "the callback ended the call");
  }
  return {};
}

}  // namespace
}  // namespace sotto

sotto_status sotto_model_profile_begin(sotto_model* model, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_profile_begin: model", model));
    return sotto::begin_profile(model->engine());
  });
}

sotto_status sotto_model_profile_end(sotto_model* model, sotto_on_profile_row on_row, void* user, sotto_error* err) {
  return sotto::guard(err, [&]() -> sotto::Status {
    SOTTO_TRY(sotto::check_given("sotto_model_profile_end: model", model));
    if (!on_row) return sotto::Status(SOTTO_INVALID_ARGUMENT, "sotto_model_profile_end: on_row is NULL");
    return sotto::tell(model, on_row, user);
  });
}

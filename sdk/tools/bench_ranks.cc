#include "bench_ranks.h"

#include <fmt/format.h>

#include "terminal.h"

namespace sotto::tools {

sotto_traffic traffic_of(const ModelHandle& model) {
  sotto_traffic t{};
  t.struct_size = sizeof t;
  try {
    call([&](sotto_error* err) { return sotto_model_get_traffic(model.get(), &t, err); });
  } catch (const Error& e) {
    if (e.status() != SOTTO_UNSUPPORTED) throw;
  }
  return t;
}

Communication communication_between(const sotto_traffic& before, const sotto_traffic& after) {
  Communication c;
  const auto rows = static_cast<double>(after.rows - before.rows);
  if (rows == 0) return c;
  c.step_microseconds = static_cast<double>(after.run_nanoseconds - before.run_nanoseconds) / 1e3 / rows;
  const auto add = [&](const char* name, const sotto_traffic_kind& from, const sotto_traffic_kind& to) {
    if (to.calls == from.calls) return;
    c.collectives.push_back({name, static_cast<double>(to.calls - from.calls) / rows,
                             static_cast<double>(to.bytes - from.bytes) / rows,
                             static_cast<double>(to.nanoseconds - from.nanoseconds) / 1e3 / rows});
  };
  add("all-reduce", before.all_reduce, after.all_reduce);
  add("all-gather", before.all_gather, after.all_gather);
  add("broadcast", before.broadcast, after.broadcast);
  c.is_known = !c.collectives.empty();
  return c;
}

Json to_json(const Communication& c) {
  if (!c.is_known) return nullptr;
  Json all = {{"step_us", c.step_microseconds}};
  for (const Collective& x : c.collectives)
    all[x.name] = {{"calls_per_token", x.calls},
                   {"bytes_per_token", x.bytes},
                   {"us_per_token", x.microseconds},
                   {"share_of_step", c.share(x)}};
  return all;
}

void print(const Communication& c) {
  for (const Collective& x : c.collectives)
    write_text(fmt::format("{:<13} {:.1f} us a token = {:.1f} % of the step, {:.0f} calls, {:.0f} bytes\n", x.name,
                           x.microseconds, 100 * c.share(x), x.calls, x.bytes));
}

}  // namespace sotto::tools

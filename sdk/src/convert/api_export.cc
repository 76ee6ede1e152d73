// The C function sotto_export.
#include <fmt/format.h>

#include "border/guard.h"
#include "border/options.h"
#include "convert/export/export.h"

namespace sotto {
namespace {

Status run(sotto_str input, sotto_str output, const sotto_export_options* given) {
  SOTTO_ASSIGN(const sotto_export_options o, read_options("sotto_export_options", given));
  if ((o.flags & ~SOTTO_CONVERT_OVERWRITE) != 0)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_export_options.flags is {:#x}, 1 is known", o.flags));
  SOTTO_ASSIGN(const sotto_convert_events events, read_options("sotto_convert_events", o.events));
  SOTTO_ASSIGN(const std::string from, read_path("input", input, true));
  SOTTO_ASSIGN(const std::string to, read_path("output", output, true));
  ExportOptions options;
  options.overwrite = (o.flags & SOTTO_CONVERT_OVERWRITE) != 0;
  options.sizes.tensor = o.tensor_parallel == 0 ? 1 : o.tensor_parallel;
  options.sizes.pipeline = o.pipeline_parallel == 0 ? 1 : o.pipeline_parallel;
  return export_checkpoint(from, to, options, Events(events));
}

}  // namespace
}  // namespace sotto

sotto_status sotto_export(sotto_str input, sotto_str output, const sotto_export_options* options, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::run(input, output, options); });
}

// The C function sotto_import.
#include <fmt/format.h>

#include "border/guard.h"
#include "border/options.h"
#include "convert/import.h"

namespace sotto {
namespace {

Result<Events> read_events(const sotto_convert_events* given) {
  SOTTO_ASSIGN(const sotto_convert_events events, read_options("sotto_convert_events", given));
  return Events(events);
}

Status read_path(const char* name, sotto_str text, std::string* out) {
  SOTTO_ASSIGN(const std::string_view view, read_text(name, text));
  if (view.find('\0') != std::string_view::npos)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: the path holds a zero byte", name));
  *out = std::string(view);
  return {};
}

Status read_path(const char* name, sotto_str text, bool is_required, std::string* out) {
  SOTTO_TRY(read_path(name, text, out));
  return is_required && out->empty() ? Status(SOTTO_INVALID_ARGUMENT, fmt::format("{}: no path is given", name)) : Status();
}

Status run(sotto_str source, sotto_str output, const sotto_import_options* given, sotto_import_report* report) {
  SOTTO_ASSIGN(const sotto_import_options o, read_options("sotto_import_options", given));
  if ((o.flags & ~SOTTO_CONVERT_OVERWRITE) != 0)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_import_options.flags is {:#x}, 1 is known", o.flags));
  SOTTO_ASSIGN(const Events events, read_events(o.events));
  if (report != nullptr) SOTTO_TRY(check_struct_size("sotto_import_report", report->struct_size));
  ImportOptions options;
  options.overwrite = (o.flags & SOTTO_CONVERT_OVERWRITE) != 0;
  std::string from, to;
  SOTTO_TRY(read_path("source", source, true, &from));
  SOTTO_TRY(read_path("output", output, true, &to));
  SOTTO_ASSIGN(const std::string_view type, read_text("sotto_import_options.type", o.type));
  options.type = std::string(type);
  SOTTO_TRY(read_path("sotto_import_options.tokenizer", o.tokenizer, false, &options.tokenizer));
  SOTTO_TRY(read_path("sotto_import_options.config", o.config, false, &options.config));
  SOTTO_ASSIGN(const ImportReport made, import_checkpoint(from, to, options, events));
  if (report == nullptr) return {};
  sotto_import_report out{};
  out.tensors = made.tensors;
  out.parameters = made.parameters;
  out.bytes = made.bytes;
  out.tokens = made.tokens;
  out.vocabulary = made.vocabulary;
  copy_text(made.format, out.format);
  copy_text(made.architecture, out.architecture);
  return write_out("sotto_import_report", out, report);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_import(sotto_str source, sotto_str output, const sotto_import_options* options, sotto_import_report* report,
                          sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::run(source, output, options, report); });
}

// The C function sotto_quantize.
#include <fmt/format.h>

#include "border/guard.h"
#include "border/options.h"
#include "convert/quantize/quantize.h"

namespace sotto {
namespace {

sotto_str view_of(std::string_view text) { return {text.data(), text.size()}; }

Status read_importance(const sotto_quantize_options& o, quantize::Options* out) {
  if (o.importance_count == 0) return {};
  SOTTO_TRY(check_given("sotto_quantize_options.importance", o.importance));
  if (o.importance_stride < sizeof(uint32_t) || o.importance_stride % alignof(sotto_importance) != 0)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("sotto_quantize_options.importance_stride is {}: set it to {}",
                                                      o.importance_stride, "sizeof(sotto_importance)"));
  const auto* bytes = reinterpret_cast<const unsigned char*>(o.importance);
  for (uint64_t i = 0; i < o.importance_count; ++i) {
    const auto* item = reinterpret_cast<const sotto_importance*>(bytes + i * o.importance_stride);
    SOTTO_ASSIGN(const sotto_importance importance, read_options("sotto_importance", item));
    SOTTO_ASSIGN(const std::string_view name, read_text("sotto_importance.tensor", importance.tensor));
    if (importance.count > 0) SOTTO_TRY(check_given("sotto_importance.columns", importance.columns));
    out->importance[std::string(name)].assign(importance.columns, importance.columns + importance.count);
  }
  return {};
}

Status read_events(const sotto_convert_events* given, quantize::Options* out) {
  if (given == nullptr) return {};
  SOTTO_ASSIGN(const sotto_convert_events events, read_options("sotto_convert_events", given));
  if (events.progress)
    out->progress = [events](double part, std::string_view what) {
      return events.progress(events.user, static_cast<float>(part), view_of(what)) != 0;
    };
  if (events.warning) out->warning = [events](std::string_view sentence) { events.warning(events.user, view_of(sentence)); };
  return {};
}

Result<quantize::Options> read(const sotto_quantize_options* given) {
  SOTTO_ASSIGN(const sotto_quantize_options o, read_options("sotto_quantize_options", given));
  if (o.flags & ~SOTTO_CONVERT_OVERWRITE)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_quantize_options.flags is {:#x}, 1 is known", o.flags));
  quantize::Options out;
  SOTTO_ASSIGN(const std::string_view type, read_text("sotto_quantize_options.type", o.type));
  out.type = std::string(type);
  out.threads = o.threads;
  out.overwrite = (o.flags & SOTTO_CONVERT_OVERWRITE) != 0;
  SOTTO_TRY(read_importance(o, &out));
  SOTTO_TRY(read_events(o.events, &out));
  if (o.tensor_done)
    out.tensor_done = [done = o.tensor_done, user = o.user](const sotto_tensor_report& report) { done(user, &report); };
  return out;
}

Status run(sotto_str input, sotto_str output, const sotto_quantize_options* given, sotto_quantize_report* report) {
  SOTTO_ASSIGN(const quantize::Options options, read(given));
  SOTTO_ASSIGN(const std::string_view from, read_text("input", input));
  SOTTO_ASSIGN(const std::string_view to, read_text("output", output));
  if (report) SOTTO_TRY(check_struct_size("sotto_quantize_report", report->struct_size));
  SOTTO_ASSIGN(const sotto_quantize_report made, quantize::quantize_file(std::string(from), std::string(to), options));
  return report ? write_out("sotto_quantize_report", made, report) : Status();
}

}  // namespace
}  // namespace sotto

sotto_status sotto_quantize(sotto_str input, sotto_str output, const sotto_quantize_options* options,
                            sotto_quantize_report* report, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::run(input, output, options, report); });
}

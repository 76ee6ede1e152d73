#include "host/plugin_call.h"

#include <cstring>

#include <fmt/format.h>

#include "base/printable.h"

namespace sotto {

Status plugin_failure(std::string_view plugin, std::string_view function, sotto_status status, const sotto_error& error) {
  const std::string text = printable_text(std::string_view(error.text, strnlen(error.text, sizeof error.text)));
  if (status < 0 || status >= SOTTO_STATUS_COUNT)
    return Status(SOTTO_INTERNAL,
                  fmt::format("{}: {}: status {} is none of the {} that exist; please report it to its author{}{}", plugin,
                              function, status, SOTTO_STATUS_COUNT, text.empty() ? "" : ": ", text));
  if (text.empty())
    return Status(status, fmt::format("{}: {} failed with status {} and gave no reason", plugin, function, status));
  return Status(status, fmt::format("{}: {}: {}", plugin, function, text));
}

Status plugin_exception(std::string_view plugin, std::string_view function, std::string_view what) {
  return Status(SOTTO_INTERNAL,
                fmt::format("{}: {} threw an exception, which no plugin may: {}; please report it to its author", plugin,
                            function, printable_text(what)));
}

Status plugin_fault(std::string_view plugin, std::string_view function, std::string_view what) {
  return Status(SOTTO_INTERNAL, fmt::format("{}: {}: {}; please report it to its author", plugin, function, what));
}

}  // namespace sotto

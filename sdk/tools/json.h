// json.h: the JSON that `--json` prints: names in the order of writing, broken UTF-8 as U+FFFD.
#pragma once

#include <nlohmann/json.hpp>

#include "terminal.h"

namespace sotto::tools {

using Json = nlohmann::ordered_json;

inline void print_json(const Json& value) {
  write_bytes(value.dump(-1, ' ', false, Json::error_handler_t::replace));
  write_bytes("\n");
}

}  // namespace sotto::tools

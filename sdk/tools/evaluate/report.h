// report.h: an evaluation as one HTML page: tables and plots drawn into it (SVG), nothing loaded from anywhere.
#pragma once

#include <string>

#include "json.h"

namespace sotto::tools {

std::string html_report(const Json& report);

}  // namespace sotto::tools

// plot.h: small plots as SVG text for the report. Values beyond a plot's range are cut off at its edge.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "json.h"

namespace sotto::tools {

std::string escaped(const std::string& text);  // for HTML
std::string digits(double value);              // "0.843"

// Horizontal bars from 0 to `most`; `half_widths`: intervals, or empty.
std::string bar_plot(const std::string& title, const std::vector<std::pair<std::string, double>>& bars, double most,
                     const std::vector<double>& half_widths = {});
// A line through values at 1, 2, 3, ... between `least` and `most`, with the zero line.
std::string line_plot(const std::string& title, const std::vector<double>& values, double least, double most);
// {wanted: {came: count}} as a grid, each row shaded by its shares.
std::string confusion_plot(const std::string& title, const Json& confusion);

}  // namespace sotto::tools

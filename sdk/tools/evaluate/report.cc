#include "report.h"

#include <fmt/format.h>

#include <algorithm>

#include "plot.h"

namespace sotto::tools {
namespace {

constexpr const char* kHead =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sotto: evaluation</title><style>"
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
    "h1{font-size:1.5em}h2{font-size:1.2em;border-bottom:1px solid #ccc;margin-top:2em}"
    "table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}svg{display:block;margin:1em 0}"
    "svg text{font:12px system-ui,sans-serif}svg .t{font-weight:600}svg .r{text-anchor:end}svg .m{text-anchor:middle}"
    "svg .b{fill:#3b6ea5}svg .i{stroke:#222;stroke-width:2}svg .l{fill:none;stroke:#3b6ea5;stroke-width:2}"
    "svg .z{stroke:#999;stroke-dasharray:3}</style></head><body>\n";

std::string value_text(const Json& value) {
  if (value.is_number_float()) return digits(value.get<double>());
  if (value.is_object() && value.contains("rate"))
    return fmt::format("{} ± {} of {}", digits(value["rate"].get<double>()), digits(value["half_width"].get<double>()),
                       value["count"].dump());
  if (value.is_object() && value.contains("p95"))
    return fmt::format("{} (95 %: {}, most {})", digits(value["median"].get<double>()), digits(value["p95"].get<double>()),
                       digits(value["most"].get<double>()));
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// What is one figure: a number, a rate, a distribution.
bool is_figure(const Json& value) {
  return !value.is_array() && (!value.is_object() || value.contains("rate") || value.contains("p95"));
}

void add_rows(const Json& section, const std::string& prefix, std::string* rows) {
  for (const auto& [name, value] : section.items()) {
    const std::string path = prefix.empty() ? name : prefix + ", " + name;
    if (is_figure(value))
      *rows += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", escaped(path), escaped(value_text(value)));
    else if (value.is_object() && name != "labels" && name != "confusion")
      add_rows(value, path, rows);
  }
}

std::string table(const Json& section) {
  std::string rows;
  add_rows(section, "", &rows);
  return rows.empty() ? "" : "<table><tr><th>figure</th><th>value</th></tr>\n" + rows + "</table>\n";
}

std::string classification_plots(const std::string& name, const Json& c) {
  std::vector<std::pair<std::string, double>> bars;
  for (const auto& [label, figures] : c["labels"].items()) bars.emplace_back(label, figures["f1"].get<double>());
  return bar_plot("F1, " + name, bars, 1) + confusion_plot("wanted (rows) and what came, " + name, c["confusion"]);
}

// Plots of what a section holds, wherever it stands.
std::string plots(const std::string& name, const Json& section) {
  std::string out;
  if (!section.is_object()) return out;
  if (section.contains("confusion")) return classification_plots(name, section);
  std::vector<std::pair<std::string, double>> bars;
  std::vector<double> half_widths;
  for (const auto& [key, value] : section.items()) {
    if (value.is_object() && value.contains("rate")) {
      bars.emplace_back(key, value["rate"].get<double>());
      half_widths.push_back(value["half_width"].get<double>());
    } else if (key == "mood_by_turn" && value.is_array() && !value.empty()) {
      out += line_plot("mood of the user's words by turn, mean", value.get<std::vector<double>>(), -1, 1);
    } else if (!is_figure(value)) {
      out += plots(name.empty() ? key : name + ", " + key, value);
    }
  }
  return (bars.empty() ? "" : bar_plot(name, bars, 1, half_widths)) + out;
}

std::string latency_plot(const Json& parts) {
  std::vector<std::pair<std::string, double>> bars;
  double most = 0;
  for (const auto& [name, part] : parts.items())
    if (part.contains("milliseconds")) {
      bars.emplace_back(name + ", median", part["milliseconds"]["median"].get<double>());
      bars.emplace_back(name + ", 95 %", part["milliseconds"]["p95"].get<double>());
      most = std::max(most, bars.back().second);
    }
  return bars.empty() ? "" : bar_plot("milliseconds a call", bars, most);
}

}  // namespace

std::string html_report(const Json& report) {
  std::string html = kHead;
  html += "<h1>Evaluation of " + escaped(value_text(report["model"]["name"])) + "</h1>\n" + table(report["model"]);
  for (const auto& [name, part] : report["parts"].items()) {
    html += "<h2>" + escaped(name) + "</h2>\n";
    html += part.contains("skipped") ? "<p>Not evaluated: " + escaped(value_text(part["skipped"])) + ".</p>\n"
                                     : table(part) + plots("", part);
  }
  html += "<h2>latency and memory</h2>\n" + latency_plot(report["parts"]) + table(report["memory"]);
  return html + "</body></html>\n";
}

}  // namespace sotto::tools

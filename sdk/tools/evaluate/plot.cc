#include "plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace sotto::tools {
namespace {

constexpr int kLabelWidth = 190, kBarWidth = 330, kRow = 22, kTop = 30;
constexpr size_t kMostRows = 40;  // of a plot: of more labels the first

std::string frame(const std::string& title, int width, int height, const std::string& inside) {
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" aria-label=\"{2}\">"
      "<text x=\"4\" y=\"18\" class=\"t\">{2}</text>{3}</svg>\n",
      width, height, escaped(title), inside);
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (byte >= 0x20 || c == '\n' || c == '\t')
      out += c;
  }
  return out;
}

std::string digits(double value) { return std::isfinite(value) ? fmt::format("{:.3f}", value) : "-"; }

std::string bar_plot(const std::string& title, const std::vector<std::pair<std::string, double>>& bars, double most,
                     const std::vector<double>& half_widths) {
  std::string inside;
  const size_t rows = std::min(bars.size(), kMostRows);
  const auto wide = [&](double v) { return most > 0 ? kBarWidth * std::clamp(v / most, 0.0, 1.0) : 0.0; };
  for (size_t i = 0; i < rows; ++i) {
    const double y = kTop + static_cast<double>(i) * kRow, end = wide(bars[i].second);
    inside += fmt::format("<text x=\"{}\" y=\"{}\" class=\"r\">{}</text>", kLabelWidth - 6, y + 14, escaped(bars[i].first));
    inside += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"16\" class=\"b\"/>", kLabelWidth, y + 2, end);
    if (i < half_widths.size()) {
      const double from = wide(bars[i].second - half_widths[i]), to = wide(bars[i].second + half_widths[i]);
      inside += fmt::format("<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" class=\"i\"/>", kLabelWidth + from,
                            kLabelWidth + to, y + 10, y + 10);
    }
    inside +=
        fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>", kLabelWidth + kBarWidth + 8.0, y + 14, digits(bars[i].second));
  }
  return frame(title, kLabelWidth + kBarWidth + 70, kTop + static_cast<int>(rows) * kRow + 8, inside);
}

std::string line_plot(const std::string& title, const std::vector<double>& values, double least, double most) {
  constexpr int kWidth = 520, kHeight = 160;
  const auto x = [&](size_t i) {
    return 40 + (values.size() > 1 ? static_cast<double>(i) * (kWidth - 60) / static_cast<double>(values.size() - 1) : 0);
  };
  const auto y = [&](double v) { return kTop + kHeight * (1 - std::clamp((v - least) / (most - least), 0.0, 1.0)); };
  std::string points, inside;
  for (size_t i = 0; i < values.size(); ++i) {
    points += fmt::format("{:.1f},{:.1f} ", x(i), y(values[i]));
    inside += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" class=\"b\"/>", x(i), y(values[i]));
    if (values.size() <= 20)
      inside += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>", x(i) - 3, kTop + kHeight + 16, i + 1);
  }
  inside +=
      fmt::format("<polyline points=\"{}\" class=\"l\"/><line x1=\"40\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" class=\"z\"/>",
                  points, kWidth - 20, y(0), y(0));
  for (const double v : {least, 0.0, most}) inside += fmt::format("<text x=\"4\" y=\"{:.1f}\">{:g}</text>", y(v) + 4, v);
  return frame(title, kWidth, kTop + kHeight + 24, inside);
}

std::string confusion_plot(const std::string& title, const Json& confusion) {
  std::set<std::string> columns;
  for (const auto& [wanted, came] : confusion.items())
    for (const auto& [label, count] : came.items()) columns.insert(label);
  if (columns.size() > kMostRows || confusion.size() > kMostRows) return {};
  constexpr int kCell = 46;
  const int across = static_cast<int>(columns.size()) * kCell;
  std::string inside;
  int at = 0;
  for (const std::string& label : columns)
    inside += fmt::format("<text x=\"{}\" y=\"{}\" class=\"m\">{}</text>", kLabelWidth + kCell / 2 + kCell * at++, kTop + 12,
                          escaped(label.substr(0, 8)));
  int row = 0;
  for (const auto& [wanted, came] : confusion.items()) {
    double all = 0;
    for (const auto& [label, count] : came.items()) all += count.get<double>();
    const int y = kTop + 18 + kRow * row++;
    inside += fmt::format("<text x=\"{}\" y=\"{}\" class=\"r\">{}</text>", kLabelWidth - 6, y + 15, escaped(wanted));
    int column = 0;
    for (const std::string& label : columns) {
      const double count = came.value(label, 0.0);
      const int x = kLabelWidth + kCell * column++;
      inside += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"b\" fill-opacity=\"{:.2f}\"/>", x, y,
                            kCell - 1, kRow - 1, all > 0 ? count / all : 0);
      if (count > 0) inside += fmt::format("<text x=\"{}\" y=\"{}\" class=\"m\">{:g}</text>", x + kCell / 2, y + 15, count);
    }
  }
  return frame(title, kLabelWidth + across + 10, kTop + 26 + kRow * row, inside);
}

}  // namespace sotto::tools

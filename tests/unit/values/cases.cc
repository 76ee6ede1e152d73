#include "cases.h"

#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "text/values/calendar.h"
#include "text/values/parser.h"

namespace sotto::values {
namespace {

constexpr const char* kKinds[] = {"0",        "number", "ordinal", "percent", "temperature", "light",
                                  "duration", "time",   "amount",  "color",   "level",       "phone"};

void set_clock(const std::string& text, sotto_values_options* options) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, offset_hour = 0, offset_minute = 0;
  char sign = '+';
  const int read = std::sscanf(text.c_str(), "%d-%d-%dT%d:%d%c%d:%d", &year, &month, &day, &hour, &minute, &sign, &offset_hour,
                               &offset_minute);
  if (read != 8) throw std::runtime_error("no clock: " + text);
  options->utc_offset_minutes = (sign == '-' ? -1 : 1) * (offset_hour * 60 + offset_minute);
  const int64_t local = days_of({year, month, day}) * kDaySeconds + hour * 3600 + minute * 60;
  options->now_unix_ms = (local - options->utc_offset_minutes * 60) * 1000;
}

void set_expected(const std::string& name, sotto_values_options* options) {
  for (uint32_t kind = 0; kind < std::size(kKinds); ++kind)
    if (name == kKinds[kind]) return void(options->expect = kind);
  throw std::runtime_error("no kind: " + name);
}

std::string without_brackets(const std::string& marked) {
  std::string out;
  for (const char c : marked)
    if (c != '[' && c != ']') out += c;
  return out;
}

}  // namespace

sotto_values_options default_options() {
  sotto_values_options options{};
  options.struct_size = sizeof options;
  set_clock("2026-11-28T10:00+08:00", &options);
  return options;
}

std::vector<Case> read_cases(const std::string& path, uint32_t language) {
  std::vector<Case> out;
  std::ifstream in(path);
  sotto_values_options options = default_options();
  options.language = language;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.empty() || line.rfind("# ", 0) == 0) continue;
    if (line.rfind("#now ", 0) == 0) {
      set_clock(line.substr(5), &options);
    } else if (line.rfind("#expect ", 0) == 0) {
      set_expected(line.substr(8), &options);
    } else {
      const size_t tab = line.find('\t');
      if (tab == std::string::npos) throw std::runtime_error(path + ": no tab in: " + line);
      const std::string marked = line.substr(0, tab);
      out.push_back({path, number, marked, without_brackets(marked), line.substr(tab + 1), options});
    }
  }
  return out;
}

Found find(const std::string& text, const sotto_values_options& options) {
  Found out;
  size_t last = 0;
  parse(text, options, [&](const sotto_value* readings, uint32_t count) {
    const size_t begin = readings[0].begin, end = readings[0].end;
    out.marked += text.substr(last, begin - last) + "[" + text.substr(begin, end - begin) + "]";
    last = end;
    for (uint32_t i = 0; i < count; ++i) out.forms += (i > 0 ? " | " : out.forms.empty() ? "" : " ; ") + print(readings[i]);
  });
  out.marked += text.substr(last);
  if (out.forms.empty()) out.forms = "-";
  return out;
}

}  // namespace sotto::values

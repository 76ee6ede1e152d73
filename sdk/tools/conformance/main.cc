// main.cc - sotto-conformance LIBRARY: every promise of plan.h and backend.h, checked on each device of one backend.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <filesystem>
#include <iostream>

#include "conformance/report.h"
#include "installed.h"

namespace sotto::conformance {
namespace {

constexpr int kConforms = 0, kDoesNotConform = 1, kWrongUsage = 2;

struct Options {
  Libraries libraries;
  int64_t device = -1;
  std::vector<std::string> filters;
  bool json = false, list = false;
};

int wrong_usage(const std::string& sentence) {
  std::cerr << "sotto-conformance: " << sentence << '\n';
  return kWrongUsage;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Sections chosen(const std::vector<std::string>& filters) {
  Sections kept;
  for (Section& section : all_sections()) {
    bool is_wanted = filters.empty();
    for (const std::string& filter : filters)
      is_wanted = is_wanted || lower(section.name).find(lower(filter)) != std::string::npos;
    if (is_wanted) kept.push_back(std::move(section));
  }
  return kept;
}

int test(const Options& o, const Sections& sections) {
  Report report(o.json ? nullptr : stdout);
  const LibraryName name = identify(o.libraries, report);
  report.library(name, o.libraries);
  const bool is_there = o.device < 0 || static_cast<uint64_t>(o.device) < name.devices.size();
  if (!name.id.empty() && !is_there)
    return wrong_usage("device " + std::to_string(o.device) + " of " + o.libraries.tested + ", which has " +
                       std::to_string(name.devices.size()));
  if (!name.id.empty() && name.devices.empty()) report.fault("the library has no device on this machine");
  for (uint32_t device = 0; device < name.devices.size(); ++device) {
    if (o.device >= 0 && o.device != device) continue;
    report.begin_device(device, name.devices[device]);
    run_sections(o.libraries, device, sections, report);
    report.end_device();
  }
  report.end();
  if (o.json) std::cout << report.json() << std::endl;
  return report.conforms() ? kConforms : kDoesNotConform;
}

void declare(CLI::App& app, Options& o) {
  app.add_option("LIBRARY", o.libraries.tested, "the backend's library, such as lib/sotto/libsotto_backend_cpu.so");
  app.add_option("--device", o.device, "only this device of the backend; default: every device")->check(CLI::NonNegativeNumber);
  app.add_option("--filter", o.filters, "only sections whose name contains TEXT; may be given several times")
      ->type_name("TEXT")
      ->allow_extra_args(false);  // one TEXT each time: the next word may be LIBRARY
  app.add_option("--reference", o.libraries.reference, "the reference backend; default: the one installed beside this program");
  app.add_flag("--json", o.json, "print one JSON object instead of the table");
  app.add_flag("--list", o.list, "print the names of the sections and end");
  app.footer(
      "Each promise of plan.h and backend.h is checked against formulas in double precision and, for what two backends do "
      "together,\n"
      "against the reference backend. Tolerances follow from the data types alone. The library is opened in processes of its "
      "own:\n"
      "a crash or a hang is reported and the next section goes on.\n\nExit status: 0 it conforms, 1 it does not, 2 wrong "
      "usage.");
}

int run(int argc, char** argv) {
  Options o;
  CLI::App app("Does a backend library do what plan.h and backend.h say?", "sotto-conformance");
  declare(app, o);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kWrongUsage;
  }
  const Sections sections = chosen(o.filters);
  if (o.list) {
    for (const Section& section : sections) std::cout << section.name << '\n';
    return 0;
  }
  if (o.libraries.tested.empty()) return wrong_usage("which library? See --help");
  if (sections.empty()) return wrong_usage("no section has that in its name; --list prints them");
  if (o.libraries.reference.empty()) o.libraries.reference = tools::default_plugin_folder() + "/libsotto_backend_reference.so";
  for (std::string* path : {&o.libraries.tested, &o.libraries.reference}) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(*path, failed))
      return wrong_usage("there is no file " + *path +
                         (path == &o.libraries.reference ? "; name the reference by --reference" : ""));
    *path = std::filesystem::absolute(*path, failed).string();
  }
  return test(o, sections);
}

}  // namespace
}  // namespace sotto::conformance

int main(int argc, char** argv) {
  try {
    return sotto::conformance::run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "sotto-conformance: " << e.what() << '\n';
    return 1;
  }
}

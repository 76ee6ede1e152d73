#include "conformance/report.h"

#include <nlohmann/json.hpp>

namespace sotto::conformance {
namespace {

constexpr double kNotFinite = 1e300;
constexpr size_t kMostFaults = 5;  // told of a section; the others are counted

std::string plural(uint64_t count, const char* what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

using Json = nlohmann::ordered_json;

Json as_json(const SectionResult& s) {
  Json made;
  made["name"] = s.name;
  made["pass"] = s.failed == 0;
  made["cases"] = s.cases;
  made["failed"] = s.failed;
  made["worst_error"] = s.measured == 0 || s.worst_error >= kNotFinite ? Json() : Json(s.worst_error);
  made["tolerance"] = s.measured == 0 ? Json() : Json(s.tolerance);
  made["faults"] = s.faults;
  made["notes"] = s.notes;
  return made;
}

Json as_json(const Speed& s) {
  Json made;
  made["type"] = s.type;
  made["decode_gb_per_s"] = s.decode_gb_per_s;
  made["decode_error"] = s.decode_error;
  made["prefill_gmac_per_s"] = s.prefill_gmac_per_s;
  made["prefill_error"] = s.prefill_error;
  made["tolerance"] = s.tolerance;
  return made;
}

Json as_json(const DeviceResult& d) {
  Json sections = Json::array(), speeds = Json::array();
  for (const SectionResult& s : d.sections) sections.push_back(as_json(s));
  for (const Speed& s : d.speeds) speeds.push_back(as_json(s));
  Json made;
  made["index"] = d.index;
  made["name"] = d.device.name;
  made["detail"] = d.device.detail;
  made["sections"] = sections;
  made["speed"] = speeds;
  return made;
}

}  // namespace

void Report::begin_section(const std::string& name) {
  end_section();
  devices_.back().sections.push_back({name, 0, 0, 0, 0, 0, {}, {}});
  is_section_open_ = true;
  case_.clear();
  is_case_failed_ = true;  // there is none yet: a fault counts as one
}

void Report::begin_case(const std::string& what) {
  case_ = what;
  is_case_failed_ = false;
  ++section().cases;
}

void Report::measured(double error, double tolerance) {
  SectionResult& s = section();
  // A tolerance of zero is compared by the error alone.
  const auto ratio = [](double e, double t) { return t > 0 ? e / t : e > 0 ? 1e300 : 0; };
  if (s.measured++ == 0 || ratio(error, tolerance) > ratio(s.worst_error, s.tolerance)) {
    s.worst_error = error;
    s.tolerance = tolerance;
  }
}

void Report::fault(const std::string& sentence) {
  if (devices_.back().sections.empty()) begin_section("library");
  SectionResult& s = section();
  if (!is_section_open_) is_section_open_ = true;
  const bool has_case = sentence.rfind(case_, 0) == 0;  // else the process ended under it
  s.failed += is_case_failed_ && s.failed != 0 ? 0 : 1;
  is_case_failed_ = true;
  if (s.faults.size() < kMostFaults) s.faults.push_back(has_case || case_.empty() ? sentence : case_ + ": " + sentence);
}

void Report::note(const std::string& sentence) { section().notes.push_back(sentence); }
void Report::speed(const Speed& speed) { devices_.back().speeds.push_back(speed); }

void Report::end_section() {
  if (!is_section_open_) return;
  is_section_open_ = false;
  const SectionResult& s = section();
  if (table_ == nullptr || (s.name == "library" && s.failed == 0)) return;
  std::string error = s.measured == 0              ? ""
                      : s.worst_error < kNotFinite ? short_number(s.worst_error)
                                                   : "not finite",
              tolerance = s.measured == 0 ? "" : short_number(s.tolerance);
  const char* verdict = s.failed != 0 ? "FAIL" : s.cases == 0 ? "skipped" : "pass";
  std::fprintf(table_, "%-25s %6u  %11s  %9s  %s\n", s.name.c_str(), s.cases, error.c_str(), tolerance.c_str(), verdict);
  for (const std::string& fault : s.faults) std::fprintf(table_, "    FAIL  %s\n", fault.c_str());
  if (s.failed > s.faults.size())
    std::fprintf(table_, "    and %u more of its %s\n", s.failed - static_cast<uint32_t>(s.faults.size()),
                 plural(s.cases, "case").c_str());
  for (const std::string& note : s.notes) std::fprintf(table_, "    %s\n", note.c_str());
  std::fflush(table_);
}

void Report::library(const LibraryName& name, const Libraries& paths) {
  end_section();
  library_ = name;
  paths_ = paths;
  if (table_ == nullptr || name.id.empty()) return;
  std::fprintf(table_, "%s %s, %s\n", name.id.c_str(), name.version.c_str(), plural(name.devices.size(), "device").c_str());
}

void Report::begin_device(uint32_t index, const DeviceName& device) {
  devices_.push_back({index, device, {}, {}});
  if (table_ == nullptr) return;
  std::fprintf(table_, "\ndevice %u: %s (%s)\n\n%-25s %6s  %11s  %9s\n", index, device.name.c_str(), device.detail.c_str(),
               "section", "cases", "worst error", "tolerance");
  std::fflush(table_);
}

void Report::end_device() {
  end_section();
  if (table_ != nullptr && !devices_.back().speeds.empty()) print_speeds();
}

void Report::print_speeds() const {
  std::fprintf(table_, "\n%-6s  %22s  %37s\n", "", "LINEAR of 1 row", "LINEAR of 256 rows");
  std::fprintf(table_, "%-6s  %8s  %12s  %23s  %12s  %9s\n", "type", "GB/s", "error", "G multiply-adds/s", "error",
               "tolerance");
  for (const Speed& s : devices_.back().speeds)
    std::fprintf(table_, "%-6s  %8.2f  %12.2g  %23.2f  %12.2g  %9.2g\n", s.type.c_str(), s.decode_gb_per_s, s.decode_error,
                 s.prefill_gmac_per_s, s.prefill_error, s.tolerance);
}

double Report::seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count(); }

bool Report::conforms() const {
  for (const DeviceResult& d : devices_)
    for (const SectionResult& s : d.sections)
      if (s.failed != 0) return false;
  return devices_.size() > 1;
}

void Report::end() {
  end_section();
  if (table_ == nullptr) return;
  uint64_t cases = 0, failed = 0;
  for (const DeviceResult& d : devices_)
    for (const SectionResult& s : d.sections) cases += s.cases, failed += s.failed;
  const std::string name = library_.id.empty() ? paths_.tested : library_.id;
  if (conforms())
    std::fprintf(table_, "\n%s conforms: %s in %.1f s\n", name.c_str(), plural(cases, "case").c_str(), seconds());
  else
    std::fprintf(table_, "\n%s does not conform: %llu of %s failed in %.1f s\n", name.c_str(),
                 static_cast<unsigned long long>(failed), plural(cases, "case").c_str(), seconds());
}

std::string Report::json() const {
  Json devices = Json::array();
  for (size_t i = 1; i < devices_.size(); ++i) devices.push_back(as_json(devices_[i]));
  std::vector<std::string> faults;  // of the library as a whole
  for (const SectionResult& s : devices_[0].sections) faults.insert(faults.end(), s.faults.begin(), s.faults.end());
  Json all;
  all["library"] = paths_.tested;
  all["reference"] = paths_.reference;
  all["backend"] = library_.id;
  all["version"] = library_.version;
  all["conforms"] = conforms();
  all["seconds"] = seconds();
  all["faults"] = faults;
  all["devices"] = devices;
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sotto::conformance

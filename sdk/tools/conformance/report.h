// report.h - the report of a whole run: a table that grows while the sections run, and one JSON object.
#pragma once

#include <chrono>
#include <cstdio>

#include "conformance/isolate.h"

namespace sotto::conformance {

struct SectionResult {
  std::string name;
  uint32_t cases = 0, failed = 0, measured = 0;
  double worst_error = 0, tolerance = 0;  // of the measured case that is worst for its tolerance
  std::vector<std::string> faults;        // the first ones
  std::vector<std::string> notes;
};

struct DeviceResult {
  uint32_t index = 0;
  DeviceName device;
  std::vector<SectionResult> sections;
  std::vector<Speed> speeds;
};

class Report : public Listener {
 public:
  // Prints lines to `table` as they come; null: not.
  explicit Report(std::FILE* table) : table_(table) {}

  void begin_section(const std::string& name) override;
  void begin_case(const std::string& what) override;
  void measured(double error, double tolerance) override;
  void fault(const std::string& sentence) override;
  void note(const std::string& sentence) override;
  void alive() override {}
  void speed(const Speed& speed) override;

  void library(const LibraryName& name, const Libraries& paths);
  void begin_device(uint32_t index, const DeviceName& device);
  void end_device();
  void end();

  bool conforms() const;
  std::string json() const;

 private:
  void end_section();
  void print_speeds() const;
  double seconds() const;
  SectionResult& section() { return devices_.back().sections.back(); }

  std::FILE* table_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  LibraryName library_;
  Libraries paths_;
  // The first has the section "library" alone: what is not of one device.
  std::vector<DeviceResult> devices_ = std::vector<DeviceResult>(1);
  std::string case_;
  bool is_case_failed_ = false;
  bool is_section_open_ = false;
};

}  // namespace sotto::conformance

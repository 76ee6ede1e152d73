// recorder.h - what the cases say of a backend, one message each; the table and the JSON are made of these (report.h).
#pragma once

#include <functional>
#include <string>

#include "conformance/backend.h"

namespace sotto::conformance {

// Speed of LINEAR with one weight type, and how wrong it was at that speed.
struct Speed {
  std::string type;
  double decode_gb_per_s = 0, decode_error = 0;
  double prefill_gmac_per_s = 0, prefill_error = 0;
  double tolerance = 0;
};

struct Listener {
  virtual ~Listener() = default;
  virtual void begin_section(const std::string& name) = 0;
  virtual void begin_case(const std::string& what) = 0;
  virtual void measured(double error, double tolerance) = 0;
  virtual void fault(const std::string& sentence) = 0;  // of the case that began last
  virtual void note(const std::string& sentence) = 0;
  virtual void alive() = 0;  // a long case is still at work
  virtual void speed(const Speed& speed) = 0;
};

class Recorder {
 public:
  Recorder(Listener& listener, const Backend& tested) : listener_(listener), tested_(tested) {}

  // One case: `body` throws Fault, by expect() or measure(), where a promise is broken; the next case follows all the same.
  void check(const std::string& what, const std::function<void()>& body);
  // A relative error beside its tolerance. `suspect` is asked for the likely reason when it is too large.
  void measure(double error, double tolerance, const std::function<std::string()>& suspect = {});
  void note(const std::string& sentence) { listener_.note(sentence); }
  void alive() { listener_.alive(); }
  void speed(const Speed& speed) { listener_.speed(speed); }
  void begin_section(const std::string& name);

 private:
  Listener& listener_;
  const Backend& tested_;
  uint32_t explained_ = 0;  // faults of this section whose reason was looked for
};

// Two significant digits, as the table prints errors.
std::string short_number(double value);

}  // namespace sotto::conformance

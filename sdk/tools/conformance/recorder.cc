#include "conformance/recorder.h"

#include <cstdio>
#include <new>

namespace sotto::conformance {
namespace {

// Looking for a reason computes the oracle many times over: for the first few faults of a section only.
constexpr uint32_t kMostExplained = 2;

}  // namespace

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

void Recorder::begin_section(const std::string& name) {
  explained_ = 0;
  listener_.begin_section(name);
}

void Recorder::check(const std::string& what, const std::function<void()>& body) {
  listener_.begin_case(what);
  const auto fault = [&](const std::string& sentence) { listener_.fault(what.empty() ? sentence : what + ": " + sentence); };
  try {
    body();
    tested_.rethrow();
  } catch (const Fault& f) {
    fault(f.what());
  } catch (const std::bad_alloc&) {
    fault("these tests themselves ran out of memory");
  } catch (const std::exception& e) {
    fault(std::string("unexpected: ") + e.what());
  }
}

void Recorder::measure(double error, double tolerance, const std::function<std::string()>& suspect) {
  listener_.measured(error, tolerance);
  if (error <= tolerance) return;
  std::string sentence = error < 1e300 ? "relative error " + short_number(error) + ", tolerance " + short_number(tolerance)
                                       : "numbers are not finite, or rows are missing";
  if (suspect && explained_++ < kMostExplained) sentence += ": " + suspect();
  throw Fault(sentence);
}

}  // namespace sotto::conformance

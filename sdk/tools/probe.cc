// probe.cc: sotto-probe BACKEND OTHER DEVICE: does the device of one backend's library compute what another backend's does? Its
// driver may crash or hang: whoever started it sees only an end. The last line on the standard output is "passed" or the
// reason; exit status 0 it passed, 1 it did not, 2 wrong usage.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "sotto/sotto.hpp"

namespace {

enum ExitStatus : int { kPassed = 0, kFailed = 1, kWrongUsage = 2 };

int fail(const char* reason) {
  std::printf("%s\n", reason);
  return kFailed;
}

// The backend whose library was named first; the other one is the reference or the CPU's.
uint32_t index_of_tested(sotto_runtime* runtime) {
  sotto_plugin_info plugin{};
  plugin.struct_size = sizeof plugin;
  if (sotto_runtime_plugin_info(runtime, 0, &plugin, nullptr) != SOTTO_OK) return SOTTO_NONE;
  for (uint32_t i = 0; i < sotto_runtime_backend_count(runtime); ++i) {
    sotto_backend_info info{};
    info.struct_size = sizeof info;
    if (sotto_runtime_backend_info(runtime, i, &info, nullptr) == SOTTO_OK && std::strcmp(info.id, plugin.id) == 0) return i;
  }
  return SOTTO_NONE;
}

int probe(const sotto_str (&files)[2], uint32_t device) {
  sotto_error error{};
  error.struct_size = sizeof error;
  sotto_runtime_options o{};
  o.struct_size = sizeof o;
  o.plugin_files = files;
  o.plugin_file_count = 2;
  sotto_runtime* runtime = nullptr;
  if (sotto_runtime_create(&o, &runtime, &error) != SOTTO_OK) return fail(error.text);
  sotto_device_verdict verdict{};
  verdict.struct_size = sizeof verdict;
  const uint32_t backend = index_of_tested(runtime);
  const sotto_status status = sotto_runtime_check_device(runtime, backend, device, SOTTO_CHECK_HERE, &verdict, &error);
  if (status != SOTTO_OK) return fail(error.text);
  if (verdict.state != SOTTO_DEVICE_PASSED && verdict.state != SOTTO_DEVICE_TRUSTED) return fail(verdict.reason);
  // Closing the driver is a part of the check.
  sotto_runtime_destroy(runtime);
  std::puts("passed");
  return kPassed;
}

}  // namespace

int main(int argc, char** argv) {
  uint32_t device = 0;
  const std::string_view number = argc == 4 ? argv[3] : "";
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), device);
  if (number.empty() || failed != std::errc() || end != number.data() + number.size()) {
    std::fputs("usage: sotto-probe BACKEND_LIBRARY OTHER_LIBRARY DEVICE\n", stderr);
    return kWrongUsage;
  }
  return probe({sotto_cstr(argv[1]), sotto_cstr(argv[2])}, device);
}

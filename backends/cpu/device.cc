#include "device.h"

#include <cstdio>
#include <cstring>
#include <memory>

#include "common/report.h"
#include "instruction_sets.h"
#include "threads.h"

namespace sotto::cpu {

using backend::fail;
namespace {

struct CloseFile {
  void operator()(std::FILE* f) const { std::fclose(f); }
};

// The rest of the first line of /proc/`name` that begins with `key`, blanks and colon skipped; false when there is none.
bool proc_line(const char* name, const char* key, char* text, size_t size) {
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(name, "r"));
  if (file == nullptr) return false;
  char line[512];
  while (std::fgets(line, sizeof line, file.get()) != nullptr) {
    if (std::strncmp(line, key, std::strlen(key)) != 0) continue;
    const char* value = line + std::strlen(key);
    value += std::strspn(value, " \t:");
    std::snprintf(text, size, "%.*s", static_cast<int>(std::strcspn(value, "\n")), value);
    return true;
  }
  return false;
}

uint64_t memory_bytes(const char* key) {
  char text[64];
  unsigned long long kilobytes = 0;
  if (!proc_line("/proc/meminfo", key, text, sizeof text) || std::sscanf(text, "%llu", &kilobytes) != 1) return 0;
  return kilobytes * 1024;
}

}  // namespace

sotto_status describe_device(uint32_t device, sotto_device_info* out, sotto_error* err) {
  InstructionSet sets[kMostSets];
  const uint32_t count = usable_sets(sets);
  if (device >= count) return fail(err, SOTTO_NOT_FOUND, "cpu: device %u of %u", device, count);
  sotto_device_info info = {};
  info.struct_size = out->struct_size;
  info.index = device;
  char model[96] = "CPU";
  if (!proc_line("/proc/cpuinfo", "model name", model, sizeof model))
    (void)proc_line("/proc/cpuinfo", "Hardware", model, sizeof model);
  const uint32_t cores = usable_cores();
  std::snprintf(info.name, sizeof info.name, "%s, %u core%s", model, cores, cores == 1 ? "" : "s");
  std::snprintf(info.detail, sizeof info.detail, "%s", sets[device].detail);
  info.memory_bytes = memory_bytes("MemTotal");
  info.memory_free_bytes = memory_bytes("MemAvailable");
  info.shares_memory_with_host = 1;
  info.batch_invariant_rows = UINT32_MAX;
  std::memcpy(out, &info, out->struct_size < sizeof info ? out->struct_size : sizeof info);
  return SOTTO_OK;
}

}  // namespace sotto::cpu

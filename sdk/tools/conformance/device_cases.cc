// What a backend says of its devices, and how much of that it writes.
#include <cstring>

#include "conformance/cases.h"

namespace sotto::conformance {
namespace {

void describe(const Subject& subject, Recorder& record) {
  record.check("device_info", [&] {
    const sotto_device_info info = subject.tested.info(subject.device);
    expect(info.index == subject.device, "says it is device " + std::to_string(info.index));
    expect(info.memory_bytes == 0 || info.memory_free_bytes <= info.memory_bytes, "more memory is free than there is");
  });
  record.check("device_info of a device that is not there", [&] {
    Error error;
    sotto_device_info info{};
    info.struct_size = sizeof info;
    const sotto_status s = subject.tested.call(&error, calls::device_info, subject.tested.self(), 1000000u, &info);
    expect(s == SOTTO_NOT_FOUND || s == SOTTO_INVALID_ARGUMENT, std::string("answered ") + status_name(s));
  });
  record.check("device_info into the struct of an older caller", [&] {
    struct {
      sotto_device_info info;
    } guarded;
    std::memset(&guarded, 0x5A, sizeof guarded);
    const uint32_t known = offsetof(sotto_device_info, detail);
    guarded.info.struct_size = known;
    Error error;
    const sotto_status s =
        subject.tested.call(&error, calls::device_info, subject.tested.self(), subject.device, &guarded.info);
    succeed(s, "device_info", error);
    const char* bytes = reinterpret_cast<const char*>(&guarded.info);
    for (size_t i = known; i < sizeof guarded.info; ++i)
      expect(bytes[i] == 0x5A, "wrote byte " + std::to_string(i) + " of a struct of " + std::to_string(known));
  });
}

}  // namespace

Sections device_sections() { return {{"device", describe}}; }

}  // namespace sotto::conformance

#include "host/clock.h"

#include <chrono>

#include <fmt/format.h>

namespace sotto {
namespace {

int64_t unix_milliseconds(void*) {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

uint64_t monotonic_nanoseconds(void*) {
  using namespace std::chrono;
  return static_cast<uint64_t>(duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count());
}

constexpr sotto_clock_service kSystemClock = {sizeof(sotto_clock_service), 0, unix_milliseconds, monotonic_nanoseconds};

}  // namespace

sotto_interface system_clock_service() { return sotto_interface{&kSystemClock, nullptr}; }

Status check_clock(const sotto_interface& clock) {
  const auto* table = static_cast<const sotto_clock_service*>(clock.table);
  if (table->struct_size < sizeof *table)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("clock: the table's struct_size is {}, {} has {} bytes",
                                                      table->struct_size, SOTTO_CLOCK_SERVICE_ID, sizeof *table));
  if (table->unix_milliseconds == nullptr || table->monotonic_nanoseconds == nullptr)
    return Status(SOTTO_INVALID_ARGUMENT, "clock: a function of the table is NULL");
  return Status();
}

}  // namespace sotto

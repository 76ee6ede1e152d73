#include "ranks/wrong_calls.h"

#include <vector>

namespace sotto::ranks {
namespace {

constexpr uint32_t kDeadlineMs = 2000;

}  // namespace

void make_wrong_call(const sotto_interface& comm, const std::string& which,
                     const std::function<void(const std::string& name, const std::string& value)>& line) {
  const auto* api = static_cast<const sotto_comm_api*>(comm.table);
  const uint32_t rank = api->rank(comm.self), world = api->world(comm.self);
  const bool errs = rank + 1 == world;
  std::vector<float> numbers(8 * world);
  sotto_error error{};
  error.struct_size = sizeof error;
  sotto_status status = SOTTO_OK;
  if (which == "part") {
    std::vector<uint64_t> bytes(world, 8);
    bytes[errs ? 0 : world - 1] = 12;  // the same sum
    status =
        api->all_gather(comm.self, numbers.data(), bytes[rank], numbers.data() + 4, bytes.data(), nullptr, kDeadlineMs, &error);
  } else if (which == "kind" && errs) {
    status = api->broadcast(comm.self, numbers.data(), 16, 0, kDeadlineMs, &error);
  } else {
    status = api->all_reduce_f32(comm.self, numbers.data(), which == "size" && errs ? 5 : 4, nullptr, kDeadlineMs, &error);
  }
  line("status", std::to_string(status));
  line("text", error.text);
  line("again", std::to_string(api->all_reduce_f32(comm.self, numbers.data(), 4, nullptr, kDeadlineMs, nullptr)));
}

}  // namespace sotto::ranks

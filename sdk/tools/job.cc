#include "job.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "machine.h"

namespace sotto::tools {
namespace {

constexpr const char* kLibrary = "/comm/libsotto_comm_mpi.so";

// Why the runtime has no communicator, and what helps.
std::string reason_of(const Runtime& runtime) {
  for (uint32_t i = 0; i < sotto_runtime_plugin_count(runtime.get()); ++i) {
    sotto_plugin_info info{};
    info.struct_size = sizeof info;
    call([&](sotto_error* err) { return sotto_runtime_plugin_info(runtime.get(), i, &info, err); });
    const std::string path = info.path;
    const size_t at = path.rfind(kLibrary);
    if (info.status != SOTTO_OK && at != std::string::npos) return std::string("its communicator was refused: ") + info.reason;
  }
  return "there is no communicator beside the plugins: install libopenmpi-dev and build again, or start it without mpirun";
}

}  // namespace

bool is_in_job() {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  return size != nullptr && std::strtol(size, nullptr, 10) > 1;
}

std::string communicator_in(const std::string& plugin_folder) {
  const std::string file = plugin_folder + kLibrary;
  std::error_code none;
  return !plugin_folder.empty() && is_in_job() && std::filesystem::exists(file, none) ? file : std::string();
}

sotto_interface join_job(const Runtime& runtime, sotto_comm_facts* facts) {
  if (!is_in_job()) return {};
  const sotto_interface comm = sotto_runtime_query(runtime.get(), SOTTO_COMM_ID);
  if (comm.table == nullptr) throw Error(SOTTO_NOT_FOUND, ("mpirun started this process, but " + reason_of(runtime)).c_str());
  facts->struct_size = sizeof *facts;
  call([&](sotto_error* err) { return static_cast<const sotto_comm_api*>(comm.table)->join(comm.self, facts, err); });
  return comm;
}

uint32_t threads_beside(const sotto_comm_facts& facts, uint32_t wanted) {
  const uint32_t all = std::max(std::thread::hardware_concurrency(), 1u), usable = usable_cores();
  return wanted != 0 || facts.host_world < 2 || usable < all ? wanted : std::max(usable / facts.host_world, 1u);
}

}  // namespace sotto::tools

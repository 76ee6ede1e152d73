#include "job.h"

#include <cstdlib>
#include <filesystem>

namespace sotto::tools {

bool is_in_job() {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  return size != nullptr && std::strtol(size, nullptr, 10) > 1;
}

std::string communicator_in(const std::string& plugin_folder) {
  const std::string file = plugin_folder + "/comm/libsotto_comm_mpi.so";
  std::error_code none;
  return !plugin_folder.empty() && is_in_job() && std::filesystem::exists(file, none) ? file : std::string();
}

sotto_interface join_job(const Runtime& runtime, sotto_comm_facts* facts) {
  if (!is_in_job()) return {};
  const sotto_interface comm = sotto_runtime_query(runtime.get(), SOTTO_COMM_ID);
  if (comm.table == nullptr)
    throw Error(SOTTO_NOT_FOUND,
                "mpirun started this process, but there is no communicator for it: install libopenmpi-dev and build "
                "again (sotto doctor tells why a plugin was refused)");
  facts->struct_size = sizeof *facts;
  call([&](sotto_error* err) { return static_cast<const sotto_comm_api*>(comm.table)->join(comm.self, facts, err); });
  return comm;
}

}  // namespace sotto::tools

// steps.cc - conformance over processes: ranks_steps LIBRARY, started by mpirun. The tiny models of sotto-conformance, every
// weight type, on as many ranks as there are processes and on twice as many, in one batch and token by token, against double
// precision.
#include <dlfcn.h>

#include <cstdio>

#include "conformance/models.h"
#include "conformance/runner.h"
#include "conformance/tolerance.h"
#include "sotto/comm.h"

namespace sotto::conformance {
namespace {

// The communicator for as long as it lives; its library stays open, as it asks for itself.
class Communicator {
 public:
  Communicator();
  ~Communicator() { entry_->destroy(self_); }
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  sotto_interface interface() const { return {entry_->query(self_, SOTTO_COMM_ID), self_}; }

 private:
  const sotto_plugin_entry* entry_ = nullptr;
  sotto_host host_{};
  void* self_ = nullptr;
};

Communicator::Communicator() {
  void* library = dlopen(SOTTO_PLUGIN_DIR "/comm/libsotto_comm_mpi.so", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Fault(dlerror());
  entry_ = static_cast<const sotto_plugin_entry*>(dlsym(library, SOTTO_PLUGIN_SYMBOL));
  if (entry_ == nullptr) throw Fault("the communicator has no entry");
  host_.struct_size = sizeof host_;
  host_.abi_major = SOTTO_ABI_MAJOR;
  host_.abi_minor = SOTTO_ABI_MINOR;
  Error error;
  const sotto_status status = entry_->create(&host_, &self_, &error);
  succeed(status, "create", error);
}

class Steps {
 public:
  Steps(const Backend& backend, const sotto_interface& comm, const sotto_comm_facts& facts)
      : backend_(backend), comm_(comm), facts_(facts) {}

  int run() {
    for (const uint32_t ranks : {facts_.world, 2 * facts_.world})
      for (const ModelShape& model : kModels)
        for (const uint32_t type : {SOTTO_F32, SOTTO_F16, SOTTO_Q8_0, SOTTO_Q4_1, SOTTO_Q4_K, SOTTO_Q6_K})
          if (ranks <= model.heads) check(model, type, ranks);
    if (facts_.rank == 0)
      std::printf("%s on %u processes (%s): %u of %u cases as they should be\n", backend_.id().c_str(), facts_.world,
                  facts_.transport, cases_ - faults_, cases_);
    return faults_ == 0 && cases_ > 0 ? 0 : 1;
  }

 private:
  void check(const ModelShape& model, uint32_t type, uint32_t ranks) {
    Net net(ranks, 3000 + type + ranks, model.vocabulary);
    build(net, model, type);
    const std::vector<Sequence> sequences = {net.sequence(9), net.sequence(4)};
    const Results expected = expected_results(net, sequences);
    RunnerOptions options;
    options.threads = 1;
    options.comm = &comm_;
    options.processes = facts_.world;
    options.process = facts_.rank;
    for (const Schedule& schedule : {one_batch(sequences), chunks(sequences, 1)}) {
      ++cases_;
      const double tolerance = model_tolerance(backend_, type);
      const double error = relative_error(Runner(backend_, net, options).ready().play(sequences, schedule), expected);
      if (error <= tolerance) continue;
      ++faults_;
      std::printf("%s of type %u on %u ranks, rank %u: off by %g, at most %g\n", model.name, type, ranks, facts_.rank, error,
                  tolerance);
    }
  }

  const Backend& backend_;
  const sotto_interface comm_;
  const sotto_comm_facts facts_;
  uint32_t cases_ = 0, faults_ = 0;
};

int run(const char* path) {
  const Communicator communicator;
  const sotto_interface comm = communicator.interface();
  const auto* api = static_cast<const sotto_comm_api*>(comm.table);
  sotto_comm_facts facts{};
  facts.struct_size = sizeof facts;
  Error error;
  const sotto_status status = api->join(comm.self, &facts, &error);
  succeed(status, "join", error);
  const Backend backend(path);
  return Steps(backend, comm, facts).run();
}

}  // namespace
}  // namespace sotto::conformance

int main(int argc, char** argv) {
  try {
    return argc == 2 ? sotto::conformance::run(argv[1]) : 2;
  } catch (const std::exception& e) {
    std::printf("ranks_steps: %s\n", e.what());
    return 1;
  }
}

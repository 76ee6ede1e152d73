// runner.h - a backend library opened as a host would, and a net running on it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conformance/net.h"
#include "sotto/plugin.h"

namespace sotto::conformance {

// Opened for as long as the program lives. Null with `why`.
class Backend {
 public:
  static std::unique_ptr<Backend> open(const std::string& path, std::string* why);
  ~Backend();

  const sotto_backend* operator->() const { return api_; }
  void* self() const { return self_; }
  const std::string& id() const { return id_; }
  bool is_reference() const { return id_ == "dev.sotto.reference"; }
  uint32_t devices() const;
  uint32_t invariant_rows(uint32_t device) const;

 private:
  Backend() = default;
  void* library_ = nullptr;
  const sotto_plugin_entry* entry_ = nullptr;
  const sotto_backend* api_ = nullptr;
  void* self_ = nullptr;
  std::string id_;
};

// The library that the command line names, and the oracle's.
Backend& tested();
Backend& reference();

struct Error : sotto_error {
  Error() : sotto_error{sizeof(sotto_error), 0, {}} {}
};

struct RunnerOptions {
  uint32_t device = 0;
  uint32_t threads = 2;
  uint32_t max_batch = 32;
  uint32_t k_type = SOTTO_F32;
  uint32_t v_type = SOTTO_F32;
  uint64_t tokens = 512;
  uint32_t sequences = 4;
  bool borrow = true;
};

// Which sequence each row of each batch goes on with.
using Schedule = std::vector<std::vector<uint32_t>>;
Schedule one_batch(const std::vector<Sequence>& sequences);
Schedule chunks(const std::vector<Sequence>& sequences, uint32_t rows);     // one sequence after the other
Schedule shuffled(const std::vector<Sequence>& sequences, Random& random);  // rows of all sequences mixed

// By sequence, by output: the rows at their positions.
using Results = std::vector<std::vector<Matrix>>;

class Runner {
 public:
  Runner(const Backend& backend, Net& net, const RunnerOptions& options = {});
  ~Runner();
  Runner(const Runner&) = delete;

  // Whether everything could be made, and why not.
  sotto_status status = SOTTO_OK;
  Error error;

  // Goes on with each sequence where the cache has it; all rows want all outputs. Sets status.
  Results play(const std::vector<Sequence>& sequences, const Schedule& schedule);
  // One batch as it is. `delivered`: rows by output, may be null.
  sotto_status run(sotto_batch& batch, std::vector<std::vector<std::vector<float>>>* delivered);
  sotto_adapter* adapter(int number);

  const Backend& backend;
  Net& net;
  RunnerOptions options;
  sotto_group* group = nullptr;
  sotto_weights* weights = nullptr;
  sotto_program* program = nullptr;
  sotto_cache* cache = nullptr;
  std::vector<uint32_t> lengths;  // as the last run told

 private:
  sotto_status upload();
  static void count_release(void* user);

  std::map<int, sotto_adapter*> adapters_;
  uint32_t releases_owed_ = 0;
};

// How far results are from what is expected: root mean square of the difference relative to that of the expected numbers.
double relative_error(const Results& results, const Results& expected);
Results expected_results(const Net& net, const std::vector<Sequence>& sequences);

}  // namespace sotto::conformance

// runner.h - a net running on a backend: made as a host makes it, played batch by batch, its answers checked for form.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conformance/backend.h"
#include "conformance/net.h"

namespace sotto::conformance {

struct RunnerOptions {
  uint32_t device = 0;
  uint32_t threads = 2;
  uint32_t max_batch = 32;
  uint32_t k_type = SOTTO_F32;
  uint32_t v_type = SOTTO_F32;
  uint64_t tokens = 512;
  uint32_t sequences = 4;
  bool borrow = true;
  const sotto_interface* comm = nullptr;  // the ranks live in `processes`, equally many in each; this is one of them
  uint32_t processes = 1;
  uint32_t process = 0;
  bool in_place = false;  // SOTTO_GROUP_IN_PLACE
};

// Which sequence each row of each batch goes on with.
using Schedule = std::vector<std::vector<uint32_t>>;
Schedule one_batch(const std::vector<Sequence>& sequences);
Schedule chunks(const std::vector<Sequence>& sequences, uint32_t rows);     // one sequence after the other
Schedule shuffled(const std::vector<Sequence>& sequences, Random& random);  // rows of all sequences mixed

// By sequence, by output: the rows at their positions.
using Results = std::vector<std::vector<Matrix>>;
// By output: the rows of one batch.
using Delivered = std::vector<std::vector<std::vector<float>>>;

// Tokens `first` .. `first + count` of a sequence, which wants output 0 of the last one.
std::vector<sotto_batch_row> rows_of(const Sequence& s, uint32_t id, uint32_t first, uint32_t count);
sotto_batch batch_of(const std::vector<sotto_batch_row>& rows);

class Runner {
 public:
  // Makes as much as the backend agrees to: `status` and `error` say how far that went.
  Runner(const Backend& backend, Net& net, const RunnerOptions& options = {});
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  sotto_status status = SOTTO_OK;
  Error error;
  // Throws Fault with the backend's sentence unless everything could be made.
  Runner& ready();

  // Goes on with each sequence where the cache has it; all rows want all outputs. Throws Fault when a batch fails.
  Results play(const std::vector<Sequence>& sequences, const Schedule& schedule);
  // One batch as it is, whatever comes of it. `delivered` may be null.
  sotto_status run(sotto_batch& batch, Delivered* delivered);
  // Tokens of one sequence; the logits of the last. Throws Fault when the batch fails or is not committed.
  std::vector<float> feed(const Sequence& s, uint32_t id, uint32_t first, uint32_t count);
  sotto_adapter* adapter(int number);
  void drop_adapters() { adapters_.clear(); }

  std::vector<uint8_t> exported(uint32_t sequence, uint32_t first, uint32_t count);
  sotto_status imported(uint32_t sequence, uint32_t count, const std::vector<uint8_t>& bytes);
  sotto_status truncate(uint32_t sequence, uint32_t length);
  sotto_status copy(uint32_t from, uint32_t to, uint32_t length);

  const Backend& backend;
  Net& net;
  RunnerOptions options;
  std::vector<uint32_t> lengths;  // as the last run told

 private:
  sotto_status make();
  sotto_status upload();
  uint32_t local_ranks() const { return net.ranks() / options.processes; }
  uint32_t first_rank() const { return options.process * local_ranks(); }
  void check_delivery(const sotto_batch& batch, const std::vector<const float*>& rows,
                      const std::vector<uint32_t>& counts) const;
  uint32_t output_width(uint32_t output) const;

  uint32_t releases_owed_ = 0;

 public:
  Handle<sotto_group> group;
  Handle<sotto_weights> weights;
  Handle<sotto_program> program;
  Handle<sotto_cache> cache;

 private:
  std::map<int, Handle<sotto_adapter>> adapters_;  // destroyed first
};

// How far results are from what is expected: root mean square of the difference relative to that of the expected numbers.
double relative_error(const Results& results, const Results& expected);
double relative_error(const std::vector<float>& row, const Matrix& expected, uint32_t at);
Results expected_results(const Net& net, const std::vector<Sequence>& sequences, Mistake mistake = Mistake::kNone);
// "sequence 1, position 5 on, columns 3 .. 9 of 20": where the wrong numbers are.
std::string wrong_place(const Results& results, const Results& expected, double tolerance);

}  // namespace sotto::conformance

// program.h - a compiled plan with its memory and the commands it has recorded.
#pragma once

#include "adapter.h"
#include "cache.h"
#include "common/costs.h"
#include "recorder.h"

namespace sotto::vulkan {

// Where the parts of a batch lie in the buffer that shaders read (shaders/include/rows.glsl), in 32-bit words.
struct BatchLayout {
  std::vector<uint32_t> maps;      // by Lowered::maps: a batch row (or a row of another class) each
  std::vector<uint32_t> rotaries;  // [max_batch, dim]
  uint64_t words = 0;
};
constexpr uint32_t kRowWords = 8;

// What a recording depends on besides the program.
struct Shape {
  uint64_t cache = 0;            // its number
  std::vector<uint32_t> counts;  // rows by class
  uint32_t length_bits = 0;      // the longest sequence is below 2^length_bits
  bool operator==(const Shape& o) const { return cache == o.cache && counts == o.counts && length_bits == o.length_bits; }
};

struct KeptRecording {
  Shape shape;
  double pace = 0;  // that the cuts were made for
  uint64_t used = 0;
  std::unique_ptr<Recording> recording;
};

// What one of several ranks that are apart has come to, in the run at hand.
struct RankRun {
  sotto_status status = SOTTO_OK;
  sotto_error error{sizeof(sotto_error), 0, {}};
  std::vector<uint8_t> rows;  // the batch's, with the rank's own adapters
};

}  // namespace sotto::vulkan

struct sotto_program {
  sotto_program(sotto_group& g, const sotto_weights& w, sotto::vulkan::Lowered l, uint32_t batch);
  // Of ranks that are apart.
  sotto_program(sotto_group& g, const sotto_weights& w, std::vector<std::unique_ptr<sotto_program>> ranks);
  ~sotto_program();

  // Room for so many rows of narrow classes; recordings are dropped if it takes new buffers. Throws plugin::Failure.
  void grow_narrow(uint32_t rows);
  // Buffers that only some batches need. Throws plugin::Failure.
  void provide(sotto::vulkan::Buffer& buffer, uint64_t bytes, const char* what,
               sotto::vulkan::Place place = sotto::vulkan::Place::kDevice);

  const sotto::vulkan::Buffer& buffer(uint32_t value, uint32_t rank) const {
    return buffers[lowered.values[value].buffers[rank]];
  }
  uint32_t width(uint32_t value, uint32_t rank) const { return lowered.values[value].widths[rank]; }
  uint32_t stride(uint32_t value, uint32_t rank) const { return lowered.values[value].stride(rank); }
  uint32_t vector_at(uint32_t weight, uint32_t rank) const {
    return weight == SOTTO_NONE ? SOTTO_NONE : weights.weights[weight].parts[rank].vector_at;
  }

  sotto_group& group;
  const std::shared_ptr<sotto::vulkan::Device> device;  // outlives the buffers below
  const sotto_weights& weights;
  const sotto::vulkan::Lowered lowered;
  const uint32_t max_batch;
  sotto::vulkan::BatchLayout layout;

  std::vector<sotto::vulkan::Buffer> buffers;  // by Lowered::buffers
  std::vector<sotto::vulkan::Buffer> outputs;  // [rows, width], read by the host
  std::vector<sotto::vulkan::Buffer> inputs;   // [max_batch, width], written by the host; empty where not used
  sotto::vulkan::Buffer batch;
  sotto::vulkan::Buffer parts;                     // of split attention
  sotto::vulkan::Buffer inner, delta, gate_delta;  // of adapters
  uint32_t narrow_rows = 0;

  sotto::vulkan::Buffer sent, received;  // of a rank that meets others in the host's memory

  std::vector<sotto::vulkan::KeptRecording> recordings;
  std::unique_ptr<sotto::vulkan::Recording> adapter_recording;  // of the last batch with adapters
  uint64_t runs = 0;
  sotto::vulkan::Done done[2];  // of the submits under way

  // The batch of this run.
  std::vector<sotto_batch_row> rows;
  std::vector<const sotto_adapter*> adapters;     // each once
  std::vector<std::vector<uint32_t>> class_rows;  // by class: batch rows, in order
  sotto::vulkan::Shape shape;

  const std::vector<std::unique_ptr<sotto_program>> apart;  // by rank, where the group's are apart; nothing else is used then
  std::vector<sotto::vulkan::RankRun> runs_apart;           // by rank; the group's run_mutex guards it
};

namespace sotto::vulkan {

// What check and compile refuse alike.
sotto_status check_program(const sotto_group& group, const sotto_plan* plan, uint32_t max_batch, sotto_error* err);
sotto_status check_cost(const sotto_group& group, const sotto_plan& plan, uint32_t max_batch, const sotto_cache_options* cache,
                        const backend::RankCosts& costs, sotto_error* err);
sotto_status compile(sotto_group& group, const sotto_plan& plan, const sotto_weights& weights, uint32_t max_batch,
                     sotto_program** out, sotto_error* err);
sotto_status run_batch(sotto_program& program, sotto_cache& cache, const sotto_batch& batch, sotto_run_result* result,
                       sotto_error* err);

// Buffers that only some batches need, for this one.
void provide_scratch(sotto_program& program);
// The program's steps over program.rows (record.cc, record_linear.cc, record_attention.cc).
void record(sotto_program& program, const sotto_cache& cache, Recording& recording, double work_of_submit);

}  // namespace sotto::vulkan

// step_recorder.h - what the functions that record one step share.
#pragma once

#include "program.h"
#include "push.h"

namespace sotto::vulkan {

struct StepRecorder {
  sotto_program& program;
  const sotto_cache& cache;
  Recorder& recorder;

  uint32_t count(uint32_t row_class) const { return program.shape.counts[row_class]; }
  // Of a list of the batch buffer: where the rows of class `to` are in class `from`.
  uint32_t map_at(uint32_t from, uint32_t to) const {
    const uint32_t map = program.lowered.map_of(from, to);
    return map == SOTTO_NONE ? SOTTO_NONE : program.layout.maps[map];
  }
  // Ranks that compute a value of their own.
  uint32_t ranks_of(uint32_t value) const { return program.lowered.values[value].is_shared ? 1 : program.group.local_ranks; }
  Device& device() const { return *program.device; }

  void record(const Step& step);

  void record_input(const Step& step);
  void record_embed(const Step& step);
  void record_norm(const Step& step);
  void record_linear(const Step& step);
  void record_attention(const Step& step);
  void record_element(const Step& step);
  void record_all_reduce(const Step& step);
  void record_all_gather(const Step& step);
  void record_output(const Step& step);
  void record_gather(const Step& step);

 private:
  // Through the host's memory, where ranks on other devices put theirs.
  void meet(const Step& step, bool sums);
  // Rows copied: see gather.comp.
  void gather(const Buffer& from, const Buffer& to, const GatherPush& push, uint32_t rows);
  void embed_piece(const Step& step, uint32_t rank, const Piece* piece, bool is_first);
  void add_adapters(const Step& step, uint32_t rank, uint32_t weight, const Buffer& delta);
  bool has_adapter(uint32_t weight, uint32_t rank) const;
  // Whether the LINEARs that read this NORM, of which this is one, normalise for themselves in the batch at hand.
  bool normalises(const Step& step) const;
  bool is_ragged(const Step& linear, uint32_t rank) const;
  void store_rows(const Step& step, uint32_t rank);
  void attend(const Step& step, uint32_t rank);
};

// What an ATTENTION needs of program.parts, in the batch at hand.
uint64_t parts_bytes(const sotto_program& program, const Step& step, uint32_t rank);

constexpr uint32_t kRowLanes = 64;  // of shaders in which lanes share a row's columns

inline uint32_t groups_of(uint64_t count, uint32_t size) { return static_cast<uint32_t>((count + size - 1) / size); }
inline float or_one(float x) { return x == 0 ? 1.0f : x; }

}  // namespace sotto::vulkan

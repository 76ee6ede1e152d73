// record_attention.cc - ATTENTION: k and v into the cells of the rows, then each row and head over what it sees.
#include <algorithm>
#include <cmath>

#include "step_recorder.h"

namespace sotto::vulkan {
namespace {

constexpr uint32_t kHeadLanes = 32;
constexpr uint32_t kSplitLength = 256;  // a workgroup takes at least so many positions
constexpr uint32_t kMostSplits = 16;
constexpr uint32_t kEnoughGroups = 256;  // keep any device busy without a split

uint32_t head_flags(const sotto_attention_args& a) {
  uint32_t flags = 0;
  if ((a.flags & SOTTO_ATTENTION_NORM_AFTER) != 0) flags |= kNormAfter;
  if ((a.flags & SOTTO_ATTENTION_NOT_CAUSAL) != 0) flags |= kNotCausal;
  if (a.norm_kind == SOTTO_NORM_LAYER) flags |= kLayerNorm;
  if (a.rotation == SOTTO_ROTATION_HALVES) flags |= kHalves;
  if (a.rotation == SOTTO_ROTATION_INTERLEAVED) flags |= kInterleaved;
  return flags;
}

uint32_t padded(uint32_t head_dim) { return (head_dim + 31) / 32 * 32; }

// Positions that a row sees at most.
uint64_t longest_of(const sotto_program& program, const sotto_attention_args& a) {
  const uint64_t longest = uint64_t{1} << program.shape.length_bits;
  return a.window == 0 ? longest : std::min<uint64_t>(a.window, longest);
}

uint32_t splits_of(const sotto_program& program, const Step& step, uint32_t rank) {
  const sotto_attention_args& a = step.args.attention;
  const uint64_t groups = uint64_t{program.shape.counts[step.row_class]} * program.lowered.slots[a.slot].ranks[rank].heads;
  uint32_t splits = 1;
  while (splits < kMostSplits && longest_of(program, a) / splits > kSplitLength && groups * splits < kEnoughGroups) splits *= 2;
  return splits;
}

}  // namespace

uint64_t parts_bytes(const sotto_program& program, const Step& step, uint32_t rank) {
  const sotto_attention_args& a = step.args.attention;
  const uint32_t splits = splits_of(program, step, rank);
  if (splits == 1) return 0;
  return uint64_t{program.shape.counts[step.row_class]} * program.lowered.slots[a.slot].ranks[rank].heads * splits *
         (a.head_dim + 2) * sizeof(float);
}

void StepRecorder::store_rows(const Step& step, uint32_t rank) {
  const sotto_attention_args& a = step.args.attention;
  const uint32_t kv_heads = program.lowered.slots[a.slot].ranks[rank].kv_heads, rows = count(0);
  if (kv_heads == 0) return;
  StorePush p{};
  p.head_dim = a.head_dim;
  p.k_stride = program.stride(step.in[1], rank);
  p.v_stride = program.stride(step.in[2], rank);
  p.key_cell_words = cache.cell_words(false, a.slot, rank);
  p.value_cell_words = cache.cell_words(true, a.slot, rank);
  p.key_head_words = cache.words(false, a.slot);
  p.value_head_words = cache.words(true, a.slot);
  p.norm_at = program.vector_at(a.k_norm, rank);
  p.norm_bias_at = program.vector_at(a.k_norm_bias, rank);
  p.epsilon = a.norm_epsilon;
  p.flags = head_flags(a);
  p.rotary_dim = a.rotation == SOTTO_ROTATION_NONE ? 0 : a.rotary_dim;
  p.angles_at = step.rotary == SOTTO_NONE ? 0 : program.layout.rotaries[step.rotary];
  Dispatch d(Shader::kStoreKv, kHeadLanes, {cache.options.k_type, cache.options.v_type, padded(a.head_dim)});
  d.bindings[0] = &cache.rows(false, a.slot, rank);
  d.bindings[1] = &program.buffer(step.in[1], rank);
  d.bindings[2] = &program.buffer(step.in[2], rank);
  d.bindings[3] = &cache.rows(true, a.slot, rank);
  d.bindings[5] = &program.weights.vectors[rank];
  d.bindings[6] = &program.batch;
  d.written = 1 | 1 << 3;
  d.set_push(p);
  d.groups[0] = kv_heads;
  d.groups[1] = rows;
  d.work = 8.0 * kv_heads * a.head_dim * rows;
  recorder.dispatch(d);
}

void StepRecorder::attend(const Step& step, uint32_t rank) {
  const sotto_attention_args& a = step.args.attention;
  const backend::Slot& slot = program.lowered.slots[a.slot];
  const sotto_rank_heads& heads = slot.ranks[rank];
  const uint32_t rows = count(step.row_class);
  if (heads.heads == 0 || rows == 0) return;
  recorder.begin_step();  // ranks share the buffer of parts
  AttentionPush p{};
  p.head_dim = a.head_dim;
  p.heads = heads.heads;
  p.q_stride = program.stride(step.in[0], rank);
  p.y_stride = program.stride(step.out, rank);
  p.first_head = heads.first_head;
  p.sharing = slot.heads / slot.kv_heads;
  p.first_kv_head = heads.first_kv_head;
  p.key_cell_words = cache.cell_words(false, a.slot, rank);
  p.value_cell_words = cache.cell_words(true, a.slot, rank);
  p.key_head_words = cache.words(false, a.slot);
  p.value_head_words = cache.words(true, a.slot);
  p.norm_at = program.vector_at(a.q_norm, rank);
  p.norm_bias_at = program.vector_at(a.q_norm_bias, rank);
  p.epsilon = a.norm_epsilon;
  p.flags = head_flags(a);
  p.rotary_dim = a.rotation == SOTTO_ROTATION_NONE ? 0 : a.rotary_dim;
  p.angles_at = step.rotary == SOTTO_NONE ? 0 : program.layout.rotaries[step.rotary];
  p.list_at = step.row_class == 0 ? SOTTO_NONE : map_at(0, step.row_class);
  p.sink_at = program.vector_at(a.sink, rank);
  p.window = a.window;
  p.scale = a.scale == 0 ? static_cast<float>(1 / std::sqrt(static_cast<double>(a.head_dim))) : a.scale;
  p.softcap = a.softcap;
  p.splits = splits_of(program, step, rank);
  const bool is_split = p.splits != 1;
  Dispatch d(Shader::kAttention, kHeadLanes,
             {cache.options.k_type, cache.options.v_type, padded(a.head_dim), groups_of(padded(a.head_dim), kHeadLanes)});
  d.bindings[0] = is_split ? &program.parts : &program.buffer(step.out, rank);
  d.bindings[1] = &program.buffer(step.in[0], rank);
  d.bindings[2] = &cache.table;
  d.bindings[3] = &cache.rows(false, a.slot, rank);
  d.bindings[4] = &cache.rows(true, a.slot, rank);
  d.bindings[5] = &program.weights.vectors[rank];
  d.bindings[6] = &program.batch;
  const double work_of_row = 4.0 * heads.heads * static_cast<double>(longest_of(program, a)) * a.head_dim;
  const auto at_once = static_cast<uint32_t>(std::clamp(recorder.most_work() / work_of_row, 1.0, static_cast<double>(rows)));
  for (uint32_t first = 0; first < rows; first += at_once) {
    p.first_row = first;
    d.set_push(p);
    d.groups[0] = heads.heads;
    d.groups[1] = std::min(at_once, rows - first);
    d.groups[2] = p.splits;
    d.work = work_of_row * d.groups[1];
    recorder.dispatch(d);
  }
  if (!is_split) return;
  recorder.begin_step();
  Dispatch c(Shader::kCombine, kHeadLanes, {});
  c.bindings[0] = &program.buffer(step.out, rank);
  c.bindings[1] = &program.parts;
  c.set_push(CombinePush{a.head_dim, heads.heads, p.splits, p.y_stride, 0});
  c.groups[0] = heads.heads;
  c.groups[1] = rows;
  c.work = static_cast<double>(rows) * heads.heads * a.head_dim * p.splits;
  recorder.dispatch(c);
}

void StepRecorder::record_attention(const Step& step) {
  if (step.fills_slot())
    for (uint32_t r = 0; r < program.group.local_ranks; ++r) store_rows(step, r);
  if (!step.attends) return;
  for (uint32_t r = 0; r < program.group.local_ranks; ++r) attend(step, r);
}

}  // namespace sotto::vulkan

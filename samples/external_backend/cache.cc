#include "cache.h"

#include <algorithm>
#include <cinttypes>
#include <cstring>
#include <new>

#include "faults.h"
#include "report.h"

using external::refuse;

namespace external {

void check_cache_options(const sotto_cache_options& o) {
  constexpr uint64_t kMostTokens = uint64_t{1} << 31;
  constexpr uint32_t kMostSequences = 1u << 20;
  if (find_kv_type(o.k_type) == nullptr || find_kv_type(o.v_type) == nullptr)
    refuse(SOTTO_UNSUPPORTED, "a cache of types %u and %u; offered are F32 (%u), F16 (%u) and Q8_0 (%u)", o.k_type, o.v_type,
           SOTTO_F32, SOTTO_F16, SOTTO_Q8_0);
  if (o.tokens == 0 || o.tokens > kMostTokens || o.sequences == 0 || o.sequences > kMostSequences)
    refuse(SOTTO_INVALID_ARGUMENT, "a cache of %" PRIu64 " tokens for %u sequences; at most 2^31 and 2^20", o.tokens,
           o.sequences);
}

uint64_t cache_bytes_per_token(const Plan& plan, uint32_t rank, const sotto_cache_options& o) {
  uint64_t bytes = 0;
  for (const Slot& slot : plan.slots)
    for (const uint32_t type : {o.k_type, o.v_type})
      bytes += slot.ranks[rank].kv_heads * find_kv_type(type)->bytes(slot.head_dim);
  return bytes;
}

}  // namespace external

sotto_cache::sotto_cache(const sotto_group& g, const external::Plan& plan, const sotto_cache_options& o)
    : group(g),
      slots(plan.slots),
      types{external::find_kv_type(o.k_type), external::find_kv_type(o.v_type)},
      capacity(o.tokens),
      sequences(o.sequences) {
  constexpr uint64_t kMostBytes = uint64_t{1} << 38;
  for (const external::Slot& slot : slots)
    for (const sotto_rank_heads& rank : slot.ranks)
      for (const external::KvType* type : types) {
        offsets_.push_back(cell_bytes_);
        cell_bytes_ += rank.kv_heads * type->bytes(slot.head_dim);
      }
  if (cell_bytes_ <= kMostBytes / capacity) bytes_.reset(new (std::nothrow) uint8_t[cell_bytes_ * capacity]);
  if (bytes_ == nullptr)
    refuse(SOTTO_OUT_OF_MEMORY, "no memory for a cache of %" PRIu64 " tokens of %" PRIu64 " bytes; use fewer", capacity,
           cell_bytes_);
}

uint8_t* sotto_cache::place(uint32_t slot, uint32_t rank, Part part, uint32_t head, uint32_t sequence,
                            uint32_t position) const {
  const uint64_t offset = offsets_[(size_t{slot} * group.ranks + rank) * 2 + part];
  return bytes_.get() + sequences[sequence].cells[position] * cell_bytes_ + offset +
         head * types[part]->bytes(slots[slot].head_dim);
}

void sotto_cache::write(uint32_t slot, uint32_t rank, Part part, uint32_t head, uint32_t sequence, uint32_t position,
                        const float* row) {
  if (external::faults::kStaleCacheRow && part == kKeys && position < sequences[sequence].longest) return;
  types[part]->encode(row, slots[slot].head_dim, place(slot, rank, part, head, sequence, position));
}

void sotto_cache::read(uint32_t slot, uint32_t rank, Part part, uint32_t head, uint32_t sequence, uint32_t position,
                       float* row) const {
  types[part]->decode(place(slot, rank, part, head, sequence, position), slots[slot].head_dim, row);
}

void sotto_cache::check_holds(uint32_t sequence, uint64_t tokens) const {
  if (sequence >= sequences.size()) refuse(SOTTO_INVALID_ARGUMENT, "sequence %u of %zu", sequence, sequences.size());
  if (tokens > length(sequence))
    refuse(SOTTO_INVALID_ARGUMENT, "%" PRIu64 " tokens of sequence %u, which has %u", tokens, sequence, length(sequence));
}

void sotto_cache::append(uint32_t sequence) {
  std::vector<uint32_t>& list = sequences[sequence].cells;
  if (first_free_ == SOTTO_NONE) {
    cells_.push_back({0, SOTTO_NONE});
    first_free_ = static_cast<uint32_t>(cells_.size() - 1);
  }
  list.push_back(first_free_);
  Cell& cell = cells_[first_free_];
  cell.owners = 1;
  first_free_ = cell.next_free;
  ++cells_in_use_;
}

// Takes no memory: it is how a failed batch is taken back.
void sotto_cache::truncate(uint32_t sequence, uint32_t length) noexcept {
  Sequence& s = sequences[sequence];
  s.longest = std::max(s.longest, static_cast<uint32_t>(s.cells.size()));
  while (s.cells.size() > length) {
    const uint32_t number = s.cells.back();
    s.cells.pop_back();
    if (--cells_[number].owners > 0) continue;
    cells_[number].next_free = first_free_;
    first_free_ = number;
    --cells_in_use_;
  }
}

void sotto_cache::copy(uint32_t from, uint32_t to, uint32_t length) {
  std::vector<uint32_t> shared(sequences[from].cells.begin(), sequences[from].cells.begin() + length);
  for (const uint32_t number : shared) ++cells_[number].owners;
  truncate(to, 0);
  sequences[to].cells = std::move(shared);
}

// visit(slot, part, head of the model, position), row by row in the neutral order.
template <class Visit>
void sotto_cache::for_each_row(uint32_t first, uint32_t count, Visit visit) const {
  for (uint32_t slot = 0; slot < slots.size(); ++slot)
    for (const Part part : {kKeys, kValues})
      for (uint32_t head = 0; head < slots[slot].kv_heads; ++head)
        for (uint32_t position = first; position < first + count; ++position) visit(slot, part, head, position);
}

uint64_t sotto_cache::neutral_bytes(uint64_t tokens) const {
  uint64_t numbers = 0;
  for (const external::Slot& slot : slots) numbers += uint64_t{2} * slot.kv_heads * slot.head_dim;
  return numbers * tokens * sizeof(float);
}

void sotto_cache::export_rows(uint32_t sequence, uint32_t first, uint32_t count, void* bytes, uint64_t* size) const {
  check_holds(sequence, uint64_t{first} + count);
  const uint64_t given = *size, needed = neutral_bytes(count);
  *size = needed;
  if (bytes == nullptr) return;
  if (given < needed)
    refuse(SOTTO_INVALID_ARGUMENT, "%u tokens take %" PRIu64 " bytes, the buffer has %" PRIu64, count, needed, given);
  auto* to = static_cast<uint8_t*>(bytes);
  std::vector<float> row;
  for_each_row(first, count, [&](uint32_t slot, Part part, uint32_t head, uint32_t position) {
    row.assign(slots[slot].head_dim, 0);
    for (uint32_t rank = 0; rank < group.ranks; ++rank) {
      const sotto_rank_heads& h = slots[slot].ranks[rank];
      if (head < h.first_kv_head || head - h.first_kv_head >= h.kv_heads) continue;
      read(slot, rank, part, head - h.first_kv_head, sequence, position, row.data());
      break;  // further ranks may have the same head
    }
    std::memcpy(to, row.data(), row.size() * sizeof(float));
    to += row.size() * sizeof(float);
  });
}

void sotto_cache::import_rows(uint32_t sequence, uint32_t count, const void* bytes, uint64_t size) {
  check_holds(sequence, 0);
  if (size != neutral_bytes(count))
    refuse(SOTTO_MISMATCH, "%u tokens of this cache take %" PRIu64 " bytes, given are %" PRIu64, count, neutral_bytes(count),
           size);
  if (count > free_cells())
    refuse(SOTTO_CONTEXT_FULL, "%u tokens, free are %" PRIu64 " of %" PRIu64, count, free_cells(), capacity);
  const uint32_t before = length(sequence);
  std::vector<float> row;
  for (const external::Slot& slot : slots) row.resize(std::max<size_t>(row.size(), slot.head_dim));
  try {
    for (uint32_t t = 0; t < count; ++t) append(sequence);
  } catch (...) {
    truncate(sequence, before);
    throw;
  }
  const auto* from = static_cast<const uint8_t*>(bytes);
  for_each_row(before, count, [&](uint32_t slot, Part part, uint32_t head, uint32_t position) {
    std::memcpy(row.data(), from, slots[slot].head_dim * sizeof(float));
    from += slots[slot].head_dim * sizeof(float);
    for (uint32_t rank = 0; rank < group.ranks; ++rank) {
      const sotto_rank_heads& h = slots[slot].ranks[rank];
      if (head >= h.first_kv_head && head - h.first_kv_head < h.kv_heads)
        write(slot, rank, part, head - h.first_kv_head, sequence, position, row.data());
    }
  });
}

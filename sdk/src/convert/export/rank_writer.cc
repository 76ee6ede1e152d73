#include "convert/export/rank_writer.h"

#include <cstring>

namespace sotto {
namespace {

// Rows [first, first + count) of the whole, behind what is there.
void append_rows(const ExportParameter& p, const std::vector<uint8_t>& whole, uint64_t first, uint64_t count,
                 std::vector<uint8_t>* out) {
  const uint64_t row = p.columns * size_of(p.element);
  const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(first * row);
  out->insert(out->end(), begin, begin + static_cast<std::ptrdiff_t>(count * row));
}

}  // namespace

RankShape shape_on_rank(const ExportParameter& p, uint32_t ranks) {
  switch (p.cut) {
    case Cut::kWhole:
      return {p.rows, p.columns};
    case Cut::kColumns:
      return {p.rows, p.columns / ranks};
    case Cut::kRows:
    case Cut::kQkv:
    case Cut::kFirst:
      return {p.rows / ranks, p.columns};
  }
  return {};
}

std::vector<uint8_t> slice(const ExportParameter& p, const std::vector<uint8_t>& whole, uint32_t rank, uint32_t ranks,
                           bool is_gated) {
  const RankShape shape = shape_on_rank(p, ranks);
  std::vector<uint8_t> out;
  if (p.cut == Cut::kWhole) return whole;
  if (p.cut == Cut::kColumns) {
    const size_t each = size_of(p.element);
    for (uint64_t r = 0; r < p.rows; ++r) {
      const auto begin = whole.begin() + static_cast<std::ptrdiff_t>((r * p.columns + rank * shape.columns) * each);
      out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(shape.columns * each));
    }
    return out;
  }
  if (p.cut != Cut::kFirst || !is_gated) {
    append_rows(p, whole, rank * shape.rows, shape.rows, &out);
    return out;
  }
  const uint64_t half = shape.rows / 2;
  append_rows(p, whole, rank * half, half, &out);
  append_rows(p, whole, p.rows / 2 + rank * half, half, &out);
  return out;
}

void write_state(const std::vector<ExportParameter>& stage, uint32_t first_layer, uint32_t ranks, PickleWriter* out) {
  out->begin_ordered_dictionary();
  size_t key = 0;
  for (const ExportParameter& p : stage) {
    const std::string whole = layer_name(p.layer, ""), local = layer_name(p.layer - first_layer, "");
    out->text(p.is_layer ? local + p.name.substr(whole.size()) : p.name);
    const RankShape shape = shape_on_rank(p, ranks);
    out->tensor(std::to_string(key++), p.element,
                p.is_vector ? std::vector<uint64_t>{shape.rows} : std::vector<uint64_t>{shape.rows, shape.columns});
  }
  out->end_ordered_dictionary();
}

}  // namespace sotto

#include "convert/megatron/merge.h"

#include <fmt/format.h>

#include <cstring>

namespace sotto {
namespace {

// Rows [first, first + count) of a part, every `step`-th, at row `at` of the tensor.
Piece rows_of(const RankPart& part, uint64_t first, uint64_t count, uint64_t at, uint64_t step = 1) {
  Piece p = part.whole;
  p.offset += first * p.row_stride;
  p.row_stride *= step;
  p.rows = count;
  p.first_row = at;
  return p;
}

Status disagree(const ParameterName& name, const RankPart& a, const RankPart& b) {
  return Status(
      SOTTO_BAD_FILE,
      fmt::format("parameter '{}' is {} x {} {} in {}, but {} x {} {} in {}: the ranks do not belong together", name.name,
                  a.rows, a.columns, name_of(a.element), a.where, b.rows, b.columns, name_of(b.element), b.where));
}

bool same_bytes(const RankPart& a, const RankPart& b) {
  const size_t each = size_of(a.element);
  const uint8_t *from_a = a.whole.from->bytes.data() + a.whole.offset, *from_b = b.whole.from->bytes.data() + b.whole.offset;
  for (uint64_t r = 0; r < a.rows; ++r)
    for (uint64_t c = 0; c < a.columns; ++c)
      if (std::memcmp(from_a + r * a.whole.row_stride + c * a.whole.column_stride,
                      from_b + r * b.whole.row_stride + c * b.whole.column_stride, each) != 0)
        return false;
  return true;
}

Status merge_whole(const ParameterName& name, const std::vector<RankPart>& parts, ModelTensor* t) {
  for (const RankPart& part : parts) {
    if (part.rows != parts[0].rows || part.columns != parts[0].columns) return disagree(name, parts[0], part);
    if (!same_bytes(parts[0], part))
      return Status(SOTTO_BAD_FILE,
                    fmt::format("parameter '{}' is the same on every rank, but {} and {} differ: they are not of one save",
                                name.name, parts[0].where, part.where));
  }
  t->rows = parts[0].rows;
  t->columns = parts[0].columns;
  t->pieces = {parts[0].whole};
  return {};
}

Status merge_rows(const ParameterName& name, const std::vector<RankPart>& parts, ModelTensor* t) {
  t->columns = parts[0].columns;
  t->rows = 0;
  for (const RankPart& part : parts) {
    if (part.rows != parts[0].rows || part.columns != t->columns) return disagree(name, parts[0], part);
    t->pieces.push_back(rows_of(part, 0, part.rows, t->rows));
    t->rows += part.rows;
  }
  return {};
}

Status merge_columns(const ParameterName& name, const std::vector<RankPart>& parts, ModelTensor* t) {
  t->rows = parts[0].rows;
  t->columns = 0;
  for (const RankPart& part : parts) {
    if (part.rows != t->rows || part.columns != parts[0].columns) return disagree(name, parts[0], part);
    Piece p = part.whole;
    p.first_column = t->columns;
    t->pieces.push_back(p);
    t->columns += part.columns;
  }
  return {};
}

// Each rank has [gate; up]; the whole is [all gates; all ups].
Status merge_gated(const ParameterName& name, const std::vector<RankPart>& parts, ModelTensor* t) {
  const uint64_t half = parts[0].rows / 2, all = half * parts.size();
  t->rows = 2 * all;
  t->columns = parts[0].columns;
  for (size_t r = 0; r < parts.size(); ++r) {
    if (parts[r].rows != 2 * half || parts[r].columns != t->columns) return disagree(name, parts[0], parts[r]);
    t->pieces.push_back(rows_of(parts[r], 0, half, r * half));
    t->pieces.push_back(rows_of(parts[r], half, half, all + r * half));
  }
  return {};
}

// Version 0: a rank's rows are [3, heads, head_dim]; version 1: [heads, head_dim, 3]; since then [heads, 3, head_dim].
Status merge_old_qkv(const ParameterName& name, const std::vector<RankPart>& parts, const MergeOptions& options,
                     ModelTensor* t) {
  const uint64_t heads = options.heads / parts.size();
  if (heads == 0 || heads * parts.size() != options.heads || parts[0].rows % (3 * heads) != 0)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("parameter '{}' of checkpoint version {} has {} rows on each of {} ranks, which {} "
                              "attention heads do not divide into q, k and v",
                              name.name, options.version, parts[0].rows, parts.size(), options.heads));
  const uint64_t head_dim = parts[0].rows / (3 * heads);
  t->columns = parts[0].columns;
  t->rows = parts[0].rows * parts.size();
  for (size_t r = 0; r < parts.size(); ++r) {
    if (parts[r].rows != parts[0].rows || parts[r].columns != t->columns) return disagree(name, parts[0], parts[r]);
    for (uint64_t head = 0; head < heads; ++head)
      for (uint64_t part = 0; part < 3; ++part) {
        const uint64_t at = r * parts[0].rows + (head * 3 + part) * head_dim;
        t->pieces.push_back(options.version < 1 ? rows_of(parts[r], (part * heads + head) * head_dim, head_dim, at)
                                                : rows_of(parts[r], head * head_dim * 3 + part, head_dim, at, 3));
      }
  }
  return {};
}

}  // namespace

Result<ModelTensor> merge_parts(const ParameterName& name, const std::vector<RankPart>& parts, const MergeOptions& options) {
  ModelTensor t;
  t.name = name.name;
  t.is_vector = name.is_vector;
  t.element = parts[0].element;
  for (const RankPart& part : parts)
    if (part.element != t.element) return disagree(name, parts[0], part);
  const auto merge = [&]() -> Status {
    switch (name.cut) {
      case Cut::kWhole:
        return merge_whole(name, parts, &t);
      case Cut::kRows:
        return merge_rows(name, parts, &t);
      case Cut::kColumns:
        return merge_columns(name, parts, &t);
      case Cut::kFirst:
        return options.is_gated ? merge_gated(name, parts, &t) : merge_rows(name, parts, &t);
      case Cut::kQkv:
        return options.version < 2 ? merge_old_qkv(name, parts, options, &t) : merge_rows(name, parts, &t);
    }
    return {};
  };
  SOTTO_TRY(merge());
  for (const Piece& p : t.pieces) SOTTO_TRY(check_piece(t, p));
  return t;
}

}  // namespace sotto

#include "convert/checkpoint.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstring>

namespace sotto {
namespace {

constexpr uint64_t kMaxPieces = 8192;  // checking that they are apart takes their number squared
constexpr size_t kCrcStep = 4 << 20;   // bytes read before they are given back
constexpr uint64_t kTile = 64;         // rows and columns copied together when columns are not neighbours

bool multiply(uint64_t a, uint64_t b, uint64_t* out) { return !__builtin_mul_overflow(a, b, out); }
bool add(uint64_t a, uint64_t b, uint64_t* out) { return !__builtin_add_overflow(a, b, out); }

bool overlap(const Piece& a, const Piece& b) {
  return a.first_row < b.first_row + b.rows && b.first_row < a.first_row + a.rows &&
         a.first_column < b.first_column + b.columns && b.first_column < a.first_column + a.columns;
}

void copy_tiled(const Piece& p, size_t each, const uint8_t* from, uint8_t* to, uint64_t to_row_bytes) {
  for (uint64_t r0 = 0; r0 < p.rows; r0 += kTile)
    for (uint64_t c0 = 0; c0 < p.columns; c0 += kTile)
      for (uint64_t r = r0; r < std::min(p.rows, r0 + kTile); ++r)
        for (uint64_t c = c0; c < std::min(p.columns, c0 + kTile); ++c)
          std::memcpy(to + r * to_row_bytes + c * each, from + r * p.row_stride + c * p.column_stride, each);
}

void copy_piece(const ModelTensor& t, const Piece& p, uint8_t* out) {
  const size_t each = size_of(t.element);
  const uint8_t* from = p.from->bytes.data() + p.offset;
  const uint64_t to_row_bytes = t.columns * each;
  uint8_t* to = out + p.first_row * to_row_bytes + p.first_column * each;
  if (p.column_stride != each && p.columns > 1) return copy_tiled(p, each, from, to, to_row_bytes);
  const uint64_t row = p.columns * each;
  if (p.row_stride == row && to_row_bytes == row) {
    std::memcpy(to, from, p.rows * row);
    return;
  }
  for (uint64_t r = 0; r < p.rows; ++r) std::memcpy(to + r * to_row_bytes, from + r * p.row_stride, row);
}

// Row i of a head's first half goes to 2i, of its second half to 2i + 1.
std::vector<uint8_t> pair_halves(const ModelTensor& t, const std::vector<uint8_t>& in) {
  std::vector<uint8_t> out(in.size());
  const uint64_t row = t.columns * size_of(t.element), half = t.head_dim / 2;
  for (uint64_t r = 0; r < t.rows; ++r) {
    const uint64_t head = r / t.head_dim, i = r % t.head_dim;
    const uint64_t to = head * t.head_dim + (i < half ? 2 * i : 2 * (i - half) + 1);
    std::memcpy(out.data() + to * row, in.data() + r * row, row);
  }
  return out;
}

}  // namespace

Status check_crc(StoredBytes* stored) {
  if (!stored->has_crc || stored->checked) return {};
  uint32_t crc = libdeflate_crc32(0, nullptr, 0);
  for (size_t at = 0; at < stored->bytes.size(); at += kCrcStep) {
    const auto part = stored->bytes.part(at, std::min(kCrcStep, stored->bytes.size() - at));
    crc = libdeflate_crc32(crc, part.data(), part.size());
    if (stored->bytes.size() > kCrcStep) MappedFile::give_back(part);
  }
  if (crc != stored->crc)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{}: the checksum of its {} bytes is {:08x}, the archive says {:08x}: the file is "
                              "damaged, copy it again",
                              stored->where, stored->bytes.size(), crc, stored->crc));
  stored->checked = true;
  return {};
}

Status check_piece(const ModelTensor& t, const Piece& p) {
  const auto outside = [&] {
    return Status(
        SOTTO_BAD_FILE,
        fmt::format("tensor '{}' reaches outside {} of {} bytes: {} x {} numbers from byte {} in steps "
                    "of {} and {}",
                    t.name, p.from->where, p.from->bytes.size(), p.rows, p.columns, p.offset, p.row_stride, p.column_stride));
  };
  if (p.rows == 0 || p.columns == 0) return outside();
  uint64_t rows = 0, columns = 0, end = 0;
  if (!multiply(p.rows - 1, p.row_stride, &rows) || !multiply(p.columns - 1, p.column_stride, &columns) ||
      !add(rows, columns, &end) || !add(end, p.offset, &end) || !add(end, size_of(t.element), &end) ||
      end > p.from->bytes.size())
    return outside();
  uint64_t last_row = 0, last_column = 0;
  if (!add(p.first_row, p.rows, &last_row) || !add(p.first_column, p.columns, &last_column) || last_row > t.rows ||
      last_column > t.columns)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("tensor '{}' is {} x {}, a part of it from {} is {} x {} at row {} and column {}", t.name, t.rows,
                              t.columns, p.from->where, p.rows, p.columns, p.first_row, p.first_column));
  return {};
}

Status check_coverage(const ModelTensor& t) {
  if (t.pieces.size() > kMaxPieces)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("tensor '{}' is in {} parts, at most {} are read", t.name, t.pieces.size(), kMaxPieces));
  uint64_t area = 0;
  for (const Piece& p : t.pieces) area += p.rows * p.columns;
  if (area < t.rows * t.columns)
    return Status(SOTTO_BAD_FILE,
                  fmt::format("tensor '{}' is {} x {}, but its {} parts hold {} of the {} numbers: a shard is missing", t.name,
                              t.rows, t.columns, t.pieces.size(), area, t.rows * t.columns));
  for (size_t i = 0; i < t.pieces.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (overlap(t.pieces[i], t.pieces[j]))
        return Status(SOTTO_BAD_FILE, fmt::format("tensor '{}': the parts from {} and {} are the same rows and columns", t.name,
                                                  t.pieces[j].from->where, t.pieces[i].from->where));
  return {};
}

void add_rows(const ModelTensor& from, uint64_t first, uint64_t count, uint64_t at, ModelTensor* to) {
  for (const Piece& p : from.pieces) {
    const uint64_t begin = std::max(first, p.first_row), end = std::min(first + count, p.first_row + p.rows);
    if (begin >= end) continue;
    Piece part = p;
    part.offset += (begin - p.first_row) * p.row_stride;
    part.rows = end - begin;
    part.first_row = at + (begin - first);
    to->pieces.push_back(part);
  }
}

ModelTensor as_rows(const ModelTensor& tensor) {
  ModelTensor t = tensor;
  if (!t.is_vector || t.columns == 1) return t;
  std::swap(t.rows, t.columns);
  for (Piece& p : t.pieces) {
    std::swap(p.rows, p.columns);
    std::swap(p.first_row, p.first_column);
    std::swap(p.row_stride, p.column_stride);
  }
  return t;
}

void cut_vocabulary(uint32_t rows, Checkpoint* c) {
  for (ModelTensor& t : c->tensors) {
    if (t.name != "token_embd.weight" && t.name != "output.weight") continue;
    const ModelTensor whole = t;
    t.pieces.clear();
    t.rows = rows;
    add_rows(whole, 0, rows, 0, &t);
  }
  c->description.vocabulary = rows;
}

Result<std::vector<uint8_t>> load_tensor(const ModelTensor& t) {
  for (const Piece& p : t.pieces) SOTTO_TRY(check_crc(p.from));
  std::vector<uint8_t> out(static_cast<size_t>(t.rows * t.columns * size_of(t.element)));
  for (const Piece& p : t.pieces) copy_piece(t, p, out.data());
  for (const Piece& p : t.pieces) {
    const uint64_t reach = (p.rows - 1) * p.row_stride + (p.columns - 1) * p.column_stride + size_of(t.element);
    MappedFile::give_back(p.from->bytes.part(p.offset, reach));
  }
  if (t.order == RowOrder::kHalvesToPairs) return pair_halves(t, out);
  return out;
}

}  // namespace sotto

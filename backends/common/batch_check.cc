#include "common/batch_check.h"

#include "common/report.h"

namespace sotto::backend {

sotto_status check_inputs(const char* backend, const std::vector<uint32_t>& widths, const sotto_batch& batch,
                          sotto_error* err) {
  for (uint32_t i = 0; i < widths.size(); ++i)
    if (widths[i] != 0 && (i >= batch.input_count || batch.inputs == nullptr || batch.inputs[i] == nullptr))
      return fail(err, SOTTO_INVALID_ARGUMENT, "%s: the batch lacks input %u of %zu", backend, i, widths.size());
  return SOTTO_OK;
}

sotto_status check_batch(const BatchLimits& l, const sotto_batch& batch, sotto_error* err) {
  if (batch.row_count == 0 || batch.row_count > l.max_batch || batch.rows == nullptr ||
      batch.row_stride < sizeof(sotto_batch_row) || batch.row_stride % alignof(sotto_batch_row) != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: a batch of %u rows %u bytes apart for a program of 1 .. %u rows", l.backend,
                batch.row_count, batch.row_stride, l.max_batch);
  return check_inputs(l.backend, l.input_widths, batch, err);
}

sotto_status check_row(const BatchLimits& l, const sotto_batch_row& row, uint32_t index, sotto_error* err) {
  if (row.reserved != 0) return fail(err, SOTTO_UNSUPPORTED, "%s: row %u: reserved bits %#x", l.backend, index, row.reserved);
  if (l.outputs < 32 && (row.outputs >> l.outputs) != 0)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: row %u wants the outputs %#x of %zu", l.backend, index, row.outputs,
                l.outputs);
  if (row.sequence >= l.sequences)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: row %u: sequence %u of %zu", l.backend, index, row.sequence, l.sequences);
  if (l.embeds && row.token >= l.vocabulary)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: row %u: token %u of a vocabulary of %u", l.backend, index, row.token,
                l.vocabulary);
  if (row.position >= l.max_positions)
    return fail(err, SOTTO_CONTEXT_FULL, "%s: row %u: position %u, the model ends at %u", l.backend, index, row.position,
                l.max_positions);
  return SOTTO_OK;
}

sotto_status check_next(const char* backend, const Cells& cells, const sotto_batch_row& row, uint32_t index, sotto_error* err) {
  const size_t next = cells[row.sequence].cells.size();
  if (row.position == next) return SOTTO_OK;
  return fail(err, SOTTO_INVALID_ARGUMENT, "%s: row %u: position %u, sequence %u goes on at %zu", backend, index, row.position,
              row.sequence, next);
}

}  // namespace sotto::backend

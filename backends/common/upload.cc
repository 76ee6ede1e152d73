#include "common/upload.h"

#include <cinttypes>

#include "common/report.h"
#include "sotto/plugin.hpp"

namespace sotto::backend {

sotto_status read_upload(const char* backend, const sotto_weights* weights, const sotto_upload* data, sotto_upload* out,
                         sotto_error* err) {
  const auto missing = [&] {
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: upload: a pointer that must be given is null", backend);
  };
  if (data == nullptr) return missing();
  const sotto_status s = plugin::guard(err, [&] {
    *out = plugin::read_options(data);
    return weights == nullptr ? missing() : SOTTO_OK;
  });
  if (s != SOTTO_OK && SOTTO_HAS(sotto_upload, data, user) && data->release != nullptr) data->release(data->user);
  return s;
}

sotto_status check_upload_place(const char* backend, const UploadPlace& p, const sotto_upload& data, sotto_error* err) {
  if (p.weight >= p.weights || p.rank < p.first_rank || p.rank - p.first_rank >= p.local_ranks)
    return fail(err, SOTTO_INVALID_ARGUMENT, "%s: upload of weight %u of %zu for rank %u, here are %u +%u", backend, p.weight,
                p.weights, p.rank, p.first_rank, p.local_ranks);
  if ((data.flags & ~SOTTO_UPLOAD_BORROW) != 0)
    return fail(err, SOTTO_UNSUPPORTED, "%s: upload of weight %u with the flags %#x", backend, p.weight, data.flags);
  return SOTTO_OK;
}

sotto_status check_upload_bytes(const char* backend, const std::string& name, const StoredRows& rows, const sotto_upload& data,
                                sotto_error* err) {
  const bool fits = data.bytes != nullptr && data.byte_count >= rows.bytes &&
                    (rows.count == 1 ||
                     (data.row_stride >= rows.bytes && (data.byte_count - rows.bytes) / (rows.count - 1) >= data.row_stride));
  if (fits) return SOTTO_OK;
  return fail(err, SOTTO_INVALID_ARGUMENT,
              "%s: upload of '%s': %" PRIu64 " bytes with a stride of %" PRIu64 " do not hold %" PRIu64 " rows of %" PRIu64
              " bytes",
              backend, name.c_str(), data.byte_count, data.row_stride, rows.count, rows.bytes);
}

}  // namespace sotto::backend

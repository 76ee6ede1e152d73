// upload.h - bytes of weights that the host hands over: who releases them, and whether they are what the plan told.
#pragma once

#include <string>

#include "sotto/backend.h"

namespace sotto::backend {

// Calls the host's release once, however upload ends, unless the bytes are kept.
struct ReleaseLater {
  const sotto_upload& data;
  bool kept = false;
  ~ReleaseLater() {
    if (!kept && data.release != nullptr) data.release(data.user);
  }
};

// The options of an upload as this library knows them. The host's release is owed whatever happens, also when the struct cannot
// be read: unless this answers SOTTO_OK it was called here.
sotto_status read_upload(const char* backend, const sotto_weights* weights, const sotto_upload* data, sotto_upload* out,
                         sotto_error* err);

// Which weight an upload is for, and what there is.
struct UploadPlace {
  uint32_t weight;
  uint32_t rank;
  size_t weights;
  uint32_t first_rank;
  uint32_t local_ranks;
};
// Whether it is one of these weights on one of these ranks, and the flags are known.
sotto_status check_upload_place(const char* backend, const UploadPlace& place, const sotto_upload& data, sotto_error* err);

struct StoredRows {
  uint64_t count;
  uint64_t bytes;  // of each
};
// Whether the bytes hold the rows. REQUIRES: rows.count > 0.
sotto_status check_upload_bytes(const char* backend, const std::string& name, const StoredRows& rows, const sotto_upload& data,
                                sotto_error* err);

}  // namespace sotto::backend

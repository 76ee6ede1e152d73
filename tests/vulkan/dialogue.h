// dialogue.h: a short dialogue with a net on the backend's table: made, asked, destroyed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "conformance/net.h"
#include "plugin.h"
#include "program.h"

namespace sotto::vulkan {

inline const sotto_host kSilentHost = {sizeof(sotto_host),
                                       SOTTO_ABI_MAJOR,
                                       SOTTO_ABI_MINOR,
                                       0,
                                       nullptr,
                                       [](void*, int32_t, sotto_str) {},
                                       [](void*, const char*) {
                                         return sotto_interface{nullptr, nullptr};
                                       }};

// What a short dialogue came to.
struct Outcome {
  sotto_status status = SOTTO_OK;
  std::vector<uint32_t> ids;
  sotto_error error{sizeof(sotto_error), 0, {}};
  uint32_t dispatches = 0, barriers = 0;  // of the last token
};

class Dialogue {
 public:
  Dialogue(Plugin& plugin, conformance::Net& net) : plugin_(plugin), net_(net), b_(backend_table()) {}
  ~Dialogue() {
    b_.cache_destroy(cache_);
    b_.program_destroy(program_);
    b_.weights_destroy(weights_);
    b_.group_destroy(group_);
  }
  // Five tokens at once, more than products take singly, then three greedy ones.
  Outcome hold() {
    out_.status = make();
    std::vector<uint32_t> next = {1, 2, 3, 4, 5};
    uint32_t position = 0;
    for (int turn = 0; out_.status == SOTTO_OK && turn < 4; ++turn) {
      std::vector<sotto_batch_row> rows;
      for (const uint32_t token : next) rows.push_back({token, position++, 0, 1, nullptr, 0, 0});
      out_.status = run(rows, &next);
      if (out_.status == SOTTO_OK) out_.ids.push_back(next[0]);
    }
    if (out_.status == SOTTO_OK) {
      const sotto_program& first = program_->apart.empty() ? *program_ : *program_->apart.front();
      const Recording& last = *first.recordings.back().recording;
      out_.dispatches = last.dispatches;
      out_.barriers = last.barriers;
    }
    return out_;
  }

  std::vector<uint32_t> devices;  // by rank; empty: the first for all
  // Asks the caller's should_stop: it says so the n-th time, counted over the whole dialogue. 0: never.
  uint32_t stop_at = 0;
  uint32_t asked = 0;

 private:
  sotto_status upload(uint32_t weight, uint32_t rank) {
    const conformance::Tensor& t = net_.weights[weight].tensor;
    const sotto_slice& slice = net_.weights[weight].slices[rank];
    if (slice.rows == 0 || slice.columns == 0) return SOTTO_OK;
    const uint64_t block = conformance::block_size(t.type), bytes = conformance::block_bytes(t.type);
    const uint64_t from = slice.first_row * t.row_bytes + (slice.first_column - slice.skip_columns) / block * bytes;
    const uint64_t last_row = (slice.skip_columns + slice.columns + block - 1) / block * bytes;
    const sotto_upload u{sizeof u, 0,      t.bytes.data() + from, (slice.rows - 1) * t.row_bytes + last_row, t.row_bytes,
                         nullptr,  nullptr};
    return b_.upload(weights_, weight, rank, &u, &out_.error);
  }
  sotto_status make() {
    sotto_group_options g{};
    g.struct_size = sizeof g;
    g.local_ranks = net_.ranks();
    g.devices = devices.empty() ? nullptr : devices.data();
    const sotto_cache_options c{sizeof c, SOTTO_F16, SOTTO_F16, 1, 32};
    sotto_status s = b_.group_create(&plugin_, &g, &group_, &out_.error);
    if (s == SOTTO_OK) s = b_.weights_create(group_, &net_.plan(), &weights_, &out_.error);
    for (uint32_t w = 0; s == SOTTO_OK && w < net_.weights.size(); ++w) {
      for (uint32_t r = 0; s == SOTTO_OK && r < net_.ranks(); ++r) s = upload(w, r);
    }
    if (s == SOTTO_OK) s = b_.compile(group_, &net_.plan(), weights_, 8, &program_, &out_.error);
    if (s == SOTTO_OK) s = b_.cache_create(program_, &c, &cache_, &out_.error);
    return s;
  }
  sotto_status run(const std::vector<sotto_batch_row>& rows, std::vector<uint32_t>* next) {
    sotto_batch batch{};
    batch.struct_size = sizeof batch;
    batch.row_count = static_cast<uint32_t>(rows.size());
    batch.row_stride = sizeof rows[0];
    batch.rows = rows.data();
    batch.stop_user = this;
    batch.should_stop = [](void* self) {
      Dialogue& d = *static_cast<Dialogue*>(self);
      return int32_t{++d.asked == d.stop_at ? 1 : 0};
    };
    const float* logits[2] = {};
    uint32_t counts[2] = {}, length = 0;
    sotto_run_result result{sizeof result, 2, logits, counts, 1, 0, &length};
    const sotto_status s = b_.run(program_, cache_, &batch, &result, &out_.error);
    if (s != SOTTO_OK) {
      EXPECT_EQ(length, rows[0].position) << "tokens of a failed batch are committed";
      return s;
    }
    EXPECT_EQ(counts[0], rows.size());
    const float* last = logits[0] + (rows.size() - 1) * net_.vocabulary;
    *next = {static_cast<uint32_t>(std::max_element(last, last + net_.vocabulary) - last)};
    return s;
  }

  Plugin& plugin_;
  conformance::Net& net_;
  const sotto_backend& b_;
  Outcome out_;
  sotto_group* group_ = nullptr;
  sotto_weights* weights_ = nullptr;
  sotto_program* program_ = nullptr;
  sotto_cache* cache_ = nullptr;
};

}  // namespace sotto::vulkan

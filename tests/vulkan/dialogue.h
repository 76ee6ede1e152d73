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
      const Recording& last = *program_->recordings.back().recording;
      out_.dispatches = last.dispatches;
      out_.barriers = last.barriers;
    }
    return out_;
  }

 private:
  sotto_status make() {
    sotto_group_options g{};
    g.struct_size = sizeof g;
    const sotto_cache_options c{sizeof c, SOTTO_F16, SOTTO_F16, 1, 32};
    sotto_status s = b_.group_create(&plugin_, &g, &group_, &out_.error);
    if (s == SOTTO_OK) s = b_.weights_create(group_, &net_.plan(), &weights_, &out_.error);
    for (uint32_t w = 0; s == SOTTO_OK && w < net_.weights.size(); ++w) {
      const conformance::Tensor& t = net_.weights[w].tensor;
      const sotto_upload u{sizeof u, 0, t.bytes.data(), t.bytes.size(), t.row_bytes, nullptr, nullptr};
      s = b_.upload(weights_, w, 0, &u, &out_.error);
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

// backends/common: which cells a cache's sequences have, and what is said to a caller whose batch, cache, adapter or upload
// does not fit. The sentences are part of what users see: they stay as they are.
#include <gtest/gtest.h>

#include <functional>

#include "common/adapter_check.h"
#include "common/batch_check.h"
#include "common/cache_check.h"
#include "common/program_check.h"
#include "common/run_lengths.h"
#include "common/slots.h"
#include "common/upload.h"
#include "conformance/spoilers.h"

namespace sotto::backend {
namespace {

// What a check that refuses says.
std::string said(sotto_status expected, const std::function<sotto_status(sotto_error*)>& check) {
  sotto_error error{sizeof error, 0, {}};
  EXPECT_EQ(check(&error), expected) << error.text;
  return error.text;
}

std::vector<uint32_t> cells_of(const Cells& cells, uint32_t sequence) { return cells[sequence].cells; }

TEST(Cells, CopiesShareThemAndTheLastOwnerFreesThem) {
  Cells cells(4, 2);
  for (int i = 0; i < 3; ++i) cells.append(0);
  cells.commit(0);
  cells.copy(0, 1, 2);
  EXPECT_EQ(cells_of(cells, 1), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(cells.free_cells(), 1u);
  cells.truncate(0, 0);
  EXPECT_EQ(cells.free_cells(), 2u);  // the third was sequence 0's alone
  EXPECT_EQ(cells.length(1), 2u);
  cells.append(0);
  EXPECT_EQ(cells_of(cells, 0), (std::vector<uint32_t>{2}));  // what was freed comes first
  cells.truncate(1, 0);
  EXPECT_EQ(cells.free_cells(), 3u);
}

TEST(Cells, RollingBackKeepsWhatWasCommitted) {
  Cells cells(8, 1);
  cells.append(0);
  cells.commit(0);
  cells.append(0);
  cells.append(0);
  EXPECT_EQ(cells.length(0), 1u);
  cells.roll_back(0);
  EXPECT_EQ(cells_of(cells, 0), (std::vector<uint32_t>{0}));
  EXPECT_EQ(cells.free_cells(), 7u);
  EXPECT_EQ(cells.length(5), 0u);  // no such sequence
}

TEST(Cells, ACopyOntoItselfCutsIt) {
  Cells cells(4, 1);
  for (int i = 0; i < 3; ++i) cells.append(0);
  cells.commit(0);
  cells.copy(0, 0, 2);
  EXPECT_EQ(cells_of(cells, 0), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(cells.free_cells(), 2u);
}

TEST(Cells, LengthsAreDeliveredAtTheEnd) {
  Cells cells(4, 2);
  uint32_t lengths[3] = {9, 9, 9};
  sotto_run_result result = {};
  result.struct_size = sizeof result;
  result.lengths = lengths;
  result.sequence_count = 3;
  {
    const LengthsLater later{cells, &result};
    cells.append(1);
    cells.commit(1);
    EXPECT_EQ(lengths[1], 9u);
  }
  EXPECT_EQ(lengths[0], 0u);
  EXPECT_EQ(lengths[1], 1u);
  EXPECT_EQ(lengths[2], 0u);
  deliver_lengths(cells, nullptr);
}

TEST(CacheCheck, SaysWhatIsNotThere) {
  Cells cells(4, 2);
  cells.append(1);
  cells.commit(1);
  EXPECT_EQ(check_tokens("b", cells, 1, 1, nullptr), SOTTO_OK);
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_tokens("b", cells, 2, 0, e); }), "b: sequence 2 of 2");
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_tokens("b", cells, 1, 1ull << 33, e); }),
            "b: 8589934592 tokens of sequence 1, which has 1");
  EXPECT_EQ(check_room("b", cells, 3, nullptr), SOTTO_OK);
  EXPECT_EQ(said(SOTTO_CONTEXT_FULL, [&](auto* e) { return check_room("b", cells, 4, e); }),
            "b: 4 tokens do not fit into the 3 free ones of the cache's 4");
  sotto_cache_options options = {};
  options.tokens = (1ull << 31) + 1;
  options.sequences = 1;
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_cache_size("b", options, e); }),
            "b: a cache of 2147483649 tokens for 1 sequences, at most 2^31 and 2^20");
  options.tokens = 1ull << 31;
  EXPECT_EQ(check_cache_size("b", options, nullptr), SOTTO_OK);
}

TEST(BatchCheck, SaysWhatIsWrongWithABatch) {
  const std::vector<uint32_t> widths{0, 5};
  const BatchLimits limits{"b", 4, widths, 2, 3, true, 10, 20};
  const float numbers[5] = {};
  const float* inputs[2] = {nullptr, numbers};
  sotto_batch_row rows[4] = {};
  sotto_batch batch = {};
  batch.rows = rows;
  batch.row_stride = sizeof rows[0];
  batch.row_count = 4;
  batch.inputs = inputs;
  batch.input_count = 2;
  EXPECT_EQ(check_batch(limits, batch, nullptr), SOTTO_OK);
  batch.input_count = 1;
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_batch(limits, batch, e); }),
            "b: the batch lacks input 1 of 2");
  for (const uint32_t count : {0u, 5u}) {
    batch.row_count = count;
    EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_batch(limits, batch, e); }),
              "b: a batch of " + std::to_string(count) + " rows " + std::to_string(sizeof rows[0]) +
                  " bytes apart for a program of 1 .. 4 rows");
  }
}

TEST(BatchCheck, SaysWhatIsWrongWithARow) {
  const std::vector<uint32_t> widths;
  const BatchLimits limits{"b", 4, widths, 2, 3, true, 10, 20};
  struct Case {
    std::function<void(sotto_batch_row&)> spoil;
    sotto_status status;
    const char* sentence;
  };
  const Case cases[] = {
      {[](auto& r) { r.reserved = 3; }, SOTTO_UNSUPPORTED, "b: row 7: reserved bits 0x3"},
      {[](auto& r) { r.outputs = 4; }, SOTTO_INVALID_ARGUMENT, "b: row 7 wants the outputs 0x4 of 2"},
      {[](auto& r) { r.sequence = 3; }, SOTTO_INVALID_ARGUMENT, "b: row 7: sequence 3 of 3"},
      {[](auto& r) { r.token = 10; }, SOTTO_INVALID_ARGUMENT, "b: row 7: token 10 of a vocabulary of 10"},
      {[](auto& r) { r.position = 20; }, SOTTO_CONTEXT_FULL, "b: row 7: position 20, the model ends at 20"},
  };
  for (const Case& c : cases) {
    sotto_batch_row row = {};
    EXPECT_EQ(check_row(limits, row, 7, nullptr), SOTTO_OK);
    c.spoil(row);
    EXPECT_EQ(said(c.status, [&](auto* e) { return check_row(limits, row, 7, e); }), c.sentence);
  }
  sotto_batch_row row = {};
  row.position = 1;
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_next("b", Cells(4, 1), row, 7, e); }),
            "b: row 7: position 1, sequence 0 goes on at 0");
}

struct Part {
  sotto_slice slice = {};
  bool is_missing() const { return true; }
};

TEST(AdapterCheck, SaysWhatIsWrongWithAPair) {
  sotto_slice slices[2] = {{0, 2, 0, 4, 0}, {0, 0, 0, 0, 0}};
  sotto_weight from = {};
  from.type = SOTTO_F32;
  from.rows = 2;
  from.columns = 4;
  from.uses = SOTTO_USE_LINEAR;
  from.name = {"w", 1};
  from.slices = slices;
  StoredWeight<Part> weight(from, 0, 2);
  const float numbers[8] = {};
  const float *a[3] = {nullptr, numbers, nullptr}, *b[3] = {nullptr, numbers, nullptr};
  sotto_adapter_pair pair = {};
  pair.rank_dim = 2;
  pair.scale = 1;
  pair.a = a;
  pair.b = b;
  const PairLimits limits{"b", 1, 2};
  EXPECT_EQ(check_pairs("b", &pair, 1, sizeof pair, nullptr), SOTTO_OK);
  EXPECT_EQ(check_pair(limits, pair, 3, nullptr), SOTTO_OK);
  EXPECT_EQ(check_pair_weight("b", weight, pair, 3, 1, nullptr), SOTTO_OK);  // rank 1 has nothing of it
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_pair_weight("b", weight, pair, 3, 0, e); }),
            "b: adapter pair 3: no numbers for local rank 0");
  weight.uses = SOTTO_USE_TABLE;
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_pair_weight("b", weight, pair, 3, 1, e); }),
            "b: adapter pair 3: no LINEAR uses 'w'");
  pair.reserved = 1;
  EXPECT_EQ(said(SOTTO_UNSUPPORTED, [&](auto* e) { return check_pair(limits, pair, 3, e); }),
            "b: adapter pair 3: reserved bits 0x1");
  pair.rank_dim = 3;
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_pair(limits, pair, 3, e); }),
            "b: adapter pair 3: weight 0 of 1, 3 dimensions, scale 1");
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_pairs("b", nullptr, 1, 4, e); }),
            "b: adapter of 1 pairs 4 bytes apart");
}

TEST(ProgramCheck, SaysWhatDoesNotFitTheGroup) {
  const conformance::SpoiltPlan good;
  const uint32_t world = good.plan.world;
  EXPECT_EQ(check_program({"b", world, 8}, &good.plan, 8, nullptr), SOTTO_OK);
  EXPECT_EQ(said(SOTTO_MISMATCH,
                 [&](auto* e) {
                   return check_program({"b", world + 1, 8}, &good.plan, 8, e);
                 }),
            "b: a plan for " + std::to_string(world) + " ranks in a group of " + std::to_string(world + 1));
  for (const uint32_t rows : {0u, 9u})
    EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT,
                   [&](auto* e) {
                     return check_program({"b", world, 8}, &good.plan, rows, e);
                   }),
              "b: batches of " + std::to_string(rows) + " rows, expected 1 .. 8");
  StepArgs args = {};
  args.linear.weight = 1;
  args.linear.bias = SOTTO_NONE;
  args.linear.gate = 2;
  args.linear.gate_bias = SOTTO_NONE;
  EXPECT_EQ(check_step_weights("b", SOTTO_STEP_LINEAR, args, 3, nullptr), SOTTO_OK);
  EXPECT_EQ(said(SOTTO_MISMATCH, [&](auto* e) { return check_step_weights("b", SOTTO_STEP_LINEAR, args, 2, e); }),
            "b: compile: a step uses weight 2, uploaded are 2");
}

TEST(StoredWeights, AreThoseOfThePlanAndAllThere) {
  const conformance::SpoiltPlan good;
  const uint32_t last = good.plan.world - 1;
  std::vector<StoredWeight<Part>> weights;
  weights.emplace_back(weight_of(good.plan, 0), last, 1);
  const std::string name = weights[0].name;
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return check_weights("b", weights, last, good.plan, e); }),
            "b: '" + name + "' was not uploaded for rank " + std::to_string(last));
  ++weights[0].parts[0].slice.first_row;
  EXPECT_EQ(said(SOTTO_MISMATCH, [&](auto* e) { return check_weights("b", weights, last, good.plan, e); }),
            "b: weight 0 of the plan is not '" + name + "', which was uploaded");
  weights.clear();
  EXPECT_EQ(check_weights("b", weights, last, good.plan, nullptr), SOTTO_OK);
}

void count_release(void* user) { ++*static_cast<int*>(user); }

TEST(Upload, ReleasesWhatItCannotRead) {
  int released = 0;
  int here = 0;
  const auto* weights = reinterpret_cast<const sotto_weights*>(&here);  // only looked at, never into
  struct {
    sotto_upload upload;
    uint32_t unknown;
  } longer = {};
  longer.upload.struct_size = sizeof longer.upload;
  longer.upload.release = count_release;
  longer.upload.user = &released;
  sotto_upload read = {};
  EXPECT_EQ(read_upload("b", weights, &longer.upload, &read, nullptr), SOTTO_OK);
  EXPECT_EQ(released, 0);
  EXPECT_EQ(read.user, &released);
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return read_upload("b", nullptr, &longer.upload, &read, e); }),
            "b: upload: a pointer that must be given is null");
  EXPECT_EQ(released, 1);
  longer.upload.struct_size = sizeof longer;
  longer.unknown = 1;
  (void)said(SOTTO_UNSUPPORTED, [&](auto* e) { return read_upload("b", weights, &longer.upload, &read, e); });
  EXPECT_EQ(released, 2);
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT, [&](auto* e) { return read_upload("b", weights, nullptr, &read, e); }),
            "b: upload: a pointer that must be given is null");
}

TEST(Upload, SaysWhatDoesNotFit) {
  const uint8_t bytes[64] = {};
  sotto_upload data = {};
  data.bytes = bytes;
  data.byte_count = 60;
  data.row_stride = 20;
  EXPECT_EQ(check_upload_bytes("b", "w", {3, 20}, data, nullptr), SOTTO_OK);
  EXPECT_EQ(check_upload_bytes("b", "w", {1, 60}, data, nullptr), SOTTO_OK);  // a stride has no meaning there
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT,
                 [&](auto* e) {
                   return check_upload_bytes("b", "w", {4, 20}, data, e);
                 }),
            "b: upload of 'w': 60 bytes with a stride of 20 do not hold 4 rows of 20 bytes");
  EXPECT_EQ(check_upload_place("b", {2, 5, 3, 4, 2}, data, nullptr), SOTTO_OK);
  EXPECT_EQ(said(SOTTO_INVALID_ARGUMENT,
                 [&](auto* e) {
                   return check_upload_place("b", {2, 6, 3, 4, 2}, data, e);
                 }),
            "b: upload of weight 2 of 3 for rank 6, here are 4 +2");
  data.flags = 6;
  EXPECT_EQ(said(SOTTO_UNSUPPORTED,
                 [&](auto* e) {
                   return check_upload_place("b", {2, 5, 3, 4, 2}, data, e);
                 }),
            "b: upload of weight 2 with the flags 0x6");
}

TEST(Slots, AreTheSameWhereTheRanksHoldTheSameKvHeads) {
  const std::vector<Slot> one{{4, 8, 8, {{0, 4, 0, 2}}}};
  std::vector<Slot> other = one;
  other[0].ranks[0].first_head = 3;  // query heads are the program's
  EXPECT_TRUE(same_slots(one, other));
  other[0].ranks[0].first_kv_head = 2;
  EXPECT_FALSE(same_slots(one, other));
  EXPECT_FALSE(same_slots(one, {}));
  EXPECT_EQ(neutral_bytes(one, 3), 3u * 2 * 4 * 8 * sizeof(float));
}

}  // namespace
}  // namespace sotto::backend

// net.h - a small model written once and held twice: as a plan cut over ranks, and as double-precision formulas over whole
// sequences, right or with a mistake on purpose.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "conformance/oracle.h"
#include "sotto/backend.h"

namespace sotto::conformance {

// What each rank has of something.
struct Part {
  uint64_t first = 0;
  uint64_t count = 0;
};
using Parts = std::vector<Part>;
// Uneven on purpose; ranks may be left without anything.
Parts cut(Random& random, uint64_t total, uint32_t ranks);

struct Heads {
  uint32_t heads = 1;
  uint32_t kv_heads = 1;
  uint32_t head_dim = 1;
  std::vector<sotto_rank_heads> ranks;

  Parts q_parts() const;
  Parts kv_parts() const;
};
Heads cut_heads(Random& random, uint32_t heads, uint32_t kv_heads, uint32_t head_dim, uint32_t ranks);

// A value: on each rank whole, a part of its columns, or a summand.
struct Node {
  uint32_t value = SOTTO_NONE;
  size_t formula = 0;
  uint32_t width = 0;
  enum Spread { kWhole, kSplit, kPartial } spread = kWhole;
  Parts parts;  // kSplit
};

struct LinearSpec {
  uint32_t weight = SOTTO_NONE;  // one that an earlier LINEAR brought, used again; else a new one
  uint32_t type = SOTTO_F32;
  uint32_t out = 1;
  Parts parts;  // rows by rank; empty: whole, or by columns where the input is split
  bool bias = false;
  uint32_t gate_type = SOTTO_NONE;
  bool gate_bias = false;
  uint32_t activation = SOTTO_ACT_NONE;
  float scale = 0, clamp = 0, softcap = 0, gate_offset = 0;
};

struct AttentionOptions {
  Heads heads;
  uint32_t flags = 0;
  uint32_t read_slot = SOTTO_NONE;  // with READ_ONLY
  float scale = 0, softcap = 0;
  uint32_t window = 0;
  bool sink = false, norms = false, norm_biases = false;
  uint32_t norm_kind = SOTTO_NORM_RMS;
  uint32_t rotation = SOTTO_ROTATION_NONE;
  uint32_t rotary_dim = 0;
  float magnitude = 0;
};

// What one conversation brings. Inputs hold float32 numbers.
struct Sequence {
  std::vector<uint32_t> tokens;
  std::vector<Matrix> inputs;
  int adapter = -1;
  float strength = 0;
  uint32_t length = 0;
};

struct HeldWeight {
  Tensor tensor;
  std::vector<sotto_slice> slices;
  uint32_t uses = 0;
  std::string name;
};

struct HeldAdapter {
  struct Pair {
    uint32_t weight;
    float scale;
    Tensor a, b;  // [dims, columns], [rows, dims]
  };
  std::vector<Pair> pairs;
};

class Net {
 public:
  Net(uint32_t ranks, uint64_t seed, uint32_t vocabulary = 1, uint32_t max_positions = 64);
  Net(const Net&) = delete;

  Node input(uint32_t width);
  Node embed(uint32_t type, uint32_t width, bool positions, float scale = 0);  // partial with several ranks
  Node norm(const Node& x, uint32_t kind, bool weight = true, bool bias = false, float epsilon = 1e-5f);
  Node linear(const Node& x, const LinearSpec& spec);
  Node attention(const Node& q, const Node& k, const Node& v, const AttentionOptions& options);
  Node read_attention(const Node& q, const AttentionOptions& options);
  Node add(const Node& a, const Node& b, bool bias = false, float scale = 0);
  Node mul(const Node& a, const Node& b, uint32_t activation);
  Node reduce(const Node& x);
  Node gather(const Node& x);
  void output(const Node& x);
  // x on each rank in parts: a LINEAR with the identity.
  Node spread(const Node& x, const Parts& parts);
  // Whole on every rank, by whatever step that takes.
  Node join(const Node& x);
  // The same bytes once more at another place, for LinearSpec::weight; without values: such a net has no expected results.
  uint32_t copy_weight(uint32_t weight);
  // Pairs for every weight that LINEAR multiplies by; returns its number.
  int adapter(uint32_t dims);

  Sequence sequence(uint32_t length);
  // By output: [length, width].
  std::vector<Matrix> expected(const Sequence& sequence, Mistake mistake = Mistake::kNone) const;

  // The plan; valid until the net changes. The vectors may be spoilt by tests of refusals.
  const sotto_plan& plan();
  uint32_t ranks() const { return ranks_; }
  Random& random() { return random_; }

  std::vector<uint32_t> widths;
  std::vector<sotto_step> steps;
  std::vector<sotto_slot> slots;
  std::deque<HeldWeight> weights;
  std::vector<HeldAdapter> adapters;
  uint32_t output_count = 0;
  uint32_t vocabulary, max_positions;

 private:
  struct Evaluation {
    const Sequence& sequence;
    Mistake mistake;
    std::vector<Matrix> values;  // by formula

    bool makes(Mistake m) const { return mistake == m; }
  };
  using Formula = std::function<Matrix(const Evaluation&)>;
  union Args {
    sotto_input_args input;
    sotto_embed_args embed;
    sotto_norm_args norm;
    sotto_linear_args linear;
    sotto_attention_args attention;
    sotto_add_args add;
    sotto_mul_args mul;
    sotto_output_args output;
  };

  uint32_t hold(Tensor tensor, uint32_t uses, std::vector<sotto_slice> slices);
  uint32_t hold_vector(uint64_t columns, const Parts& parts, double centre);
  uint32_t hold_matrix(uint32_t type, uint64_t rows, const Node& x, const Parts& row_parts);
  uint32_t hold_bias(uint32_t columns, const Node& x, const Parts& parts);
  Parts whole(uint64_t count) const { return Parts(ranks_, Part{0, count}); }
  const Tensor* tensor(uint32_t weight) const { return weight == SOTTO_NONE ? nullptr : &weights[weight].tensor; }
  std::vector<uint32_t> widths_of(const Node& x) const;
  Node make(uint32_t kind, std::vector<uint32_t> in, const Args* args, Node shape, Formula formula);
  Matrix misread(const Evaluation& e, const Matrix& x, uint32_t weight, const Node& from) const;
  Matrix product(const Evaluation& e, const Matrix& x, uint32_t weight, uint32_t bias, const Node& from) const;
  Args* new_args() { return &args_.emplace_back(); }
  sotto_attention_args attention_args(const AttentionOptions& o);

  uint32_t ranks_;
  Random random_;
  std::deque<Args> args_;
  std::deque<std::vector<sotto_rank_heads>> heads_;
  std::vector<Formula> formulas_;
  std::vector<size_t> outputs_;                           // formulas
  std::vector<std::pair<size_t, size_t>> slot_formulas_;  // k and v, by slot
  std::vector<uint32_t> input_widths_;
  std::vector<sotto_weight> plan_weights_;
  sotto_plan plan_{};
};

}  // namespace sotto::conformance

// qwen2.cc: Qwen 1.5 to 2.5 (arXiv:2407.10671): biases on q, k and v.
#include "model/arch/architectures.h"

namespace sotto {

void build_qwen2(Weights& w) { build_rotary_decoder(w, {true, false}); }

}  // namespace sotto

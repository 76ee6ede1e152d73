// qwen3.cc: Qwen 3, dense (arXiv:2505.09388): q and k are RMS-normalised per head before the rotation.
#include "model/arch/architectures.h"

namespace sotto {

void build_qwen3(Weights& w) { build_rotary_decoder(w, {true, true}); }

}  // namespace sotto

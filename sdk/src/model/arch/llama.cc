// llama.cc: Llama 1 to 3 (arXiv:2302.13971), Mistral (arXiv:2310.06825, a window), SmolLM; files of attention_bias models carry
// biases.
#include "model/arch/architectures.h"

namespace sotto {

void build_llama(Weights& w) { build_rotary_decoder(w, {true, false}); }

}  // namespace sotto

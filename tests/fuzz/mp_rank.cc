// mp_rank.cc: bytes as the one file of a Megatron-LM checkpoint: archive, pickle, arguments, parameters, all tensors.
#include "convert/megatron/model.h"
#include "scratch_folder.h"
#include "target.h"
#include "zip_seal.h"

namespace sotto::fuzz {

FUZZ_TARGET(mp_rank) {
  static const ScratchFolder folder;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  seal_zip(&bytes);
  folder.write("mp_rank_00/model_optim_rng.pt", reinterpret_cast<const uint8_t*>(bytes.data()), size);
  const auto checkpoint = read_megatron(folder.path(), "");
  if (!checkpoint.ok()) {
    FUZZ_CHECK(!checkpoint.status().text().empty());
    return;
  }
  for (const ModelTensor& t : (*checkpoint.value()).tensors) {
    const auto bytes = load_tensor(t);
    FUZZ_CHECK(!bytes.ok() || bytes->size() == t.rows * t.columns * size_of(t.element));
  }
}

}  // namespace sotto::fuzz

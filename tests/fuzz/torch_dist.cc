// torch_dist.cc: bytes as the index `.metadata` of a Megatron-LM checkpoint whose other files are those of a fixture.
#include "convert/megatron/model.h"
#include "scratch_folder.h"
#include "target.h"

namespace sotto::fuzz {
namespace {

ScratchFolder make_folder_of_fixture() {
  namespace fs = std::filesystem;
  ScratchFolder folder;
  const fs::path fixture = fs::path(SOTTO_FIXTURES) / "megatron/llama/dist_dp2_parallel_save/iter_0000100";
  for (const auto& entry : fs::directory_iterator(fixture))
    if (entry.path().filename() != ".metadata") fs::copy(entry.path(), folder.path(entry.path().filename().string()));
  return folder;
}

}  // namespace

FUZZ_TARGET(torch_dist) {
  static const ScratchFolder folder = make_folder_of_fixture();
  folder.write(".metadata", data, size);
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

// hf_config.cc: text as the config.json of a checkpoint, and the tensors that it asks for.
#include "convert/hf/hf_config.h"

#include "convert/hf/hf_tensors.h"
#include "target.h"

namespace sotto::fuzz {

FUZZ_TARGET(hf_config) {
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size), "config.json");
  if (!json.ok()) return;
  const auto config = read_hf_config(json.value(), "config.json");
  if (!config.ok()) {
    FUZZ_CHECK(!config.status().text().empty());
    return;
  }
  const ModelDescription& d = config.value().description;
  FUZZ_CHECK(d.layers > 0 && d.heads > 0 && d.head_dim > 0 && d.heads % d.kv_heads == 0);
  FUZZ_CHECK(d.windows.empty() || d.windows.size() == d.layers);
  constexpr uint32_t kMostLayers = 64;  // more of the same
  if (d.layers > kMostLayers) return;
  for (const WantedTensor& t : wanted_tensors(config.value())) FUZZ_CHECK(t.columns > 0 && t.first_row < t.stored_rows);
}

}  // namespace sotto::fuzz

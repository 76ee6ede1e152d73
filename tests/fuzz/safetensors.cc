// safetensors.cc: bytes as a safetensors file; every tensor that is given is read to its ends.
#include "convert/hf/safetensors.h"

#include "target.h"

namespace sotto::fuzz {

FUZZ_TARGET(safetensors) {
  const auto tensors = parse_safetensors(Span<const uint8_t>(data, size), "input");
  if (!tensors.ok()) {
    FUZZ_CHECK(!tensors.status().text().empty());
    return;
  }
  volatile uint8_t sink = 0;
  const uint8_t* end = data;
  for (const SafeTensor& t : tensors.value()) {
    FUZZ_CHECK(t.bytes.size() == 0 || t.bytes.data() >= end);  // no two share a byte
    for (const uint8_t byte : t.bytes) sink = static_cast<uint8_t>(sink + byte);
    end = t.bytes.end();
  }
}

}  // namespace sotto::fuzz

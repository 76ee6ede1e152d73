// parameters.h: Megatron-Core's parameters made of a model file's tensors: q, k and v in groups, gates and ups in one, rotated
// pairs as halves. tensors.cc of the importer the other way.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"
#include "convert/description.h"
#include "convert/element.h"
#include "convert/megatron/state.h"
#include "model/model_file.h"

namespace sotto {

// A parameter as with one rank.
struct ExportParameter {
  std::string name;    // layers counted over the whole model
  uint32_t layer = 0;  // of the name
  bool is_layer = false;
  bool is_first = false;  // on the first pipeline stage; others that are of no layer are on the last
  Cut cut = Cut::kWhole;
  bool is_vector = false;
  uint64_t rows = 0, columns = 1;
  Element element = Element::kF32;
  std::function<Result<std::vector<uint8_t>>()> load;  // row-major
};

// `element`: of the matrices. Vectors that it cannot hold exactly are float32. Borrows file and description.
Result<std::vector<ExportParameter>> make_parameters(const ModelFile& file, const ModelDescription& description,
                                                     Element element);

// The type that holds every matrix of the file exactly.
Element element_of(const ModelFile& file);

}  // namespace sotto

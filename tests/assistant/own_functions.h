// own_functions.h: a maker's functions that no model was trained on, with sentences that are theirs and sentences that are no
// function's: own/*.txt, which says its marks.
#pragma once

#include <string>
#include <vector>

namespace sotto::assistant_test {

struct Wanted {
  std::string said, arguments;  // JSON
  bool is_chinese = false;
};
struct MakerFunction {
  std::string name, description, schema;
  std::vector<std::string> examples;
  std::vector<Wanted> held_out;  // of the name "none": sentences of no function
};

// Throws std::runtime_error with file and line.
std::vector<MakerFunction> read_functions(const std::string& file);

// Whether the arguments of a call are those wanted and no others. Of texts capitals and a leading article do not count.
bool are_same_arguments(const std::string& got, const std::string& wanted);

}  // namespace sotto::assistant_test

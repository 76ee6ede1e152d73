// arguments.h: Megatron-LM's training arguments as a checkpoint holds them, or as the user's JSON file gives them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "convert/torch/pickle.h"

namespace sotto {

struct Argument {
  enum class Kind : uint8_t { kNone, kBool, kNumber, kText, kNumbers, kOther };
  Kind kind = Kind::kNone;
  double number = 0;             // kBool (0, 1), kNumber
  std::string text;              // kText, kOther: what it is
  std::vector<double> numbers;   // kNumbers: a list or tuple
  bool is_set() const;           // neither None nor False nor 0 nor empty
  std::string describe() const;  // for messages
};

class Arguments {
 public:
  // An argparse.Namespace. Values that are no plain data are kept by their description.
  static Result<Arguments> of_namespace(const PickleValue& value);
  // Values of a JSON object take the place of those that are there.
  Status merge_json_file(const std::string& path);

  bool empty() const { return values_.empty(); }
  // NULL: absent or None, which Megatron-LM treats alike.
  const Argument* find(std::string_view name) const;
  // The first of these names that is there.
  const Argument* first(std::initializer_list<std::string_view> names) const;
  void put_number(std::string_view name, double number);
  bool is_from_user(std::string_view name) const { return from_user_.count(std::string(name)) != 0; }

  // Of another kind or range: SOTTO_BAD_FILE with the name.
  Status size(std::string_view name, uint64_t fallback, uint64_t* out) const;  // a whole number from 0
  Status number(std::string_view name, double fallback, double* out) const;
  Status truth(std::string_view name, bool fallback, bool* out) const;
  Status text(std::string_view name, std::string_view fallback, std::string* out) const;

 private:
  Status wrong(std::string_view name, const Argument& value, std::string_view expected) const;

  std::map<std::string, Argument, std::less<>> values_;
  std::map<std::string, bool, std::less<>> from_user_;
};

}  // namespace sotto

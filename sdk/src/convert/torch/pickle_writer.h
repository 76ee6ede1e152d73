// pickle_writer.h: writes the few objects that a checkpoint of PyTorch consists of, as a pickle of protocol 2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convert/element.h"

namespace sotto {

class PickleWriter {
 public:
  PickleWriter();

  void none();
  void truth(bool value);
  void integer(int64_t value);
  void real(double value);
  void text(std::string_view value);
  void integers(const std::vector<int64_t>& values);  // a list
  void reals(const std::vector<double>& values);
  void texts(const std::vector<std::string>& values);
  void tuple(const std::vector<int64_t>& values);
  void name(std::string_view module, std::string_view name);  // a class or function

  // What is written between is its content: for dictionaries a text, then a value, and so on.
  void begin_dictionary();
  void end_dictionary();
  void begin_ordered_dictionary();
  void end_ordered_dictionary();
  void begin_namespace();  // argparse.Namespace
  void end_namespace();

  // A contiguous tensor that fills the storage `key`.
  void tensor(std::string_view key, Element element, const std::vector<uint64_t>& size);

  std::string finish();

 private:
  void byte(char code) { out_.push_back(code); }
  template <class T>
  void number(T value);

  std::string out_;
};

}  // namespace sotto

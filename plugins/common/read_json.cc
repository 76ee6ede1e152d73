#include "common/read_json.h"

#include <string>
#include <utility>
#include <vector>

namespace sotto::plugins {
namespace {

using nlohmann::json;

constexpr int kNumberTooLarge = 406;  // nlohmann's

// Builds the tree from the parser's events: its own builder with a callback looks through a whole list at the end of each item
// of it, and takes the last of two members of one name. Nothing here goes as deep on the machine's stack as the text does.
class Builder final : public nlohmann::json_sax<json> {
 public:
  Builder(const JsonLimits& limits, const JsonItems* items) : limits_(limits), items_(items) {}

  bool null() override { return add_whole(json()); }
  bool boolean(bool value) override { return add_whole(json(value)); }
  bool number_integer(number_integer_t value) override { return add_whole(json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add_whole(json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return add_whole(json(value)); }
  bool string(string_t& value) override { return add_whole(json(std::move(value))); }
  bool binary(binary_t&) override { return false; }  // JSON has none
  bool start_object(size_t) override { return open(json::object()); }
  bool start_array(size_t) override {
    if (open_.size() == 1 && is_named_) held_before_ = values_ + 1;
    return open(json::array());
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.size() == 1) is_named_ = items_ != nullptr && name == items_->name;
    const auto [member, is_new] = open_.back()->get_ref<json::object_t&>().emplace(std::move(name), nullptr);
    if (!is_new) throw JsonFault("a name stands twice in one object");
    member_ = &member->second;
    return true;
  }
  bool parse_error(size_t byte, const std::string&, const json::exception& e) override {
    if (e.id == kNumberTooLarge) throw JsonFault("it holds a number that is too large");
    throw JsonFault("no JSON, byte " + std::to_string(byte) + " is not understood");
  }
  json take() { return std::move(root_); }

 private:
  json* add(json value) {
    if (++values_ > limits_.values) throw JsonFault("more than " + std::to_string(limits_.values) + " values");
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_object()) return &(*member_ = std::move(value));
    open_.back()->push_back(std::move(value));
    return &open_.back()->back();
  }
  bool add_whole(json value) {
    add(std::move(value));
    return hand_out();
  }
  bool open(json value) {
    if (open_.size() == limits_.depth) throw JsonFault("nested deeper than " + std::to_string(limits_.depth) + " levels");
    open_.push_back(add(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return hand_out();
  }
  bool hand_out() {
    if (open_.size() != 2 || !is_named_ || !open_.back()->is_array()) return true;
    auto& list = open_.back()->get_ref<json::array_t&>();
    json item = std::move(list.back());
    list.pop_back();
    values_ = held_before_;
    items_->take(std::move(item));
    return true;
  }

  const JsonLimits& limits_;
  const JsonItems* items_;
  json root_;
  std::vector<json*> open_;  // lists and objects; each is the last item of the one before it, which keeps its place
  json* member_ = nullptr;   // of the innermost object: what the next value is
  size_t values_ = 0;
  size_t held_before_ = 0;  // of values, in front of the items that are handed out
  bool is_named_ = false;   // what is read stands under the name of the items
};

}  // namespace

json read_json(std::string_view text, const JsonLimits& limits, const JsonItems* items) {
  if (text.size() > limits.bytes)
    throw JsonFault(std::to_string(text.size()) + " bytes, at most " + std::to_string(limits.bytes) + " are taken");
  Builder builder(limits, items);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) throw JsonFault("no JSON");
  return builder.take();
}

}  // namespace sotto::plugins

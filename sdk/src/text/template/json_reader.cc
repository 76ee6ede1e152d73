#include "text/template/json_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_map>

#include "text/unicode.h"

namespace sotto::jinja {
namespace {

constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxKeys = 10000;  // of one object: templates look for them one after another

// Builds values while the parser reads. Not the library's own tree of values: that one allocates in its destructor, and so ends
// the process where memory is short.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return add(Value::none()); }
  bool boolean(bool b) override { return add(Value::boolean(b)); }
  bool number_integer(number_integer_t i) override { return add(Value::integer(i)); }
  bool number_unsigned(number_unsigned_t u) override {
    return add(u <= INT64_MAX ? Value::integer(static_cast<int64_t>(u)) : Value::real(static_cast<double>(u)));
  }
  bool number_float(number_float_t d, const string_t&) override { return add(Value::real(d)); }
  bool string(string_t& s) override { return add(Value::text(Text::data(std::move(s)))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(true); }
  bool start_array(size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& k) override {
    if (frames_.back().pairs.size() >= kMaxKeys) return exceed(fmt::format("have more than {} keys in one object", kMaxKeys));
    frames_.back().key = std::move(k);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  const std::string& excess() const { return excess_; }  // empty: none
  Value take() { return std::move(result_); }

 private:
  struct Frame {
    bool is_object;
    std::string key;
    List items;
    Pairs pairs;
    std::unordered_map<std::string, size_t> places;  // of keys in pairs
  };

  bool open(bool is_object) {
    if (frames_.size() >= kMaxDepth) return exceed(fmt::format("are nested deeper than {}", kMaxDepth));
    frames_.emplace_back();
    frames_.back().is_object = is_object;
    return true;
  }
  bool exceed(std::string what) {
    excess_ = std::move(what);
    return false;
  }
  bool close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    return add(frame.is_object ? Value::dict(std::move(frame.pairs)) : Value::list(std::move(frame.items)));
  }
  bool add(Value v) {
    if (frames_.empty()) {
      result_ = std::move(v);
      return true;
    }
    Frame& f = frames_.back();
    if (!f.is_object) {
      f.items.push_back(std::move(v));
      return true;
    }
    // As Python reads it: of a key that comes twice, the last value in the first place.
    const auto [place, is_new] = f.places.emplace(f.key, f.pairs.size());
    if (is_new)
      f.pairs.emplace_back(Value::text(Text::data(f.key)), std::move(v));
    else
      f.pairs[place->second].second = std::move(v);
    return true;
  }

  std::vector<Frame> frames_;
  Value result_;
  std::string excess_;
};

}  // namespace

Result<Value> read_json(const char* what, std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("rendering a chat template: the {} {}", what, why));
  };
  const std::string mended = is_valid_utf8(text) ? std::string() : replace_invalid_utf8(text);
  Builder builder;
  if (nlohmann::json::sax_parse(mended.empty() ? text : std::string_view(mended), &builder)) return builder.take();
  return bad(builder.excess().empty() ? "are no valid JSON" : builder.excess());
}

}  // namespace sotto::jinja

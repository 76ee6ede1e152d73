#include "convert/megatron/arguments.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace sotto {
namespace {

constexpr size_t kMaxNumbers = 4096;  // a value for each layer
constexpr size_t kMaxConfigBytes = 1 << 20;

Argument number_of(double number, Argument::Kind kind) {
  Argument a;
  a.kind = kind;
  a.number = number;
  return a;
}

Argument text_of(std::string text, Argument::Kind kind) {
  Argument a;
  a.kind = kind;
  a.text = std::move(text);
  return a;
}

Argument argument_of(const PickleValue& v) {
  switch (v.kind) {
    case PickleKind::kNone:
      return {};
    case PickleKind::kBool:
      return number_of(static_cast<double>(v.integer), Argument::Kind::kBool);
    case PickleKind::kInteger:
      return number_of(static_cast<double>(v.integer), Argument::Kind::kNumber);
    case PickleKind::kReal:
      return number_of(v.real, Argument::Kind::kNumber);
    case PickleKind::kText:
      return text_of(std::string(v.text), Argument::Kind::kText);
    default:
      break;
  }
  const auto* elements = v.elements();
  if (elements == nullptr || elements->size() > kMaxNumbers) return text_of(describe(v), Argument::Kind::kOther);
  Argument list;
  list.kind = Argument::Kind::kNumbers;
  for (const PickleValue* e : *elements) {
    const Argument one = argument_of(*e);
    if (one.kind != Argument::Kind::kBool && one.kind != Argument::Kind::kNumber)
      return text_of(describe(v), Argument::Kind::kOther);
    list.numbers.push_back(one.number);
  }
  return list;
}

Argument argument_of(const nlohmann::json& v) {
  if (v.is_boolean()) return number_of(v.get<bool>() ? 1 : 0, Argument::Kind::kBool);
  if (v.is_number()) return number_of(v.get<double>(), Argument::Kind::kNumber);
  if (v.is_string()) return text_of(v.get<std::string>(), Argument::Kind::kText);
  if (v.is_null()) return {};
  Argument list;
  list.kind = Argument::Kind::kNumbers;
  for (const auto& e : v) {
    if (!e.is_number() && !e.is_boolean()) return text_of(v.type_name(), Argument::Kind::kOther);
    list.numbers.push_back(e.is_boolean() ? (e.get<bool>() ? 1 : 0) : e.get<double>());
  }
  return v.is_array() ? list : text_of("an object", Argument::Kind::kOther);
}

}  // namespace

bool Argument::is_set() const {
  switch (kind) {
    case Kind::kNone:
      return false;
    case Kind::kBool:
    case Kind::kNumber:
      return number != 0;
    case Kind::kText:
      return !text.empty();
    case Kind::kNumbers:
      return !numbers.empty();
    case Kind::kOther:
      return true;
  }
  return true;
}

std::string Argument::describe() const {
  switch (kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return number != 0 ? "True" : "False";
    case Kind::kNumber:
      return fmt::format("{}", number);
    case Kind::kText:
      return fmt::format("'{}'", printable(text));
    case Kind::kNumbers:
      return fmt::format("[{}]", fmt::join(numbers, ", ")).substr(0, 80);
    case Kind::kOther:
      return text;
  }
  return "unknown";
}

Result<Arguments> Arguments::of_namespace(const PickleValue& value) {
  Arguments a;
  const auto* entries = value.entries();
  if (entries == nullptr)
    return Status(SOTTO_BAD_FILE, fmt::format("'args' is {}, expected an argparse.Namespace", describe(value)));
  for (size_t i = 0; i + 1 < entries->size(); i += 2)
    if ((*entries)[i]->is(PickleKind::kText)) a.values_[std::string((*entries)[i]->text)] = argument_of(*(*entries)[i + 1]);
  return a;
}

Status Arguments::merge_json_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Status(SOTTO_NOT_FOUND, fmt::format("the configuration {} cannot be opened", path));
  std::string text(kMaxConfigBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  const auto json = text.size() <= kMaxConfigBytes ? nlohmann::json::parse(text, nullptr, false) : nlohmann::json();
  if (!json.is_object())
    return Status(SOTTO_BAD_FILE, fmt::format("the configuration {} is no JSON object of Megatron-LM's argument names", path));
  for (const auto& [name, value] : json.items()) {
    values_[name] = argument_of(value);
    from_user_[name] = true;
  }
  return {};
}

void Arguments::put_number(std::string_view name, double number) {
  values_[std::string(name)] = number_of(number, Argument::Kind::kNumber);
}

const Argument* Arguments::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.kind == Argument::Kind::kNone ? nullptr : &found->second;
}

const Argument* Arguments::first(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names)
    if (const Argument* a = find(name)) return a;
  return nullptr;
}

Status Arguments::wrong(std::string_view name, const Argument& value, std::string_view expected) const {
  return Status(SOTTO_BAD_FILE, fmt::format("argument {} is {}, expected {}", name, value.describe(), expected));
}

Status Arguments::size(std::string_view name, uint64_t fallback, uint64_t* out) const {
  constexpr double kMost = 1e15;
  const Argument* a = find(name);
  *out = fallback;
  if (a == nullptr) return {};
  if (a->kind != Argument::Kind::kNumber || a->number < 0 || a->number > kMost || a->number != std::floor(a->number))
    return wrong(name, *a, "a whole number from 0");
  *out = static_cast<uint64_t>(a->number);
  return {};
}

Status Arguments::number(std::string_view name, double fallback, double* out) const {
  const Argument* a = find(name);
  *out = fallback;
  if (a == nullptr) return {};
  if (a->kind != Argument::Kind::kNumber || !std::isfinite(a->number)) return wrong(name, *a, "a number");
  *out = a->number;
  return {};
}

Status Arguments::truth(std::string_view name, bool fallback, bool* out) const {
  const Argument* a = find(name);
  *out = fallback;
  if (a == nullptr) return {};
  if (a->kind != Argument::Kind::kBool && a->kind != Argument::Kind::kNumber) return wrong(name, *a, "True or False");
  *out = a->number != 0;
  return {};
}

Status Arguments::text(std::string_view name, std::string_view fallback, std::string* out) const {
  const Argument* a = find(name);
  *out = std::string(fallback);
  if (a == nullptr) return {};
  if (a->kind != Argument::Kind::kText) return wrong(name, *a, "text");
  *out = a->text;
  return {};
}

}  // namespace sotto

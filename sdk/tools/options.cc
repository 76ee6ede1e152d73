#include "options.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <limits>

#include "command.h"

namespace sotto::tools {
namespace {

struct KvName {
  const char* name;
  uint32_t type;
};
constexpr KvName kKvNames[] = {{"f32", SOTTO_KV_F32}, {"f16", SOTTO_KV_F16}, {"q8_0", SOTTO_KV_Q8_0}};

uint32_t parse_kv(const std::string& text) {
  for (const KvName& row : kKvNames)
    if (text == row.name) return row.type;
  throw UsageError("--kv " + text + ": f32, f16 or q8_0 is wanted");
}

uint32_t parse_number(std::string_view text, const char* what) {
  uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size())
    throw UsageError(
        fmt::format("{} \"{}\": whole numbers from 0 to {} are wanted", what, text, std::numeric_limits<uint32_t>::max()));
  return number;
}

std::vector<uint32_t> parse_list(std::string_view text, const char* what) {
  std::vector<uint32_t> numbers;
  const auto trim = [](std::string_view s) {
    const size_t first = s.find_first_not_of(" \t\n");
    return first == std::string_view::npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t\n") - first + 1);
  };
  text = trim(text);
  while (!text.empty()) {
    const size_t comma = text.find(',');
    numbers.push_back(parse_number(trim(text.substr(0, comma)), what));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) parse_number(text, what);
  }
  return numbers;
}

uint32_t parse_device_layers(const std::string& text) {
  if (text == "auto") return SOTTO_DEVICE_LAYERS_AUTO;
  const uint32_t layers = parse_number(text, "--gpu-layers");
  if (layers == 0) throw UsageError("--gpu-layers 0: for no layer on the GPU use --backend cpu");
  return layers;
}

}  // namespace

std::vector<uint32_t> parse_ids(const std::string& text) {
  std::string_view list = text;
  const size_t first = list.find_first_not_of(" \t\n"), last = list.find_last_not_of(" \t\n");
  if (first != std::string_view::npos && list[first] == '[' && list[last] == ']')
    list = list.substr(first + 1, last - first - 1);
  return parse_list(list, "--ids");
}

std::vector<uint32_t> parse_split(const std::string& text) { return parse_list(text, "--split"); }

uint64_t parse_size(const std::string& text) {
  // Not from_chars, which libc++ has for integers alone; strtod also reads spaces, signs, names and hexadecimal.
  const bool decimal = text.find_first_of("0123456789.") == 0 && text.find_first_of("xX") == std::string::npos;
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const std::string unit(end);
  constexpr struct {
    const char* name;
    double bytes;
  } kUnits[] = {{"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  for (const auto& row : kUnits)
    if (decimal && unit == row.name && number > 0 && number * row.bytes < 1e18)
      return static_cast<uint64_t>(number * row.bytes);
  throw UsageError("--memory " + text + ": a size such as 300M or 2G is wanted");
}

void declare_common(CLI::App& app, CommonOptions* o) {
  const char* group = "Common options";
  app.add_option("--backend", o->backend, "backend by name (cpu, reference, ...); default: the fastest that passes its check")
      ->type_name("ID")
      ->group(group);
  app.add_option("--plugins", o->plugins, "folder of the plugins; default: beside this program")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--data", o->data, "existing folder for what plugins keep: compiled shaders, verdicts on devices")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--ranks", o->ranks, "tensor-parallel ranks")->type_name("N")->check(CLI::PositiveNumber)->group(group);
  app.add_option_function<std::string>(
         "--split",
         [o](const std::string& text) {
           o->split_auto = text == "auto";
           o->split = o->split_auto ? std::vector<uint32_t>() : parse_list(text, "--split");
         },
         "parts of the weights per rank; auto: each process measures its speed and memory")
      ->type_name("A,B,...|auto")
      ->group(group);
  app.add_option_function<std::string>(
         "--gpu-layers", [o](const std::string& text) { o->device_layers = parse_device_layers(text); },
         "first layers on the device of --backend, the rest on the CPU; auto: as many as fit its memory")
      ->type_name("N|auto")
      ->group(group);
  app.add_option("--threads", o->threads, "threads; default: the fast cores")->type_name("N")->group(group);
  app.add_option("--rank-deadline", o->comm_deadline_ms, "milliseconds after which a silent rank is lost (5000)")
      ->type_name("MS")
      ->check(CLI::Range(1, 3600000))
      ->group(group);
  app.add_option("--context", o->context, "tokens of context; default: as trained, at most 4096")->type_name("N")->group(group);
  app.add_option_function<std::string>(
         "--memory", [o](const std::string& text) { o->memory_bytes = parse_size(text); },
         "hard cap of the memory: 300M, 2G (1 M = 1024 * 1024)")
      ->type_name("SIZE")
      ->group(group);
  app.add_option_function<std::string>(
         "--kv", [o](const std::string& text) { o->kv_type = parse_kv(text); }, "numbers of the cache: f32, f16 or q8_0")
      ->type_name("TYPE")
      ->group(group);
  app.add_flag("--json", o->json, "print exactly one JSON object")->group(group);
  app.add_flag("--quiet", o->quiet, "no progress and no log")->group(group);
}

void declare_sampling(CLI::App& app, SamplingOptions* o) {
  const char* group = "Sampling";
  app.add_option("--temp", o->temperature, "temperature; 0 is greedy")
      ->type_name("F")
      ->check(CLI::Range(0.0, 1000.0))
      ->group(group);
  app.add_option("--top-k", o->top_k, "choose among the K likeliest tokens; 0: off")->type_name("N")->group(group);
  app.add_option("--top-p", o->top_p, "choose among the likeliest tokens that together have this probability; 0: off")
      ->type_name("F")
      ->check(CLI::Range(0.0, 1.0))
      ->group(group);
  app.add_option("--min-p", o->min_p, "leave out tokens below this part of the likeliest one's probability; 0: off")
      ->type_name("F")
      ->check(CLI::Range(0.0, 1.0))
      ->group(group);
  app.add_option("--repeat-penalty", o->repeat_penalty, "lowers tokens that came lately; 1: off")
      ->type_name("F")
      ->check(CLI::Range(0.0, 1000.0))
      ->group(group);
  app.add_option("--seed", o->seed, "the same seed gives the same text")->type_name("N")->group(group);
  app.add_option("--stop", o->stops, "text that ends the answer; may be given several times")
      ->allow_extra_args(false)
      ->group(group);
}

void declare_model(CLI::App& app, std::string* model) {
  app.add_option("MODEL", *model, "GGUF file; left out: the default model")->type_name("");
}

sotto_model_options CommonOptions::model_options() const {
  if (ranks != 0 && !split.empty() && split.size() != ranks)
    throw UsageError(fmt::format("--split names {} parts, --ranks {}: one part for each rank is wanted", split.size(), ranks));
  sotto_model_options o{};
  o.struct_size = sizeof o;
  if (!backend.empty()) o.backend = {backend.data(), backend.size()};
  o.ranks = split.empty() ? ranks : static_cast<uint32_t>(split.size());
  o.split = split.empty() ? nullptr : split.data();
  o.flags = split_auto ? SOTTO_MODEL_SPLIT_AUTO : 0;
  o.threads = threads;
  o.comm_deadline_ms = comm_deadline_ms;
  o.context_tokens = context;
  o.memory_cap_bytes = memory_bytes;
  o.kv_type = kv_type;
  o.device_layers = device_layers;
  return o;
}

sotto_generate_options SamplingOptions::generate_options(std::vector<sotto_str>* views) const {
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.temperature = temperature;
  o.top_k = top_k;
  o.top_p = top_p;
  o.min_p = min_p;
  o.repeat_penalty = repeat_penalty;
  o.seed = seed;
  views->clear();
  for (const std::string& stop : stops) views->push_back({stop.data(), stop.size()});
  o.stops = views->empty() ? nullptr : views->data();
  o.stop_count = static_cast<uint32_t>(views->size());
  return o;
}

}  // namespace sotto::tools

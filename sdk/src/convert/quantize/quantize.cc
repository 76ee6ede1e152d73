#include "convert/quantize/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>

#include "base/mapped_file.h"
#include "base/printable.h"
#include "convert/gguf_writer.h"
#include "convert/output_file.h"
#include "convert/quantize/mix.h"
#include "convert/quantize/tensor_quantizer.h"

namespace sotto::quantize {
namespace {

Status check_paths(const std::string& input, const std::string& output) {
  std::error_code none;
  if (!std::filesystem::equivalent(input, output, none) || none) return {};
  return Status(SOTTO_INVALID_ARGUMENT, fmt::format("quantizing {}: {} is the same file: name another output", input, output));
}

// What would be read wrongly, or written as something else than it is.
Status check_file(const Gguf& file) {
  SOTTO_ASSIGN(const std::string_view kind, file.text("general.type", "model"));
  if (kind == "adapter")
    return Status(SOTTO_UNSUPPORTED, "it is an adapter, which stays as it is: quantize the model that it belongs to");
  SOTTO_ASSIGN(const uint64_t parts, file.integer("split.count", 1));
  if (parts > 1) return Status(SOTTO_UNSUPPORTED, fmt::format("it is one of {} parts: join them to one file first", parts));
  for (const GgufTensor& t : file.tensors())
    if (t.dimensions > 2)
      return Status(SOTTO_UNSUPPORTED,
                    fmt::format("tensor '{}' has {} dimensions, at most 2 are supported", printable(t.name), t.dimensions));
  return {};
}

Status check_importance(const Gguf& file, const Options& options) {
  for (const auto& [name, columns] : options.importance) {
    const GgufTensor* t = file.tensor(name);
    if (!t)
      return Status(SOTTO_MISMATCH, fmt::format("the importance is of tensor '{}', which is not in the file", printable(name)));
    if (columns.size() != t->columns)
      return Status(SOTTO_MISMATCH, fmt::format("the importance of tensor '{}' has {} columns, the tensor {}", printable(name),
                                                columns.size(), t->columns));
    const auto bad = std::find_if(columns.begin(), columns.end(), [](float x) { return !(x >= 0 && x <= 3e38f); });
    if (bad != columns.end())
      return Status(SOTTO_INVALID_ARGUMENT,
                    fmt::format("the importance of tensor '{}', column {}, is {}: it may not be negative", printable(name),
                                bad - columns.begin(), *bad));
  }
  return {};
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
  return text;
}

bool is_changed(const Decision& d) { return d.to->type != d.tensor->type; }

// One sentence for all tensors that the same befell.
void warn(const std::string& input, const std::vector<Decision>& decisions, const Options& options) {
  if (!options.warning) return;
  uint64_t again = 0;
  std::set<std::string> types;
  std::map<std::string, uint64_t> fallbacks;
  for (const Decision& d : decisions) {
    const Format& from = *find_format(d.tensor->type);
    if (is_lossy(from) && is_lossy(*d.to) && is_changed(d)) {
      ++again;
      types.insert(upper(from.name));
    }
    if (d.wanted != d.to)
      ++fallbacks[fmt::format("whose {} columns are no multiple of {}, become {} instead of {}", d.tensor->columns,
                              d.wanted->block, upper(d.to->name), upper(d.wanted->name))];
  }
  if (again > 0)
    options.warning(
        fmt::format("{}: {} tensors are quantized already ({}): the errors add up; start from the original where there is one",
                    input, again, fmt::join(types, ", ")));
  for (const auto& [what, count] : fallbacks) options.warning(fmt::format("{} tensors, {}", count, what));
}

void put_keys(const Gguf& file, const std::vector<Decision>& decisions, const Mix& mix, const Options& options,
              GgufWriter* writer) {
  for (const std::string_view key : file.keys()) writer->put_value(key, *file.find(key));
  writer->remove("general.alignment");  // the output's is the default one
  writer->put_u32("general.file_type", mix.file_type);
  constexpr uint32_t kBlockLayouts = 2;  // the ggml project's second set of block layouts
  if (std::any_of(decisions.begin(), decisions.end(), [](const Decision& d) { return is_lossy(*d.to); }))
    writer->put_u32("general.quantization_version", kBlockLayouts);
  writer->put_text("sotto.quantize.type", mix.name);
  writer->put_bool("sotto.quantize.importance", !options.importance.empty());
  for (const Decision& d : decisions)
    writer->add_tensor(d.tensor->name, d.to->type, d.tensor->columns, d.tensor->dimensions < 2 ? 0 : d.tensor->rows);
}

// The tensors of one call, one after the other.
class Run {
 public:
  Run(const Options& options, GgufWriter* writer, uint64_t input_bytes) : options_(options), writer_(*writer) {
    report_.struct_size = sizeof report_;
    report_.input_bytes = input_bytes;
    threads_ = options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  }

  Status take(const Decision& d, uint64_t all_bytes) {
    const GgufTensor& t = *d.tensor;
    const auto go_on = [&](double part) -> Status {
      const double done = static_cast<double>(read_) + part * static_cast<double>(t.bytes.size());
      if (options_.progress && options_.progress(all_bytes > 0 ? done / static_cast<double>(all_bytes) : 1, t.name))
        return Status(SOTTO_CANCELLED, "quantizing was cancelled; nothing was written");
      return {};
    };
    SOTTO_TRY(go_on(0));
    ErrorSums errors;
    if (is_changed(d)) {
      TensorJob job{&t, d.to, {}, threads_, go_on};
      const auto found = options_.importance.find(t.name);
      if (found != options_.importance.end()) job.importance = found->second;
      SOTTO_ASSIGN(errors, quantize_tensor(job, &bytes_));
      all_.add(errors);
    }
    const Span<const uint8_t> bytes = is_changed(d) ? Span<const uint8_t>(bytes_) : t.bytes;
    SOTTO_TRY(writer_.write_tensor(bytes));
    tell(d, errors, bytes.size());
    MappedFile::give_back(t.bytes);
    read_ += t.bytes.size();
    return {};
  }

  sotto_quantize_report report(uint64_t output_bytes) {
    report_.bytes = output_bytes;
    report_.relative_error = all_.relative();
    report_.bits_per_weight = weights_ > 0 ? 8 * static_cast<double>(written_) / static_cast<double>(weights_) : 0;
    return report_;
  }

 private:
  void tell(const Decision& d, const ErrorSums& errors, uint64_t bytes) {
    const GgufTensor& t = *d.tensor;
    ++report_.tensors;
    weights_ += t.rows * t.columns;
    written_ += bytes;
    if (!options_.tensor_done) return;
    sotto_tensor_report r{};
    r.struct_size = sizeof r;
    r.from_type = t.type;
    r.to_type = d.to->type;
    r.name = {t.name.data(), t.name.size()};
    r.rows = t.rows;
    r.columns = t.columns;
    r.bytes = bytes;
    r.relative_error = errors.relative();
    r.largest_error = errors.largest_error;
    options_.tensor_done(r);
  }

  const Options& options_;
  GgufWriter& writer_;
  uint32_t threads_;
  std::vector<uint8_t> bytes_;  // of the tensor at hand
  ErrorSums all_;
  uint64_t read_ = 0, weights_ = 0, written_ = 0;
  sotto_quantize_report report_{};
};

}  // namespace

Result<sotto_quantize_report> quantize_file(const std::string& input, const std::string& output, const Options& options) {
  SOTTO_ASSIGN(const Mix* const mix, find_mix(options.type));
  SOTTO_TRY(check_paths(input, output));
  SOTTO_ASSIGN(const MappedFile mapped, MappedFile::open(input, 0, 0));
  const auto within = [&](const Status& status) { return status.within("quantizing " + input); };
  auto read = Gguf::read(mapped.bytes());
  if (!read.ok()) return within(read.status());
  const Gguf& file = read.value();
  if (Status status = check_file(file); !status.ok()) return within(status);
  if (Status status = check_importance(file, options); !status.ok()) return within(status);
  const std::vector<Decision> decisions = decide(file, *mix);
  warn(input, decisions, options);
  GgufWriter writer;
  put_keys(file, decisions, *mix, options, &writer);
  SOTTO_ASSIGN(OutputFile out, OutputFile::create(output, options.overwrite));
  SOTTO_TRY(writer.begin(&out));
  uint64_t all_bytes = 0;
  for (const Decision& d : decisions) all_bytes += d.tensor->bytes.size();
  Run run(options, &writer, mapped.bytes().size());
  for (const Decision& d : decisions) SOTTO_TRY(run.take(d, all_bytes));
  SOTTO_TRY(out.commit());
  return run.report(out.size());
}

}  // namespace sotto::quantize

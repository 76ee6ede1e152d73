#include "run/divided.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "model/plan_cut.h"
#include "run/divided_objects.h"

namespace sotto {

using namespace divided;  // NOLINT: its objects are this file's own

// The functions of the table, below. Exceptions end at whoever calls a plugin (host/plugin_call.h).
struct DividedBackend::Access {
  static sotto_status device_count(void* self, uint32_t* count, sotto_error* err) {
    const Backend& device = static_cast<DividedBackend*>(self)->device_;
    return device.table->device_count(device.self, count, err);
  }

  static sotto_status device_info(void* self, uint32_t index, sotto_device_info* out, sotto_error* err) {
    const auto& divided = *static_cast<DividedBackend*>(self);
    sotto_device_info cpu{};
    cpu.struct_size = sizeof cpu;
    if (const sotto_status s = divided.cpu_.table->device_info(divided.cpu_.self, 0, &cpu, err); s != SOTTO_OK) return s;
    if (const sotto_status s = divided.device_.table->device_info(divided.device_.self, index, out, err); s != SOTTO_OK)
      return s;
    out->batch_invariant_rows = std::min(out->batch_invariant_rows, cpu.batch_invariant_rows);
    return SOTTO_OK;
  }

  static sotto_status group_create(void* self, const sotto_group_options* options, sotto_group** out, sotto_error* err) {
    auto& divided = *static_cast<DividedBackend*>(self);
    if (options->comm != nullptr)
      return tell(err, Status(SOTTO_UNSUPPORTED, "layers are divided between a device and the CPU in one process alone"));
    auto made =
        std::make_unique<Group>(divided, Parts<sotto_group>{divided.device_, divided.cpu_, &sotto_backend::group_destroy});
    sotto_device_info info{};
    info.struct_size = sizeof info;
    const uint32_t first = options->devices == nullptr ? 0 : options->devices[0];
    sotto_status s = divided.device_.table->device_info(divided.device_.self, first, &info, err);
    divided.free_bytes_ = info.memory_free_bytes;
    if (s == SOTTO_OK) s = divided.device_.table->group_create(divided.device_.self, options, &made->parts.first, err);
    sotto_group_options of_cpu = *options;
    of_cpu.devices = nullptr;
    if (s == SOTTO_OK) s = divided.cpu_.table->group_create(divided.cpu_.self, &of_cpu, &made->parts.second, err);
    made->local_ranks = std::max(options->local_ranks, 1u);
    return hand_out(s, std::move(made), out);
  }

  // What a cut takes of both sides; `device_bytes`: of the device alone.
  static sotto_status cost_of(Group& group, const PlanCut& cut, uint32_t max_batch, const sotto_cache_options* cache,
                              std::vector<sotto_rank_cost>* sum, uint64_t* device_bytes, sotto_error* err) {
    std::vector<sotto_rank_cost> device(group.local_ranks), cpu(group.local_ranks);
    sotto_status s =
        group.parts.table(0).check(group.parts.first, &cut.first(), max_batch, cache, device.data(), sizeof device[0], err);
    if (s == SOTTO_OK)
      s = group.parts.table(1).check(group.parts.second, &cut.second(), max_batch, cache, cpu.data(), sizeof cpu[0], err);
    *device_bytes = 0;
    for (uint32_t r = 0; r < group.local_ranks; ++r) {
      *device_bytes += device[r].weights_copied + device[r].cache + device[r].workspace;
      sum->at(r) = {device[r].weights_borrowed + cpu[r].weights_borrowed, device[r].weights_copied + cpu[r].weights_copied,
                    device[r].cache + cpu[r].cache, device[r].workspace + cpu[r].workspace};
    }
    return s;
  }

  static sotto_status check(sotto_group* handle, const sotto_plan* plan, uint32_t max_batch, const sotto_cache_options* cache,
                            sotto_rank_cost* costs, uint32_t cost_stride, sotto_error* err) {
    Group& group = *of<Group>(handle);
    DividedBackend& divided = group.divided;
    divided.all_layers_ = layers_of(*plan);
    const bool counts = divided.wished_layers_ == kLayersThatFit;
    const uint64_t usable = counts && divided.free_bytes_ != 0 ? usable_bytes(divided.free_bytes_) : UINT64_MAX;
    std::vector<sotto_rank_cost> sum(group.local_ranks);
    uint32_t layers = std::min(divided.wished_layers_, divided.all_layers_);
    uint64_t device_bytes = UINT64_MAX;
    for (; layers != 0; --layers) {
      auto cut = PlanCut::make(*plan, layers);
      if (!cut.ok() && counts) continue;
      if (!cut.ok()) return tell(err, cut.status());
      if (const sotto_status s = cost_of(group, *cut.value(), max_batch, cache, &sum, &device_bytes, err); s != SOTTO_OK)
        return s;
      if (device_bytes <= usable) break;
    }
    if (layers == 0)
      return tell(
          err, Status(SOTTO_OUT_OF_MEMORY,
                      fmt::format("not even one of {} layers fits the {:.1f} MB that {} has free: use --backend cpu",
                                  divided.all_layers_, static_cast<double>(divided.free_bytes_) / 1e6, divided.device_.name)));
    divided.layers_ = layers;
    for (uint32_t r = 0; costs != nullptr && r < group.local_ranks; ++r)
      std::memcpy(reinterpret_cast<char*>(costs) + size_t{r} * cost_stride, &sum[r],
                  std::min<size_t>(cost_stride, sizeof sum[r]));
    return SOTTO_OK;
  }

  static sotto_status weights_create(sotto_group* handle, const sotto_plan* plan, sotto_weights** out, sotto_error* err) {
    Group& group = *of<Group>(handle);
    auto cut = PlanCut::make(*plan, group.divided.layers_);
    if (!cut.ok()) return tell(err, cut.status());
    auto made = std::make_unique<Weights>(group, group.parts.like<sotto_weights>(&sotto_backend::weights_destroy), cut.take());
    sotto_status s = group.parts.table(0).weights_create(group.parts.first, &made->cut->first(), &made->parts.first, err);
    if (s == SOTTO_OK)
      s = group.parts.table(1).weights_create(group.parts.second, &made->cut->second(), &made->parts.second, err);
    return hand_out(s, std::move(made), out);
  }

  // A tied embedding lies on both sides: the device copies it, and the release is the CPU's to call.
  static sotto_status upload(sotto_weights* handle, uint32_t weight, uint32_t rank, const sotto_upload* data,
                             sotto_error* err) {
    Weights& weights = *of<Weights>(handle);
    const bool is_here[2] = {uses_of(weights.cut->first(), weight) != 0, uses_of(weights.cut->second(), weight) != 0};
    sotto_upload copied = *data;
    if (is_here[1]) {
      copied.flags = 0;
      copied.release = nullptr;
    }
    if (is_here[0])
      if (const sotto_status s = weights.parts.table(0).upload(weights.parts.first, weight, rank, &copied, err);
          s != SOTTO_OK) {
        if (is_here[1] && data->release != nullptr) data->release(data->user);
        return s;
      }
    if (is_here[1]) return weights.parts.table(1).upload(weights.parts.second, weight, rank, data, err);
    if (!is_here[0] && data->release != nullptr) data->release(data->user);
    return SOTTO_OK;
  }

  static sotto_status compile(sotto_group* handle, const sotto_plan* plan, sotto_weights* weights_handle, uint32_t max_batch,
                              sotto_program** out, sotto_error* err) {
    Group& group = *of<Group>(handle);
    Weights& weights = *of<Weights>(weights_handle);
    auto cut = PlanCut::make(*plan, group.divided.layers_);
    if (!cut.ok()) return tell(err, cut.status());
    auto made = std::make_unique<Compiled>(group, group.parts.like<sotto_program>(&sotto_backend::program_destroy), cut.take());
    sotto_status s = group.parts.table(0).compile(group.parts.first, &made->cut->first(), weights.parts.first, max_batch,
                                                  &made->parts.first, err);
    if (s == SOTTO_OK)
      s = group.parts.table(1).compile(group.parts.second, &made->cut->second(), weights.parts.second, max_batch,
                                       &made->parts.second, err);
    made->rows.reserve(max_batch);
    made->inputs.reserve(size_t{made->cut->input()} + 1);
    return hand_out(s, std::move(made), out);
  }

  static sotto_status adapter_create(sotto_weights* handle, const sotto_adapter_pair* pairs, uint32_t count, uint32_t stride,
                                     sotto_adapter** out, sotto_error* err) {
    Weights& weights = *of<Weights>(handle);
    auto made = std::make_unique<Adapter>(weights.parts.like<sotto_adapter>(&sotto_backend::adapter_destroy));
    std::vector<sotto_adapter_pair> of_parts[2];
    for (uint32_t i = 0; i < count; ++i) {
      sotto_adapter_pair pair{};
      std::memcpy(&pair, reinterpret_cast<const char*>(pairs) + size_t{i} * stride, std::min<size_t>(stride, sizeof pair));
      const bool is_second = (uses_of(weights.cut->second(), pair.weight) & SOTTO_USE_LINEAR) != 0;
      of_parts[is_second ? 1 : 0].push_back(pair);
    }
    sotto_status s = SOTTO_OK;
    for (uint32_t p = 0; p < 2 && s == SOTTO_OK; ++p)
      if (!of_parts[p].empty())
        s = weights.parts.table(p).adapter_create(p == 0 ? weights.parts.first : weights.parts.second, of_parts[p].data(),
                                                  static_cast<uint32_t>(of_parts[p].size()), sizeof(sotto_adapter_pair),
                                                  p == 0 ? &made->parts.first : &made->parts.second, err);
    return hand_out(s, std::move(made), out);
  }
};

namespace {

constexpr sotto_backend table_of() {
  using A = DividedBackend::Access;
  return {sizeof(sotto_backend),
          0,
          A::device_count,
          A::device_info,
          A::group_create,
          destroy<Group, sotto_group>,
          A::check,
          A::weights_create,
          A::upload,
          destroy<Weights, sotto_weights>,
          A::compile,
          destroy<Compiled, sotto_program>,
          cache_create,
          destroy<Cache, sotto_cache>,
          cache_truncate,
          cache_copy,
          cache_export,
          cache_import,
          A::adapter_create,
          destroy<Adapter, sotto_adapter>,
          run};
}
constexpr sotto_backend kTable = table_of();

}  // namespace

DividedBackend::DividedBackend(const Backend& device, const Backend& cpu, uint32_t layers)
    : device_(device),
      cpu_(cpu),
      wished_layers_(layers),
      backend_{device.id + "+" + cpu.id, device.name, device.version, &kTable, this} {}

std::string DividedBackend::describe() const {
  return fmt::format("{} of {} layers on {}, the rest on {}", layers_, all_layers_, device_.name, cpu_.name);
}

uint64_t usable_bytes(uint64_t free_bytes) {
  constexpr uint64_t kShare = 16, kLeast = 24u << 20;  // Vulkan's blocks of 16 MB, a staging buffer
  const uint64_t kept = std::max(free_bytes / kShare, kLeast);
  return free_bytes > kept ? free_bytes - kept : 0;
}

}  // namespace sotto

// doctor.cc: `sotto doctor`: what of Sotto works on this machine, and why the rest does not.
#include <fmt/format.h>

#include <memory>

#include "json.h"
#include "loading.h"
#include "machine.h"

namespace sotto::tools {
namespace {

template <class Info, class Get>
Info get(Get&& get) {
  Info info{};
  info.struct_size = sizeof info;
  call([&](sotto_error* err) { return get(&info, err); });
  return info;
}

Json plugins_json(const Runtime& runtime) {
  Json plugins = Json::array();
  for (uint32_t i = 0; i < sotto_runtime_plugin_count(runtime.get()); ++i) {
    const auto p =
        get<sotto_plugin_info>([&](auto* out, auto* err) { return sotto_runtime_plugin_info(runtime.get(), i, out, err); });
    plugins.push_back({{"id", p.id},
                       {"version", p.version},
                       {"description", p.description},
                       {"path", p.path},
                       {"is_loaded", p.status == SOTTO_OK},
                       {"reason", p.reason}});
  }
  return plugins;
}

const char* state_name(const sotto_device_verdict& v) {
  constexpr const char* kNames[] = {"trusted", "unchecked", "passed", "quarantined"};
  return v.state < 4 ? kNames[v.state] : "unknown";
}

// `flags`: SOTTO_CHECK_*.
Json verdict_json(const Runtime& runtime, uint32_t backend, uint32_t device, uint32_t flags) {
  const auto v = get<sotto_device_verdict>(
      [&](auto* out, auto* err) { return sotto_runtime_check_device(runtime.get(), backend, device, flags, out, err); });
  return {{"state", state_name(v)}, {"in_process", v.in_process != 0}, {"milliseconds", v.milliseconds}, {"reason", v.reason}};
}

Json backends_json(const Runtime& runtime, uint32_t check_flags) {
  Json backends = Json::array();
  for (uint32_t b = 0; b < sotto_runtime_backend_count(runtime.get()); ++b) {
    const auto info =
        get<sotto_backend_info>([&](auto* out, auto* err) { return sotto_runtime_backend_info(runtime.get(), b, out, err); });
    Json devices = Json::array();
    for (uint32_t d = 0; d < info.device_count; ++d) {
      const auto device = get<sotto_device_info>(
          [&](auto* out, auto* err) { return sotto_runtime_device_info(runtime.get(), b, d, out, err); });
      devices.push_back({{"name", device.name},
                         {"detail", device.detail},
                         {"memory_bytes", device.memory_bytes},
                         {"memory_free_bytes", device.memory_free_bytes},
                         {"shares_memory_with_host", device.shares_memory_with_host != 0},
                         {"check", verdict_json(runtime, b, d, check_flags)}});
    }
    backends.push_back(
        {{"name", info.name}, {"id", info.id}, {"version", info.version}, {"reason", info.reason}, {"devices", devices}});
  }
  return backends;
}

std::string text(const Json& value);

// ", passed its check in 310 ms", ", quarantined: ..."; nothing of a device that needs none.
std::string verdict_text(const Json& check) {
  const std::string state = text(check["state"]);
  if (state == "trusted") return "";
  if (state != "passed") return fmt::format(", {}: {}", state, text(check["reason"]));
  const auto took = check["milliseconds"].get<uint32_t>();
  return fmt::format(", passed its check{}{}", took == 0 ? " earlier" : fmt::format(" in {} ms", took),
                     check["in_process"].get<bool>() ? ", which ran in the application's process" : "");
}

std::string text(const Json& value) { return value.get<std::string>(); }

void print(const Json& report) {
  const auto line = [](const std::string& s) { write_text(s + "\n"); };
  line(fmt::format("sotto      {}", text(report["version"])));
  line(fmt::format("built      {}", text(report["build"])));
  line(fmt::format("plugins    {}", text(report["plugin_folder"])));
  for (const Json& p : report["plugins"]) {
    if (p["is_loaded"])
      line(fmt::format("  loaded   {} {}: {}", text(p["id"]), text(p["version"]), text(p["description"])));
    else
      line(fmt::format("  refused  {}: {}", text(p["path"]), text(p["reason"])));
  }
  line("backends");
  for (const Json& b : report["backends"]) {
    line(fmt::format("  {:<10} {} {}{}{}", text(b["name"]), text(b["id"]), text(b["version"]), b["reason"] == "" ? "" : ": ",
                     text(b["reason"])));
    for (const Json& d : b["devices"]) {
      const bool is_known = d["memory_bytes"] != 0;
      line(fmt::format(
          "             {} ({}){}{}", text(d["name"]), text(d["detail"]),
          is_known ? fmt::format(", {} free of {}", megabytes(d["memory_free_bytes"]), megabytes(d["memory_bytes"])) : "",
          verdict_text(d["check"])));
    }
  }
  line(fmt::format("memory     {} free of {}, largest cache {}", megabytes(report["memory_available_bytes"]),
                   megabytes(report["memory_total_bytes"]), megabytes(report["largest_cache_bytes"])));
  line(fmt::format("bandwidth  {:.2f} GB/s read by 1 thread, {:.2f} GB/s by {}",
                   report["bandwidth_1_thread_gb_per_s"].get<double>(), report["bandwidth_gb_per_s"].get<double>(),
                   report["cores"].get<uint32_t>()));
}

void run(const CommonOptions& o, bool check) {
  const Runtime runtime = open_runtime(o);
  const uint32_t cores = usable_cores();
  const double one = read_bandwidth(1);
  const Json report = {{"version", sotto_version()},
                       {"build", sotto_build_info()},
                       {"plugin_folder", plugin_folder_of(o)},
                       {"plugins", plugins_json(runtime)},
                       {"backends", backends_json(runtime, check ? SOTTO_CHECK_AGAIN : SOTTO_CHECK_KNOWN)},
                       {"cores", cores},
                       {"memory_total_bytes", memory_total_bytes()},
                       {"memory_available_bytes", memory_available_bytes()},
                       {"largest_cache_bytes", largest_cache_bytes()},
                       {"bandwidth_1_thread_gb_per_s", one},
                       {"bandwidth_gb_per_s", cores > 1 ? read_bandwidth(cores) : one}};
  if (o.json) return print_json(report);
  print(report);
}

}  // namespace

Action declare_doctor(CLI::App& app) {
  struct Options {
    CommonOptions common;
    bool check = false;
  };
  const auto o = std::make_shared<Options>();
  declare_common(app, &o->common);
  app.add_flag("--check", o->check,
               "check the devices of others' drivers now, also those in quarantine (--data keeps the verdicts)");
  return [o](Console&) { run(o->common, o->check); };
}

}  // namespace sotto::tools

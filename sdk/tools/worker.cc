// worker.cc: `sotto worker`: a rank of an mpirun job whose first process holds the session.
#include <memory>

#include "loading.h"

namespace sotto::tools {
namespace {

struct Options {
  CommonOptions common;
  std::string model;
};

}  // namespace

Action declare_worker(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  declare_model(app, &o->model);
  declare_common(app, &o->common);
  return [o](Console& console) {
    const Runtime runtime = open_runtime(o->common);
    serve_as_worker(console, runtime, o->model, o->common);
  };
}

}  // namespace sotto::tools

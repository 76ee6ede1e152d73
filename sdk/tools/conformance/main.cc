// main.cc - conformance_tests <backend library>: every promise of plan.h and backend.h, checked on each device of one backend.
#include <cstdio>

#include <gtest/gtest.h>

#include "conformance/runner.h"

namespace sotto::conformance {
namespace {

std::unique_ptr<Backend>& opened(bool is_reference) {
  static std::unique_ptr<Backend> backends[2];
  return backends[is_reference ? 1 : 0];
}

bool open_both(const std::string& path) {
  std::string why;
  opened(false) = Backend::open(path, &why);
  if (opened(false) != nullptr) opened(true) = Backend::open(SOTTO_PLUGIN_DIR "/libsotto_backend_reference.so", &why);
  if (opened(true) == nullptr) std::fprintf(stderr, "conformance: %s\n", why.c_str());
  return opened(true) != nullptr;
}

}  // namespace

Backend& tested() { return *opened(false); }
Backend& reference() { return *opened(true); }

}  // namespace sotto::conformance

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s <backend library>\n", argv[0]);
    return 2;
  }
  if (!sotto::conformance::open_both(argv[1])) return 2;
  const int result = RUN_ALL_TESTS();
  sotto::conformance::opened(false).reset();
  sotto::conformance::opened(true).reset();
  return result;
}

#include "installed.h"

#include <filesystem>
#include <initializer_list>

namespace sotto::tools {
namespace {

std::string beside_program(std::initializer_list<const char*> folders, const char* installed) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    for (const char* folder : folders) {
      const fs::path beside = (program.parent_path().parent_path() / folder).lexically_normal();
      if (fs::is_directory(beside, failed)) return beside.string();
    }
  }
  return installed;
}

}  // namespace

std::string default_plugin_folder() {
  // The build tree always has lib; an installation may have lib/x86_64-linux-gnu.
  return beside_program({SOTTO_INSTALLED_LIB "/sotto", "lib/sotto"}, SOTTO_INSTALLED_FULL_LIB "/sotto");
}

std::string default_model_folder() {
  return beside_program({SOTTO_INSTALLED_DATA "/sotto/models", "share/sotto/models"},
                        SOTTO_INSTALLED_FULL_DATA "/sotto/models");
}

std::string probe_program() {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  const fs::path probe = program.parent_path() / "sotto-probe";
  return !failed && fs::is_regular_file(probe, failed) ? probe.string() : std::string();
}

}  // namespace sotto::tools

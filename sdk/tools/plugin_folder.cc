#include "plugin_folder.h"

#include <filesystem>

namespace sotto::tools {

std::string default_plugin_folder() {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    // The build tree always has lib; an installation may have lib/x86_64-linux-gnu.
    for (const char* folder : {SOTTO_INSTALLED_LIB "/sotto", "lib/sotto"}) {
      const fs::path beside = (program.parent_path().parent_path() / folder).lexically_normal();
      if (fs::is_directory(beside, failed)) return beside.string();
    }
  }
  return SOTTO_INSTALLED_FULL_LIB "/sotto";
}

}  // namespace sotto::tools

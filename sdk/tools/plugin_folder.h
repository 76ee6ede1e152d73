// plugin_folder.h: where the command and the samples find Sotto's plugins when no folder is named.
#pragma once

#include <string>

namespace sotto::tools {

// ../lib/sotto beside the program's own folder (build tree, relocated installation); else the folder of the installation.
std::string default_plugin_folder();

}  // namespace sotto::tools

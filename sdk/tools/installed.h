// installed.h: where the command and the samples find what belongs to them when no folder is named.
#pragma once

#include <string>

namespace sotto::tools {

// The plugins: ../lib/sotto beside the program's own folder (build tree, relocated installation); else the installation's.
std::string default_plugin_folder();

// The models that come with the source, found the same way in share/sotto/models.
std::string default_model_folder();

// sotto-probe beside the program, or empty: there is none.
std::string probe_program();

}  // namespace sotto::tools

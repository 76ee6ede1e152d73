#include "calibrate.h"

namespace sotto::tools {

std::vector<Importance> importance_of(Console&, const std::string&, const std::string& file, const CommonOptions&) {
  throw Error(
      SOTTO_UNSUPPORTED,
      ("calibrating with " + file + ": this version of libsotto reports no inputs of weights; leave --calibrate out").c_str());
}

}  // namespace sotto::tools

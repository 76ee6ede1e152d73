#include "api/session_service.h"

namespace sotto {

sotto_interface session_service() { return {nullptr, nullptr}; }

}  // namespace sotto

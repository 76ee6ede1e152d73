// A core without sessions: the service is absent, a normal answer to a plugin that asks.
#include "api/session_service.h"

namespace sotto {

sotto_interface session_service() { return {nullptr, nullptr}; }

}  // namespace sotto

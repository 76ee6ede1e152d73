// worker.h: what a process does that holds ranks and no session: it makes the calls that rank 0 tells.
#pragma once

#include "run/program.h"

namespace sotto {

// Until rank 0 ends the job (success) or a rank is lost. `kv_tokens`: of the cache, which bounds what may come in one command.
Status serve_commands(const Program& program, const Plan& plan, uint64_t kv_tokens);

}  // namespace sotto

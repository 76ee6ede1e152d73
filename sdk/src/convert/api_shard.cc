// The C function sotto_shard.
#include <fmt/format.h>

#include "border/guard.h"
#include "border/options.h"
#include "convert/shard.h"

namespace sotto {
namespace {

constexpr uint32_t kMostRanks = 1024;

Status run(sotto_str input, sotto_str output, const sotto_shard_options* given) {
  SOTTO_ASSIGN(const sotto_shard_options o, read_options("sotto_shard_options", given));
  if (o.flags & ~SOTTO_CONVERT_OVERWRITE)
    return Status(SOTTO_UNSUPPORTED, fmt::format("sotto_shard_options.flags is {:#x}, 1 is known", o.flags));
  if (o.ranks < 1 || o.ranks > kMostRanks)
    return Status(SOTTO_INVALID_ARGUMENT,
                  fmt::format("sotto_shard_options.ranks is {}, 1 to {} are possible", o.ranks, kMostRanks));
  SOTTO_ASSIGN(const std::string from, read_path("input", input, true));
  SOTTO_ASSIGN(const std::string to, read_path("output", output, true));
  ShardOptions options;
  options.ranks = o.ranks;
  options.overwrite = (o.flags & SOTTO_CONVERT_OVERWRITE) != 0;
  if (o.split) options.split.assign(o.split, o.split + o.ranks);
  Events events;
  if (o.events) {
    SOTTO_ASSIGN(const sotto_convert_events e, read_options("sotto_convert_events", o.events));
    events = Events(e);
  }
  return shard_file(from, to, options, events);
}

}  // namespace
}  // namespace sotto

sotto_status sotto_shard(sotto_str input, sotto_str output, const sotto_shard_options* options, sotto_error* err) {
  return sotto::guard(err, [&] { return sotto::run(input, output, options); });
}

#include "run/team.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "host/plugin_call.h"

namespace sotto {
namespace {

constexpr const char* kComm = "communicator";
constexpr uint32_t kBeatsPerDeadline = 4;

}  // namespace

Team::Team(const sotto_interface& comm, const sotto_comm_facts& facts, uint32_t deadline_ms)
    : comm_(comm), api_(static_cast<const sotto_comm_api*>(comm.table)), facts_(facts), deadline_ms_(deadline_ms) {}

Result<std::unique_ptr<Team>> Team::join(const sotto_interface& comm, uint32_t deadline_ms) {
  if (!sotto_table_is_whole(comm.table, sizeof(sotto_comm_api)))
    return Status(SOTTO_UNSUPPORTED,
                  "the communicator's table lacks functions that this version calls: take plugins of one version");
  const auto* api = static_cast<const sotto_comm_api*>(comm.table);
  sotto_comm_facts facts{};
  facts.struct_size = sizeof facts;
  SOTTO_TRY(call_plugin(kComm, "join", [&](sotto_error* err) { return api->join(comm.self, &facts, err); }));
  facts.host[sizeof facts.host - 1] = facts.transport[sizeof facts.transport - 1] = '\0';
  if (facts.world < 2 || facts.world > SOTTO_COMM_MOST_PROCESSES || facts.rank >= facts.world)
    return plugin_fault(kComm, "join", fmt::format("this is rank {} of {} processes", facts.rank, facts.world));
  return std::unique_ptr<Team>(new Team(comm, facts, deadline_ms ? deadline_ms : kUsualDeadlineMs));
}

Team::~Team() {
  {
    const std::lock_guard<std::mutex> lock(beat_mutex_);
    ends_ = true;
  }
  beat_changed_.notify_all();
  const bool served = heart_.joinable();
  if (served) heart_.join();
  if (rank() == 0 && (served || number_ > 0)) (void)tell(Command::of(Command::kEnd), {});
}

template <class Call>
Status Team::call(const char* function, Call&& body) {
  Status s = call_plugin(kComm, function, body);
  if (s.code() == SOTTO_RANK_LOST || s.code() == SOTTO_MISMATCH) is_lost_ = true;
  return s;
}

Status Team::all_gather(const void* part, size_t bytes, void* all, uint32_t deadline_ms) {
  const Turn hold = turn();
  const std::vector<uint64_t> sizes(world(), bytes);
  return call("all_gather", [&](sotto_error* err) {
    return api_->all_gather(comm_.self, part, bytes, all, sizes.data(), nullptr, deadline_ms, err);
  });
}

Status Team::broadcast(void* data, size_t bytes, uint32_t deadline_ms) {
  const Turn hold = turn();
  return call("broadcast", [&](sotto_error* err) { return api_->broadcast(comm_.self, data, bytes, 0, deadline_ms, err); });
}

Status Team::sum(float* data, uint64_t count) {
  const Turn hold = turn();
  return call("all_reduce_f32",
              [&](sotto_error* err) { return api_->all_reduce_f32(comm_.self, data, count, nullptr, deadline_ms_, err); });
}

void Team::give_up(std::string_view why) {
  is_lost_ = true;
  (void)call_plugin_void(kComm, "abort", [&] { api_->abort(comm_.self, sotto_str{why.data(), why.size()}); });
  // The peers are told by the next call that fails.
  uint8_t nothing = 0;
  (void)broadcast(&nothing, 1, deadline_ms_);
}

Status Team::tell(Command command, Span<const uint8_t> more) {
  using Clock = std::chrono::steady_clock;
  const Turn hold = turn();
  command.number = ++number_;
  command.bytes = more.size();
  if (more.size() <= Command::kInside && !more.empty()) std::memcpy(command.inside, more.data(), more.size());
  const auto start = Clock::now();
  SOTTO_TRY(broadcast(&command, sizeof command, deadline_ms_));
  // The communicator does not write into what the root sends.
  if (more.size() > Command::kInside) SOTTO_TRY(broadcast(const_cast<uint8_t*>(more.data()), more.size(), deadline_ms_));
  if (command.kind == Command::kBeat) return {};
  ++told_.calls;
  told_.bytes += sizeof command + (more.size() > Command::kInside ? more.size() : 0);
  told_.nanoseconds += static_cast<uint64_t>((Clock::now() - start).count());
  return {};
}

void Team::keep_alive() {
  heart_ = std::thread([this] { beat(); });
}

// A worker that hears nothing for its deadline gives up: rank 0 may have been stopped, or be behind a cut cable.
void Team::beat() {
  std::unique_lock<std::mutex> lock(beat_mutex_);
  while (!ends_ && !is_lost_) {
    beat_changed_.wait_for(lock, std::chrono::milliseconds(std::max(deadline_ms_ / kBeatsPerDeadline, 1u)));
    if (ends_) return;
    lock.unlock();
    // While a step runs its own calls show that rank 0 lives.
    if (const Turn now(mutex_, std::try_to_lock); now.owns_lock()) (void)tell(Command::of(Command::kBeat), {});
    lock.lock();
  }
}

Status Team::hear(Command* command) {
  SOTTO_TRY(broadcast(command, sizeof *command, deadline_ms_));
  if (command->magic != Command::kMagic || command->number != number_ + 1 || command->kind < Command::kBeat ||
      command->kind > Command::kEnd)
    return Status(SOTTO_MISMATCH,
                  fmt::format("rank 0 sent command {} of kind {} where command {} is due: it is no Sotto of this "
                              "version, or its messages are damaged",
                              command->number, command->kind, number_ + 1));
  ++number_;
  return {};
}

Status Team::hear_more(const Command& command, uint64_t most, std::vector<uint8_t>* more) {
  if (command.bytes > most)
    return Status(SOTTO_MISMATCH, fmt::format("rank 0 announces {} bytes with command {} of kind {}, at most {} are possible",
                                              command.bytes, command.number, command.kind, most));
  more->resize(static_cast<size_t>(command.bytes));
  if (command.bytes > Command::kInside) return broadcast(more->data(), more->size(), deadline_ms_);
  if (!more->empty()) std::memcpy(more->data(), command.inside, more->size());
  return {};
}

}  // namespace sotto

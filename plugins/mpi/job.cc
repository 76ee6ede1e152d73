#include "job.h"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "fail.h"
#include "messages.h"
#include "shared_memory.h"

namespace sotto::mpi {
namespace {

constexpr const char* kKinds[] = {"call", "all_reduce", "all_gather", "broadcast"};
constexpr uint32_t kLeaveMs = 10000;  // for the last call of a job

const char* name_of(uint32_t kind) { return kind < std::size(kKinds) ? kKinds[kind] : "unknown call"; }

unsigned long long number(uint64_t n) { return n; }

}  // namespace

// MPI_Finalize waits for every rank, without a deadline: so first a call that has one.
Job::~Job() {
  if (!started_) return;
  if (world_ > 1) {
    uint8_t bye = 0;
    std::string all(world_, '\0');
    const std::vector<uint64_t> ones(world_, 1);
    if (all_gather(&bye, 1, reinterpret_cast<uint8_t*>(all.data()), ones.data(), nullptr, kLeaveMs, nullptr) != SOTTO_OK) {
      (void)transport_.release();  // buffers of pending requests
      return;
    }
  }
  MPI_Finalize();
}

sotto_status Job::join(sotto_comm_facts* facts, sotto_error* err) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (world_ == 0)
    if (const sotto_status s = start(err); s != SOTTO_OK) return s;
  if (world_ == 1)
    return fail(err, SOTTO_NOT_FOUND,
                "mpi: this process was started alone, there is no rank to share the model with; start it by mpirun -n N");
  if (facts != nullptr) {
    const uint32_t size = std::min<uint32_t>(facts->struct_size, sizeof facts_);
    std::memcpy(facts, &facts_, size);
    facts->struct_size = size;
  }
  return SOTTO_OK;
}

sotto_status Job::start(sotto_error* err) {
  int is_initialized = 0, provided = 0, rank = 0, world = 0, host_world = 0;
  MPI_Initialized(&is_initialized);
  if (is_initialized != 0)
    return fail(err, SOTTO_BUSY, "mpi: MPI is in use by another part of this process; only one may use it");
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS)
    return fail(err, SOTTO_IO_ERROR, "mpi: MPI_Init_thread failed; start the ranks by mpirun of the same Open MPI");
  started_ = true;
  if (provided < MPI_THREAD_SERIALIZED)
    return fail(err, SOTTO_UNSUPPORTED, "mpi: this MPI serves one thread only (level %d), calls come from several", provided);
  MPI_Comm all = MPI_COMM_NULL, here = MPI_COMM_NULL;
  if (MPI_Comm_dup(MPI_COMM_WORLD, &all) != MPI_SUCCESS)
    return fail(err, SOTTO_IO_ERROR, "mpi: the processes of the job could not be joined (MPI_Comm_dup)");
  MPI_Comm_set_errhandler(all, MPI_ERRORS_RETURN);
  MPI_Comm_rank(all, &rank);
  MPI_Comm_size(all, &world);
  if (static_cast<uint32_t>(world) > SOTTO_COMM_MOST_PROCESSES)
    return fail(err, SOTTO_UNSUPPORTED, "mpi: %d processes, at most %u", world, SOTTO_COMM_MOST_PROCESSES);
  if (MPI_Comm_split_type(all, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &here) != MPI_SUCCESS)
    return fail(err, SOTTO_IO_ERROR, "mpi: the processes of this host could not be found (MPI_Comm_split_type)");
  MPI_Comm_size(here, &host_world);
  MPI_Comm_free(&here);
  rank_ = static_cast<uint32_t>(rank);
  world_ = static_cast<uint32_t>(world);
  transport_ = std::make_unique<Messages>(all, rank_, world_);
  facts_ = {sizeof facts_, rank_, world_, static_cast<uint32_t>(host_world), "", ""};
  gethostname(facts_.host, sizeof facts_.host - 1);
  if (world_ > 1 && facts_.host_world == world_ && !share_memory())
    return fail(err, SOTTO_RANK_LOST, "mpi: the processes of host %s did not agree on their shared memory", facts_.host);
  std::snprintf(facts_.transport, sizeof facts_.transport, "%s", transport_->name());
  return SOTTO_OK;
}

// Rank 0 makes a segment under a name nobody guesses, all open it, and the name goes: nothing is left behind, however the job
// ends. Without room for it everybody stays with messages. False: a rank was lost meanwhile.
bool Job::share_memory() {
  constexpr uint32_t kJoinMs = 60000;
  char name[64] = "";
  std::unique_ptr<SharedMemory> segment;
  if (rank_ == 0) {
    std::random_device random;
    std::snprintf(name, sizeof name, "/sotto-%08x%08x%08x", random(), random(), random());
    segment = SharedMemory::create(name, rank_, world_);
  }
  if (spread(reinterpret_cast<uint8_t*>(name), sizeof name, 0, kJoinMs, nullptr) != SOTTO_OK) return false;
  name[sizeof name - 1] = '\0';
  if (rank_ != 0) segment = SharedMemory::open(name, rank_, world_);
  const uint8_t mine = segment != nullptr ? 1 : 0;
  std::vector<uint8_t> all(world_);
  const std::vector<uint64_t> ones(world_, 1);
  const sotto_status status = gather(&mine, 1, all.data(), ones.data(), nullptr, kJoinMs, nullptr);
  if (rank_ == 0) SharedMemory::unlink(name);
  if (status != SOTTO_OK) return false;
  if (std::all_of(all.begin(), all.end(), [](uint8_t has) { return has == 1; })) transport_ = std::move(segment);
  return true;
}

sotto_status Job::lost(sotto_error* err) const {
  return fail(err, SOTTO_RANK_LOST, "mpi: rank %u %s: the job of %u ranks is over for rank %u", loss_.rank, loss_.why.c_str(),
              world_, rank_);
}

sotto_status Job::lose(Loss loss, sotto_error* err) {
  loss_ = std::move(loss);
  loss_.happened = true;
  if (loss_.rank == rank_) {
    const std::lock_guard<std::mutex> lock(reason_mutex_);
    if (!reason_.empty()) loss_.why = reason_;
  }
  transport_->tell_loss(loss_);
  return lost(err);
}

sotto_status Job::enter(const char* what, sotto_error* err) {
  if (world_ == 0) return fail(err, SOTTO_INVALID_ARGUMENT, "mpi: %s before the job was joined", what);
  if (loss_.happened) return lost(err);
  if (aborted_.load()) return lose({true, rank_, "gave the job up"}, err);
  ++call_;
  return SOTTO_OK;
}

sotto_status Job::check_head(const Round& round, uint32_t r, uint32_t bytes, sotto_error* err) {
  const Head& h = transport_->head(r);
  if (h.call == call_ && h.kind == round.kind && h.total == round.total && h.bytes == bytes) return SOTTO_OK;
  char why[224];
  std::snprintf(
      why, sizeof why,
      "is out of step: it made call %llu, %s of %llu bytes, %u of them now, where rank %u made call %llu, %s of %llu, "
      "and %u are due",
      number(h.call), name_of(h.kind), number(h.total), h.bytes, rank_, number(call_), name_of(round.kind), number(round.total),
      bytes);
  (void)lose({true, r, why}, nullptr);
  return fail(err, SOTTO_MISMATCH, "mpi: rank %u %s", r, why);
}

template <class Bytes>
sotto_status Job::round(const Round& round, const Bytes& bytes_of, const Deadline& deadline, sotto_error* err) {
  Loss loss;
  const Head head = {call_, round.total, round.kind, bytes_of(rank_), round.stop, 0};
  if (!transport_->exchange(head, round.sender, deadline, aborted_, &loss)) return lose(loss, err);
  for (uint32_t r = 0; r < world_; ++r) {
    if (r == rank_ || (round.sender != kEverybody && round.sender != r)) continue;
    if (const sotto_status s = check_head(round, r, bytes_of(r), err); s != SOTTO_OK) return s;
  }
  return SOTTO_OK;
}

sotto_status Job::all_reduce(float* data, uint64_t count, uint32_t* stop, uint32_t deadline_ms, sotto_error* err) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (const sotto_status s = enter("all_reduce", err); s != SOTTO_OK) return s;
  const Deadline deadline(deadline_ms);
  const uint32_t wish = stop != nullptr ? *stop : 0;
  const uint64_t room = transport_->room() / sizeof(float);
  uint32_t votes = wish;
  for (uint64_t at = 0; at < count; at += room) {
    const auto n = static_cast<uint32_t>(std::min(room, count - at));
    Loss loss;
    if (!transport_->begin(deadline, aborted_, &loss)) return lose(loss, err);
    std::memcpy(transport_->out(), data + at, n * sizeof(float));
    const auto bytes = static_cast<uint32_t>(n * sizeof(float));
    const Round now = {kReduce, count * sizeof(float), kEverybody, wish};
    const auto alike = [&](uint32_t) { return bytes; };
    if (const sotto_status s = round(now, alike, deadline, err); s != SOTTO_OK) return s;
    // This process's own summand is read from where it was put: the order is the same everywhere.
    float* sum = data + at;
    std::memcpy(sum, transport_->in(0), bytes);
    for (uint32_t r = 1; r < world_; ++r) {
      const auto* part = reinterpret_cast<const float*>(transport_->in(r));
      for (uint32_t i = 0; i < n; ++i) sum[i] += part[i];
    }
    for (uint32_t r = 0; r < world_; ++r) votes |= transport_->head(r).stop;
  }
  if (stop != nullptr) *stop = votes;
  return SOTTO_OK;
}

sotto_status Job::all_gather(const uint8_t* part, uint64_t bytes, uint8_t* all, const uint64_t* bytes_of_rank, uint32_t* stop,
                             uint32_t deadline_ms, sotto_error* err) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return gather(part, bytes, all, bytes_of_rank, stop, deadline_ms, err);
}

sotto_status Job::gather(const uint8_t* part, uint64_t bytes, uint8_t* all, const uint64_t* bytes_of_rank, uint32_t* stop,
                         uint32_t deadline_ms, sotto_error* err) {
  if (const sotto_status s = enter("all_gather", err); s != SOTTO_OK) return s;
  if (bytes != bytes_of_rank[rank_])
    return fail(err, SOTTO_INVALID_ARGUMENT, "mpi: all_gather of %llu bytes where rank %u is to bring %llu", number(bytes),
                rank_, number(bytes_of_rank[rank_]));
  const Deadline deadline(deadline_ms);
  const uint32_t wish = stop != nullptr ? *stop : 0;
  const uint64_t room = transport_->room(), most = *std::max_element(bytes_of_rank, bytes_of_rank + world_);
  const uint64_t total = std::accumulate(bytes_of_rank, bytes_of_rank + world_, uint64_t{0});
  const auto piece = [&](uint32_t r, uint64_t at) {
    return static_cast<uint32_t>(at < bytes_of_rank[r] ? std::min(room, bytes_of_rank[r] - at) : 0);
  };
  uint32_t votes = wish;
  for (uint64_t at = 0; at < most; at += room) {
    Loss loss;
    if (!transport_->begin(deadline, aborted_, &loss)) return lose(loss, err);
    if (piece(rank_, at) != 0) std::memcpy(transport_->out(), part + at, piece(rank_, at));
    const Round now = {kGather, total, kEverybody, wish};
    const auto bytes_of = [&](uint32_t r) { return piece(r, at); };
    if (const sotto_status s = round(now, bytes_of, deadline, err); s != SOTTO_OK) return s;
    uint64_t first = 0;
    for (uint32_t r = 0; r < world_; first += bytes_of_rank[r], ++r) {
      if (piece(r, at) != 0) std::memcpy(all + first + at, transport_->in(r), piece(r, at));
      votes |= transport_->head(r).stop;
    }
  }
  if (stop != nullptr) *stop = votes;
  return SOTTO_OK;
}

sotto_status Job::broadcast(uint8_t* data, uint64_t bytes, uint32_t root, uint32_t deadline_ms, sotto_error* err) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return spread(data, bytes, root, deadline_ms, err);
}

sotto_status Job::spread(uint8_t* data, uint64_t bytes, uint32_t root, uint32_t deadline_ms, sotto_error* err) {
  if (const sotto_status s = enter("broadcast", err); s != SOTTO_OK) return s;
  if (root >= world_) return fail(err, SOTTO_INVALID_ARGUMENT, "mpi: broadcast from rank %u of %u", root, world_);
  const Deadline deadline(deadline_ms);
  const uint64_t room = transport_->room();
  for (uint64_t at = 0; at < bytes; at += room) {
    const auto n = static_cast<uint32_t>(std::min(room, bytes - at));
    Loss loss;
    if (root == rank_) {
      if (!transport_->begin(deadline, aborted_, &loss)) return lose(loss, err);
      std::memcpy(transport_->out(), data + at, n);
    }
    const Round now = {kBroadcast, bytes, root, 0};
    const auto alike = [&](uint32_t) { return n; };
    if (const sotto_status s = round(now, alike, deadline, err); s != SOTTO_OK) return s;
    if (root != rank_) std::memcpy(data + at, transport_->in(root), n);
  }
  return SOTTO_OK;
}

void Job::abort(sotto_str reason) {
  {
    const std::lock_guard<std::mutex> lock(reason_mutex_);
    if (reason_.empty()) reason_.assign(reason.data, std::min<uint64_t>(reason.size, 200));
  }
  aborted_.store(true);
}

}  // namespace sotto::mpi

#include "shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace sotto::mpi {
namespace {

constexpr uint64_t kLine = 64;
constexpr uint64_t kMostBytes = 16 << 20;  // of a segment: containers have 64 MB for all of them
constexpr uint32_t kMostRoom = 256 << 10;  // a round's piece stays in the second-level cache
constexpr uint32_t kLeastRoom = 4 << 10;
constexpr size_t kReasonBytes = 256;

uint32_t room_for(uint32_t world) {
  const uint64_t share = kMostBytes / (uint64_t{2} * world) / kLine * kLine;
  return static_cast<uint32_t>(std::clamp<uint64_t>(share, kLeastRoom, kMostRoom));
}

// One word, in memory that another process shares.
long futex(std::atomic<uint32_t>* word, int operation, uint32_t value, const timespec* timeout) {
  return syscall(SYS_futex, reinterpret_cast<uint32_t*>(word), operation, value, timeout, nullptr, 0);
}

}  // namespace

// The segment's beginning; a line for each process follows, then the buffers.
struct Segment {
  alignas(kLine) std::atomic<uint32_t> lost;  // 0: all is well; 1: the sentence is being written; 2 + rank
  char reason[kReasonBytes];
};
struct alignas(kLine) Line {
  std::atomic<uint32_t> round;
  std::atomic<uint32_t> waiters;  // processes that sleep on `round`
  std::atomic<int32_t> process;
};
static_assert(std::atomic<uint32_t>::is_always_lock_free && sizeof(std::atomic<uint32_t>) == 4 && sizeof(Line) == kLine);

namespace {

Segment& segment(uint8_t* bytes) { return *reinterpret_cast<Segment*>(bytes); }
Line& line(uint8_t* bytes, uint32_t rank) { return *reinterpret_cast<Line*>(bytes + sizeof(Segment) + rank * sizeof(Line)); }

// Rounds are counted modulo 2^32.
bool has_entered(uint32_t entered, uint32_t round) { return static_cast<int32_t>(entered - round) >= 0; }

}  // namespace

uint64_t SharedMemory::bytes_for(uint32_t world) {
  return sizeof(Segment) + world * sizeof(Line) + uint64_t{2} * world * (kHeadRoom + room_for(world));
}

SharedMemory::SharedMemory(uint8_t* bytes, uint64_t size, uint32_t rank, uint32_t world)
    : bytes_(bytes), size_(size), rank_(rank), world_(world), crowded_(are_crowded(world)) {
  line(bytes_, rank_).process.store(static_cast<int32_t>(getpid()));
}

SharedMemory::~SharedMemory() { munmap(bytes_, size_); }

std::unique_ptr<SharedMemory> SharedMemory::map(int file, uint64_t size, uint32_t rank, uint32_t world) {
  void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (bytes == MAP_FAILED) return nullptr;
  return std::unique_ptr<SharedMemory>(new SharedMemory(static_cast<uint8_t*>(bytes), size, rank, world));
}

std::unique_ptr<SharedMemory> SharedMemory::create(const std::string& name, uint32_t rank, uint32_t world) {
  const int file = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return nullptr;
  const uint64_t size = bytes_for(world);
  // Taken now: a page that the system lacks later would be a signal in the middle of a step.
  if (posix_fallocate(file, 0, static_cast<off_t>(size)) != 0) {
    close(file);
    return nullptr;
  }
  return map(file, size, rank, world);
}

std::unique_ptr<SharedMemory> SharedMemory::open(const std::string& name, uint32_t rank, uint32_t world) {
  const int file = shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0);
  if (file < 0) return nullptr;
  struct stat facts {};
  const uint64_t size = bytes_for(world);
  if (fstat(file, &facts) != 0 || static_cast<uint64_t>(facts.st_size) != size || facts.st_uid != geteuid()) {
    close(file);
    return nullptr;
  }
  return map(file, size, rank, world);
}

void SharedMemory::unlink(const std::string& name) { shm_unlink(name.c_str()); }

uint32_t SharedMemory::room() const { return room_for(world_); }

uint8_t* SharedMemory::buffer(uint32_t rank, uint32_t round) const {
  const uint64_t each = kHeadRoom + room_for(world_);
  return bytes_ + sizeof(Segment) + world_ * sizeof(Line) + (uint64_t{2} * rank + round % 2) * each;
}

uint8_t* SharedMemory::out() { return buffer(rank_, round_ + 1) + kHeadRoom; }

bool SharedMemory::begin(const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) {
  for (uint32_t r = 0; r < world_; ++r)
    if (r != rank_ && !wait_for(r, round_, deadline, aborted, loss)) return false;
  return true;
}

bool SharedMemory::exchange(const Head& head, uint32_t sender, const Deadline& deadline, const std::atomic<bool>& aborted,
                            Loss* loss) {
  const uint32_t round = round_ + 1;
  // Who only listens does not know that everybody has read what its buffer held.
  if (sender == kEverybody || sender == rank_) std::memcpy(buffer(rank_, round), &head, sizeof head);
  enter(round);
  for (uint32_t r = 0; r < world_; ++r)
    if (r != rank_ && (sender == kEverybody || sender == r) && !wait_for(r, round, deadline, aborted, loss)) return false;
  round_ = round;
  return true;
}

void SharedMemory::enter(uint32_t round) {
  Line& own = line(bytes_, rank_);
  own.round.store(round);
  if (own.waiters.load() != 0) futex(&own.round, FUTEX_WAKE, INT32_MAX, nullptr);
}

bool SharedMemory::wait_for(uint32_t rank, uint32_t round, const Deadline& deadline, const std::atomic<bool>& aborted,
                            Loss* loss) const {
  Line& peer = line(bytes_, rank);
  Patience patience(crowded_);
  for (;;) {
    const uint32_t entered = peer.round.load(std::memory_order_acquire);
    if (has_entered(entered, round)) return true;
    const uint64_t sleep = patience.wait();
    if (sleep == 0) continue;
    if (is_over(rank, deadline, aborted, loss)) return false;
    const timespec time = {0, static_cast<long>(sleep)};
    peer.waiters.fetch_add(1);
    futex(&peer.round, FUTEX_WAIT, entered, &time);
    peer.waiters.fetch_sub(1);
  }
}

bool SharedMemory::is_over(uint32_t rank, const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) const {
  Segment& all = segment(bytes_);
  const uint32_t lost = all.lost.load(std::memory_order_acquire);
  const int32_t process = line(bytes_, rank).process.load();
  if (lost >= 2) {
    char reason[kReasonBytes];
    std::memcpy(reason, all.reason, sizeof reason);
    reason[kReasonBytes - 1] = '\0';
    *loss = {true, std::min(lost - 2, world_ - 1), reason};
  } else if (aborted.load()) {
    *loss = {true, rank_, "gave the job up"};
  } else if (process > 0 && kill(process, 0) != 0 && errno == ESRCH) {
    *loss = {true, rank, "died"};
  } else if (deadline.passed()) {
    *loss = {true, rank, "did not answer within " + std::to_string(deadline.milliseconds()) + " ms"};
  }
  return loss->happened;
}

void SharedMemory::tell_loss(const Loss& loss) {
  Segment& all = segment(bytes_);
  uint32_t none = 0;
  if (!all.lost.compare_exchange_strong(none, 1)) return;
  std::strncpy(all.reason, loss.why.c_str(), kReasonBytes - 1);
  all.lost.store(2 + loss.rank, std::memory_order_release);
  for (uint32_t r = 0; r < world_; ++r) futex(&line(bytes_, r).round, FUTEX_WAKE, INT32_MAX, nullptr);
}

}  // namespace sotto::mpi

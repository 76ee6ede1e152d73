#include "messages.h"

#include <time.h>

#include <cstring>

namespace sotto::mpi {
namespace {

constexpr int kTag = 7;

}  // namespace

Messages::Messages(MPI_Comm comm, uint32_t rank, uint32_t world)
    : comm_(comm), rank_(rank), world_(world), pieces_(world, std::vector<uint8_t>(sizeof(Head) + kRoom)) {
  requests_.reserve(size_t{2} * world);
  partners_.reserve(size_t{2} * world);
}

bool Messages::fail(int code, uint32_t rank, Loss* loss) const {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, text, &length);
  *loss = {true, rank, "cannot be reached: " + std::string(text, static_cast<size_t>(length))};
  return false;
}

bool Messages::post(uint32_t sender, uint32_t bytes, Loss* loss) {
  requests_.clear();
  partners_.clear();
  for (uint32_t r = 0; r < world_; ++r) {
    if (r == rank_ || (sender != kEverybody && sender != r)) continue;
    partners_.push_back(r);
    requests_.push_back(MPI_REQUEST_NULL);
    const int code = MPI_Irecv(pieces_[r].data(), static_cast<int>(pieces_[r].size()), MPI_BYTE, static_cast<int>(r), kTag,
                               comm_, &requests_.back());
    if (code != MPI_SUCCESS) return fail(code, r, loss);
  }
  for (uint32_t r = 0; r < world_; ++r) {
    if (r == rank_ || (sender != kEverybody && sender != rank_)) continue;
    partners_.push_back(r);
    requests_.push_back(MPI_REQUEST_NULL);
    const int code = MPI_Isend(pieces_[rank_].data(), static_cast<int>(sizeof(Head) + bytes), MPI_BYTE, static_cast<int>(r),
                               kTag, comm_, &requests_.back());
    if (code != MPI_SUCCESS) return fail(code, r, loss);
  }
  return true;
}

bool Messages::finish(const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) {
  Patience patience(false);  // nobody wakes us
  for (size_t done = 0; done < requests_.size();) {
    int finished = 0;
    const int code = MPI_Test(&requests_[done], &finished, MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS) return fail(code, partners_[done], loss);
    if (finished != 0) {
      ++done;
      continue;
    }
    const uint64_t sleep = patience.wait();
    if (sleep == 0) continue;
    if (aborted.load()) {
      *loss = {true, rank_, "gave the job up"};
      return false;
    }
    if (deadline.passed()) {
      *loss = {true, partners_[done], "did not answer within " + std::to_string(deadline.milliseconds()) + " ms"};
      return false;
    }
    constexpr uint64_t kMostNs = 2'000'000;  // a step that begins again waits no longer than this
    const timespec time = {0, static_cast<long>(sleep < kMostNs ? sleep : kMostNs)};
    nanosleep(&time, nullptr);
  }
  return true;
}

bool Messages::exchange(const Head& head, uint32_t sender, const Deadline& deadline, const std::atomic<bool>& aborted,
                        Loss* loss) {
  std::memcpy(pieces_[rank_].data(), &head, sizeof head);
  return post(sender, head.bytes, loss) && finish(deadline, aborted, loss);
}

}  // namespace sotto::mpi

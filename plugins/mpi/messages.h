// messages.h - rounds as MPI messages: non-blocking, so that a call can end by its deadline. After a loss MPI is not called any
// more: requests stay pending, their buffers live as long as the process.
#pragma once

#include <mpi.h>

#include <vector>

#include "transport.h"

namespace sotto::mpi {

class Messages : public Transport {
 public:
  // `comm` belongs to this transport from now on.
  Messages(MPI_Comm comm, uint32_t rank, uint32_t world);

  const char* name() const override { return "MPI messages"; }
  uint32_t room() const override { return kRoom; }
  bool begin(const Deadline&, const std::atomic<bool>&, Loss*) override { return true; }
  uint8_t* out() override { return pieces_[rank_].data() + sizeof(Head); }
  bool exchange(const Head& head, uint32_t sender, const Deadline& deadline, const std::atomic<bool>& aborted,
                Loss* loss) override;
  const Head& head(uint32_t rank) const override { return *reinterpret_cast<const Head*>(pieces_[rank].data()); }
  const uint8_t* in(uint32_t rank) const override { return pieces_[rank].data() + sizeof(Head); }
  void tell_loss(const Loss&) override {}  // peers wait for us too, and find out by their own deadline

 private:
  static constexpr uint32_t kRoom = 64 << 10;  // few enough to hold one of each rank, large against a message's overhead

  bool post(uint32_t sender, uint32_t bytes, Loss* loss);
  bool finish(const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss);
  bool fail(int code, uint32_t rank, Loss* loss) const;
  bool is_whole(const MPI_Status& status, uint32_t rank, Loss* loss) const;

  MPI_Comm comm_;
  uint32_t rank_;
  uint32_t world_;
  std::vector<std::vector<uint8_t>> pieces_;  // [rank]: head and bytes
  std::vector<MPI_Request> requests_;
  std::vector<uint32_t> partners_;  // [request]
  size_t receives_ = 0;             // of the requests, which come first
};

}  // namespace sotto::mpi

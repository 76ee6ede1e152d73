// shared_memory.h - rounds through a segment that all processes of a host map: one cache line there and one back.
//
// Each process has a line with the number of the round it has entered, and two buffers used in turn. Entering round n says that
// round n - 1 was read; so a buffer of round n - 2 may be written again once everybody has entered n - 1.
#pragma once

#include <memory>

#include "transport.h"

namespace sotto::mpi {

struct Segment;

class SharedMemory : public Transport {
 public:
  // What a segment for so many processes takes.
  static uint64_t bytes_for(uint32_t world);
  // Makes one, nameless for everybody who does not know `name`; nullptr: the system has no room for it.
  static std::unique_ptr<SharedMemory> create(const std::string& name, uint32_t rank, uint32_t world);
  static std::unique_ptr<SharedMemory> open(const std::string& name, uint32_t rank, uint32_t world);
  static void unlink(const std::string& name);
  ~SharedMemory() override;

  const char* name() const override { return "shared memory"; }
  uint32_t room() const override;
  bool begin(const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) override;
  uint8_t* out() override;
  bool exchange(const Head& head, uint32_t sender, const Deadline& deadline, const std::atomic<bool>& aborted,
                Loss* loss) override;
  const Head& head(uint32_t rank) const override { return *reinterpret_cast<const Head*>(buffer(rank, round_)); }
  const uint8_t* in(uint32_t rank) const override { return buffer(rank, round_) + kHeadRoom; }
  void tell_loss(const Loss& loss) override;

 private:
  static constexpr uint32_t kHeadRoom = 64;

  SharedMemory(uint8_t* bytes, uint64_t size, uint32_t rank, uint32_t world);
  static std::unique_ptr<SharedMemory> map(int file, uint64_t size, uint32_t rank, uint32_t world);
  uint8_t* buffer(uint32_t rank, uint32_t round) const;
  bool wait_for(uint32_t rank, uint32_t round, const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) const;
  bool is_over(uint32_t rank, const Deadline& deadline, const std::atomic<bool>& aborted, Loss* loss) const;
  void enter(uint32_t round);

  uint8_t* bytes_;
  uint64_t size_;
  uint32_t rank_;
  uint32_t world_;
  bool crowded_;  // more processes than cores
  uint32_t round_ = 0;
};

}  // namespace sotto::mpi

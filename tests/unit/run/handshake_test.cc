#include "run/handshake.h"

#include <gtest/gtest.h>

#include "unit/run/fake_job.h"

namespace sotto {
namespace {

constexpr uint32_t kDeadlineMs = 2000;
const std::string kHash(64, 'a'), kOther(64, 'b');

std::unique_ptr<Team> team_of(FakeJob& job, uint32_t rank, uint32_t deadline_ms = kDeadlineMs) {
  auto team = Team::join(job.comm(rank), deadline_ms);
  EXPECT_TRUE(team.ok()) << team.status().text();
  return team.take();
}

// What each rank is told when all greet, rank r with hashes[r] in roles[r].
std::vector<Status> greet(FakeJob& job, const std::vector<std::string>& hashes, const std::vector<Role>& roles) {
  std::vector<Status> told(job.world());
  job.run([&](uint32_t rank) {
    bool measures = false;
    told[rank] = compare_processes(*team_of(job, rank), roles[rank], hashes[rank], &measures);
  });
  return told;
}

void expect_all(const std::vector<Status>& told, sotto_status code, const std::vector<std::string>& fragments) {
  for (const Status& s : told) {
    EXPECT_EQ(s.code(), code) << s.text();
    EXPECT_EQ(s.text(), told[0].text()) << "every rank tells the same";
    for (const std::string& f : fragments) EXPECT_NE(s.text().find(f), std::string::npos) << s.text();
  }
}

TEST(Handshake, RanksThatBelongTogetherAgree) {
  FakeJob job(3);
  expect_all(greet(job, {kHash, kHash, kHash}, {Role::kSession, Role::kWorker, Role::kWorker}), SOTTO_OK, {});
}

TEST(Handshake, AnotherModelIsNamedWithBothSides) {
  FakeJob job(3);
  expect_all(greet(job, {kHash, kHash, kOther}, {Role::kSession, Role::kWorker, Role::kWorker}), SOTTO_MISMATCH,
             {"rank 2 (host c) has model bbbbbbbbbbbb, rank 0 (host a) model aaaaaaaaaaaa", "same file"});
}

TEST(Handshake, AnotherAbiOrVersionIsNamedWithBothSides) {
  struct Case {
    size_t at;  // in the greeting
    uint8_t byte;
    std::string told;
  };
  for (const Case& c : {Case{8, 9, "protocol 9"}, Case{16, 7, "ABI 1.7"}, Case{32, '8', "version 8"}}) {
    FakeJob job(2);
    job.tamper = [&](uint32_t rank, std::vector<uint8_t>& bytes) {
      if (rank == 1) bytes.at(c.at) = c.byte;
    };
    expect_all(greet(job, {kHash, kHash}, {Role::kSession, Role::kWorker}), SOTTO_MISMATCH,
               {"rank 1 (host b)", c.told, "rank 0 (host a)"});
  }
}

TEST(Handshake, WhatIsNoSottoIsRefused) {
  FakeJob job(2);
  job.tamper = [](uint32_t rank, std::vector<uint8_t>& bytes) {
    if (rank == 1) std::fill(bytes.begin(), bytes.end(), uint8_t{0xFF});
  };
  expect_all(greet(job, {kHash, kHash}, {Role::kSession, Role::kWorker}), SOTTO_MISMATCH, {"rank 1 is no rank of Sotto"});
}

TEST(Handshake, ThereIsOneSession) {
  FakeJob two(2), none(2);
  expect_all(greet(two, {kHash, kHash}, {Role::kSession, Role::kSession}), SOTTO_MISMATCH,
             {"rank 1 (host b) is a session, rank 0 (host a) is a session too", "sotto worker"});
  expect_all(greet(none, {kHash, kHash}, {Role::kWorker, Role::kWorker}), SOTTO_MISMATCH, {"no rank holds the session"});
}

Job sample_job() {
  Job job;
  job.plan.ranks = 2;
  job.plan.split = {5, 3};
  job.choice.context_tokens = 64;
  job.choice.max_batch = 16;
  job.choice.kv_type = SOTTO_KV_F32;
  job.choice.kv_tokens = 128;
  job.sequences = 4;
  job.backend = "dev.sotto.cpu";
  return job;
}

TEST(Handshake, TheJobOfRank0ReachesAll) {
  FakeJob fake(2);
  fake.run([&](uint32_t rank) {
    Job job = rank == 0 ? sample_job() : Job();
    const Status s = share_job(*team_of(fake, rank), &job);
    EXPECT_TRUE(s.ok()) << s.text();
    EXPECT_EQ(job.plan.split, (std::vector<uint32_t>{5, 3}));
    EXPECT_EQ(job.choice.kv_tokens, 128u);
    EXPECT_EQ(job.backend, "dev.sotto.cpu");
  });
}

TEST(Handshake, AJobThatCannotBeIsRefused) {
  for (size_t field = 0; field < 6; ++field) {  // ranks, parts, KV type, context, rows, sequences
    FakeJob fake(2);
    fake.tamper = [&](uint32_t rank, std::vector<uint8_t>& bytes) {
      if (rank == 0) std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(field * 4), 4, uint8_t{0xFF});
    };
    fake.run([&](uint32_t rank) {
      Job job = sample_job();
      EXPECT_EQ(share_job(*team_of(fake, rank), &job).code(), SOTTO_MISMATCH) << field;
    });
  }
}

TEST(Handshake, TheFailureOfOneRankIsEverybodys) {
  FakeJob fake(3);
  fake.run([&](uint32_t rank) {
    const Status own = rank == 1 ? Status(SOTTO_OUT_OF_MEMORY, "12 MB are too few") : Status();
    const Status s = agree(*team_of(fake, rank), own, nullptr, 0, 1);
    EXPECT_EQ(s.code(), SOTTO_OUT_OF_MEMORY) << s.text();
    EXPECT_NE(s.text().find("12 MB are too few"), std::string::npos);
    EXPECT_EQ(s.text().find("rank 1: ") == 0, rank != 1) << s.text();
  });
}

TEST(Team, CommandsArriveInOrderWithWhatBelongsToThem) {
  FakeJob fake(2);
  const std::vector<uint8_t> small(100, 1), large(5000, 2);
  fake.run([&](uint32_t rank) {
    const auto team = team_of(fake, rank);
    if (rank == 0) {
      EXPECT_TRUE(team->tell(Command::of(Command::kRun, 7), Span<const uint8_t>(small)).ok());
      EXPECT_TRUE(team->tell(Command::of(Command::kImport, 1, 2), Span<const uint8_t>(large)).ok());
      return;  // ends the job
    }
    Command c;
    std::vector<uint8_t> more;
    ASSERT_TRUE(team->hear(&c).ok());
    EXPECT_EQ(c.a, 7u);
    ASSERT_TRUE(team->hear_more(c, 100, &more).ok());
    EXPECT_EQ(more, small);
    ASSERT_TRUE(team->hear(&c).ok());
    ASSERT_TRUE(team->hear_more(c, 5000, &more).ok());
    EXPECT_EQ(more, large);
    ASSERT_TRUE(team->hear(&c).ok());
    EXPECT_EQ(c.kind, Command::kEnd);
  });
}

TEST(Team, HostileCommandsAreRefusedBeforeAnythingIsAllocated) {
  struct Case {
    size_t at;
    const char* what;
  };
  for (const Case& c : {Case{0, "magic"}, Case{5, "kind"}, Case{8, "number"}, Case{22, "bytes"}}) {
    FakeJob fake(2);
    fake.tamper = [&](uint32_t rank, std::vector<uint8_t>& bytes) {
      if (rank == 0) bytes.at(c.at) ^= 0xFF;
    };
    fake.run([&](uint32_t rank) {
      const auto team = team_of(fake, rank, 200);
      if (rank == 0) {
        (void)team->tell(Command::of(Command::kRun, 1), {});  // rank 1 may have given up meanwhile
        return;
      }
      Command command;
      std::vector<uint8_t> more;
      Status s = team->hear(&command);
      if (s.ok()) s = team->hear_more(command, 16, &more);
      EXPECT_EQ(s.code(), SOTTO_MISMATCH) << c.what;
      EXPECT_TRUE(more.empty());
      team->give_up(s.text());
    });
  }
}

TEST(Team, SilenceIsALostRank) {
  FakeJob fake(2);
  const auto team = team_of(fake, 1, 50);
  Command c;
  EXPECT_EQ(team->hear(&c).code(), SOTTO_RANK_LOST);
  EXPECT_TRUE(team->is_lost());
}

TEST(Team, Rank0IsHeardWhileItIsIdle) {
  FakeJob fake(2);
  fake.run([&](uint32_t rank) {
    const auto team = team_of(fake, rank, 1000);
    if (rank == 0) {
      team->keep_alive();
      std::this_thread::sleep_for(std::chrono::milliseconds(2000));
      EXPECT_FALSE(team->is_lost());
      return;
    }
    for (Command c; c.kind != Command::kEnd;) ASSERT_TRUE(team->hear(&c).ok());
  });
}

}  // namespace
}  // namespace sotto

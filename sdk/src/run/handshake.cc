#include "run/handshake.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/printable.h"

namespace sotto {
namespace {

constexpr uint32_t kProtocol = 1;
constexpr char kMagic[8] = {'S', 'O', 'T', 'T', 'O', 'R', 'N', 'K'};
// A process may have begun later, or its disk may be slow.
constexpr uint32_t kOpenDeadlines = 4;
constexpr uint32_t kMostRanks = 1024;

// Of fixed size, little endian as all that this version runs on.
struct Hello {
  char magic[8];
  uint32_t protocol, abi_major, abi_minor, role;
  uint32_t measures, reserved;
  char version[16];
  char host[64];
  char model[64];
};
static_assert(sizeof(Hello) == 176);

struct JobMessage {
  uint32_t ranks, split_count, kv_type, context_tokens, max_batch, sequences;
  uint64_t kv_tokens;
  char backend[128];
  uint32_t split[kMostRanks];
};

struct Outcome {
  int32_t status;
  uint32_t kv_type;
  uint8_t plan_hash[32];
  char text[400];
};

template <size_t kSize>
void put(std::string_view text, char (&field)[kSize]) {
  std::memset(field, 0, kSize);
  std::copy_n(text.data(), std::min(text.size(), kSize), field);
}

// A peer's text, whatever it holds.
template <size_t kSize>
std::string get(const char (&field)[kSize]) {
  return printable(std::string_view(field, static_cast<size_t>(std::find(field, field + kSize, '\0') - field)));
}

// A whole sentence of it.
template <size_t kSize>
std::string text_of(const char (&field)[kSize]) {
  return printable_text(std::string_view(field, static_cast<size_t>(std::find(field, field + kSize, '\0') - field)));
}

std::string role_of(const Hello& h) {
  if (h.role == static_cast<uint32_t>(Role::kSession)) return "a session";
  return h.role == static_cast<uint32_t>(Role::kWorker) ? "a worker" : "something unknown";
}

// What every process must have as rank 0 has it.
struct Item {
  const char* has;
  std::string (*read)(const Hello& h);
  const char* remedy;
};
constexpr Item kItems[] = {
    {"speaks", [](const Hello& h) { return fmt::format("protocol {}", h.protocol); }, "run one version of Sotto everywhere"},
    {"has", [](const Hello& h) { return fmt::format("ABI {}.{}", h.abi_major, h.abi_minor); },
     "run one version of Sotto everywhere"},
    {"has", [](const Hello& h) { return "version " + get(h.version); }, "run one version of Sotto everywhere"},
    {"has", [](const Hello& h) { return fmt::format("model {:.12}", get(h.model)); }, "give every rank the same file"},
};

std::string name_of(uint32_t rank, const Hello& h) { return fmt::format("rank {} (host {})", rank, get(h.host)); }

Status compare(const std::vector<Hello>& all) {
  const auto mismatch = [](std::string text) { return Status(SOTTO_MISMATCH, std::move(text)); };
  for (uint32_t r = 0; r < all.size(); ++r)
    if (std::memcmp(all[r].magic, kMagic, sizeof kMagic) != 0)
      return mismatch(fmt::format("rank {} is no rank of Sotto: it does not greet as rank 0 does", r));
  for (const Item& item : kItems)
    for (uint32_t r = 1; r < all.size(); ++r) {
      const std::string theirs = item.read(all[r]), first = item.read(all[0]);
      if (theirs != first)
        return mismatch(
            fmt::format("{} {} {}, {} {}: {}", name_of(r, all[r]), item.has, theirs, name_of(0, all[0]), first, item.remedy));
    }
  for (uint32_t r = 0; r < all.size(); ++r) {
    const Role wanted = r == 0 ? Role::kSession : Role::kWorker;
    if (all[r].role == static_cast<uint32_t>(wanted)) continue;
    if (r == 0)
      return mismatch(fmt::format("{} is {}, and so no rank holds the session: start rank 0 by sotto run", name_of(0, all[0]),
                                  role_of(all[0])));
    return mismatch(fmt::format("{} is {}, {} is {} too: start all ranks but the first by sotto worker", name_of(r, all[r]),
                                role_of(all[r]), name_of(0, all[0]), role_of(all[0])));
  }
  return {};
}

Status check_job(const JobMessage& m, uint32_t world) {
  constexpr uint32_t kMostBatch = 1 << 16, kMostSequences = 1 << 16;
  constexpr uint64_t kMostTokens = uint64_t{1} << 31;
  const bool fits = m.ranks >= world && m.ranks <= kMostRanks && m.ranks % world == 0 &&
                    (m.split_count == 0 || m.split_count == m.ranks) && m.kv_type >= SOTTO_KV_F32 &&
                    m.kv_type <= SOTTO_KV_Q8_0 && m.max_batch >= 1 && m.max_batch <= kMostBatch && m.sequences >= 1 &&
                    m.sequences <= kMostSequences && m.kv_tokens >= 1 && m.kv_tokens <= kMostTokens &&
                    m.context_tokens <= m.kv_tokens;
  if (fits) return {};
  return Status(SOTTO_MISMATCH, fmt::format("rank 0 sent a job that cannot be: {} ranks in {} processes, {} parts, KV type {}, "
                                            "{} rows, {} sequences, {} tokens",
                                            m.ranks, world, m.split_count, m.kv_type, m.max_batch, m.sequences, m.kv_tokens));
}

}  // namespace

Status compare_processes(Team& team, Role role, const std::string& hash, bool* measures) {
  Hello mine{};
  std::memcpy(mine.magic, kMagic, sizeof kMagic);
  mine.protocol = kProtocol;
  mine.abi_major = SOTTO_ABI_MAJOR;
  mine.abi_minor = SOTTO_ABI_MINOR;
  mine.role = static_cast<uint32_t>(role);
  mine.measures = *measures ? 1 : 0;
  put(SOTTO_VERSION_STRING, mine.version);
  put(team.facts().host, mine.host);
  put(hash, mine.model);
  std::vector<Hello> all(team.world());
  SOTTO_TRY(team.all_gather(&mine, sizeof mine, all.data(), kOpenDeadlines * team.deadline_ms()));
  *measures = all[0].measures == 1;
  return compare(all);
}

Status share_job(Team& team, Job* job) {
  JobMessage m{};
  if (team.rank() == 0) {
    const MemoryChoice& c = job->choice;
    m.ranks = job->plan.ranks;
    m.split_count = static_cast<uint32_t>(job->plan.split.size());
    m.kv_type = c.kv_type;
    m.context_tokens = c.context_tokens;
    m.max_batch = c.max_batch;
    m.sequences = job->sequences;
    m.kv_tokens = c.kv_tokens;
    put(job->backend, m.backend);
    std::copy_n(job->plan.split.begin(), std::min<size_t>(m.split_count, kMostRanks), m.split);
  }
  SOTTO_TRY(team.broadcast(&m, sizeof m, kOpenDeadlines * team.deadline_ms()));
  SOTTO_TRY(check_job(m, team.world()));
  job->plan.ranks = m.ranks;
  job->plan.split.assign(m.split, m.split + m.split_count);
  job->choice = MemoryChoice{m.context_tokens, m.max_batch, m.kv_type, m.kv_tokens};
  job->sequences = m.sequences;
  job->backend = get(m.backend);
  return {};
}

Status agree(Team& team, const Status& own, const Plan* plan, uint32_t kv_type, uint32_t deadlines) {
  Outcome mine{};
  mine.status = own.code();
  mine.kv_type = kv_type;
  if (plan != nullptr) std::memcpy(mine.plan_hash, plan->c().hash, sizeof mine.plan_hash);
  put(own.text(), mine.text);
  std::vector<Outcome> all(team.world());
  SOTTO_TRY(team.all_gather(&mine, sizeof mine, all.data(), deadlines * team.deadline_ms()));
  if (!own.ok()) return own;
  for (uint32_t r = 0; r < all.size(); ++r) {
    if (all[r].status == SOTTO_OK) continue;
    const bool is_known = all[r].status > SOTTO_OK && all[r].status < SOTTO_STATUS_COUNT;
    return Status(is_known ? all[r].status : SOTTO_INTERNAL, fmt::format("rank {}: {}", r, text_of(all[r].text)));
  }
  for (uint32_t r = 1; r < all.size(); ++r) {
    if (all[r].kv_type != all[0].kv_type)
      return Status(SOTTO_MISMATCH,
                    fmt::format("rank {} holds its cache as KV type {}, rank 0 as {}", r, all[r].kv_type, all[0].kv_type));
    if (std::memcmp(all[r].plan_hash, all[0].plan_hash, sizeof all[0].plan_hash) != 0)
      return Status(SOTTO_MISMATCH,
                    fmt::format("rank {} made plan {:02x}{:02x}{:02x}... of the model, rank 0 {:02x}{:02x}{:02x}"
                                "...: run one version of Sotto everywhere",
                                r, all[r].plan_hash[0], all[r].plan_hash[1], all[r].plan_hash[2], all[0].plan_hash[0],
                                all[0].plan_hash[1], all[0].plan_hash[2]));
  }
  return {};
}

}  // namespace sotto

#include "run/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace sotto {
namespace {

class Worker {
 public:
  Worker(const Program& program, const Plan& plan, uint64_t kv_tokens)
      : program_(program), team_(*program.team), plan_(plan), kv_tokens_(kv_tokens), rows_(program.max_batch) {}

  Status serve() {
    for (;;) {
      Command c;
      SOTTO_TRY(team_.hear(&c));
      if (c.kind == Command::kEnd) return {};
      if (Status s = obey(c); !s.ok() && !is_everybodys(s)) return s;
    }
  }

 private:
  using Handler = Status (Worker::*)(const Command& c);
  struct Row {
    Command::Kind kind;
    Handler handler;
  };

  Status obey(const Command& c) {
    static constexpr Row kRows[] = {{Command::kRun, &Worker::run},
                                    {Command::kTruncate, &Worker::truncate},
                                    {Command::kCopy, &Worker::copy},
                                    {Command::kExport, &Worker::export_tokens},
                                    {Command::kImport, &Worker::import_tokens}};
    const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.kind == c.kind; });
    return row == std::end(kRows) ? Status() : (this->*row->handler)(c);
  }

  // What a call may come to on all ranks alike: rank 0 sees the same, and the caches stay equal.
  static bool is_everybodys(const Status& s) {
    return s.code() == SOTTO_CANCELLED || s.code() == SOTTO_CONTEXT_FULL || s.code() == SOTTO_UNSUPPORTED ||
           s.code() == SOTTO_INVALID_ARGUMENT;
  }

  Status bad(const char* what, uint64_t number, uint64_t most) const {
    return Status(SOTTO_MISMATCH, fmt::format("rank 0 sent a command with {} {}, {} are possible", what, number, most));
  }

  Status run(const Command& c) {
    if (c.a == 0 || c.a > program_.max_batch) return bad("rows", c.a, program_.max_batch);
    SOTTO_TRY(team_.hear_more(c, uint64_t{c.a} * sizeof(RowMessage), &more_));
    if (more_.size() != c.a * sizeof(RowMessage)) return bad("bytes of rows", more_.size(), c.a * sizeof(RowMessage));
    for (uint32_t i = 0; i < c.a; ++i) {
      RowMessage m;
      std::memcpy(&m, more_.data() + i * sizeof m, sizeof m);
      rows_[i] = {};
      rows_[i].token = m.token;
      rows_[i].position = m.position;
      rows_[i].sequence = m.sequence;
      rows_[i].outputs = m.outputs;
    }
    sotto_batch batch{};
    batch.struct_size = sizeof batch;
    batch.row_count = c.a;
    batch.row_stride = sizeof(sotto_batch_row);
    batch.rows = rows_.data();
    return program_.run(batch, nullptr);
  }

  Status truncate(const Command& c) { return program_.truncate(c.a, c.b); }
  Status copy(const Command& c) { return program_.copy(c.a, c.b, c.c); }

  Status export_tokens(const Command& c) {
    if (c.c > kv_tokens_) return bad("tokens", c.c, kv_tokens_);
    return program_.export_tokens(plan_, c.a, c.b, c.c, nullptr, c.c * neutral_bytes_per_token(plan_));
  }

  Status import_tokens(const Command& c) {
    if (c.b > kv_tokens_) return bad("tokens", c.b, kv_tokens_);
    SOTTO_TRY(team_.hear_more(c, c.b * neutral_bytes_per_token(plan_), &more_));
    return program_.import_tokens(c.a, c.b, Span<const uint8_t>(more_));
  }

  const Program& program_;
  Team& team_;
  const Plan& plan_;
  const uint64_t kv_tokens_;
  std::vector<sotto_batch_row> rows_;
  std::vector<uint8_t> more_;
};

}  // namespace

Status serve_commands(const Program& program, const Plan& plan, uint64_t kv_tokens) {
  Status s = Worker(program, plan, kv_tokens).serve();
  // What only this rank failed in leaves the others waiting: they are told.
  if (!s.ok() && !program.team->is_lost()) program.team->give_up(s.text());
  return s;
}

}  // namespace sotto

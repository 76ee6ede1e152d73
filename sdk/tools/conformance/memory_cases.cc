// Too little memory: a status with a sentence at whatever place it runs out, and everything goes on when there is some again.
#include "conformance/cases.h"
#include "conformance/models.h"
#include "conformance/process.h"

namespace sotto::conformance {
namespace {

using B = sotto_backend;

void absurd_sizes(const Subject& subject, Recorder& record) {
  struct Case {
    const char* what;
    uint32_t sequences;
    uint64_t tokens;
  };
  constexpr Case kCases[] = {
      {"2^31 tokens", 1, uint64_t{1} << 31},
      {"2^44 tokens", 1, uint64_t{1} << 44},
      {"2^64 - 1 tokens", 1, UINT64_MAX},
      {"2^32 - 1 sequences", UINT32_MAX, 1024},
  };
  Net net(1, 5300, kModels[0].vocabulary);
  build(net, kModels[0], SOTTO_F32);
  for (const Case& c : kCases) {
    record.check(std::string("a cache of ") + c.what, [&] {
      Runner runner(subject.tested, net, subject.options());
      const sotto_cache_options o{sizeof(sotto_cache_options), SOTTO_F32, SOTTO_F32, c.sequences, c.tokens};
      Error error;
      sotto_rank_cost cost{};
      const sotto_status checked = subject.tested.call(&error, calls::check, runner.ready().group.get(), &net.plan(), 8u, &o,
                                                       &cost, static_cast<uint32_t>(sizeof cost));
      // Two layers of k and v, four heads of 64 float32.
      expect(checked != SOTTO_OK || c.sequences != 1 || static_cast<double>(cost.cache) >= static_cast<double>(c.tokens) * 2048,
             "check promises " + std::to_string(cost.cache) + " bytes for it: did a product overflow?");
      Handle<sotto_cache> cache;
      const sotto_status s =
          subject.tested.make(&error, calls::cache_create, &cache, &B::cache_destroy, runner.program.get(), &o);
      expect(s != SOTTO_OK, "it was made, or so it says");
      const Sequence text = net.sequence(3);
      (void)runner.feed(text, 0, 0, 3);
    });
  }
  record.check("a batch of 2^32 - 1 rows", [&] {
    Runner runner(subject.tested, net, subject.options());
    Handle<sotto_program> program;
    const sotto_status s = subject.tested.make(&runner.ready().error, calls::compile, &program, &B::program_destroy,
                                               runner.group.get(), &net.plan(), runner.weights.get(), UINT32_MAX);
    expect(s != SOTTO_OK, "a program for it was made, or so it says");
  });
}

// From nearly nothing to plenty: each step of the way runs out somewhere else.
void limited(const Subject& subject, Recorder& record) {
  if (is_sanitized()) return record.note("not limited: built with a sanitizer, which takes address space of its own");
  if (subject.tested.info(subject.device).shares_memory_with_host == 0)
    return record.note("not limited: the device has memory of its own");
  Net net(2, 5400, kModels[0].vocabulary);
  build(net, kModels[0], SOTTO_F32);
  RunnerOptions options = subject.options();
  options.borrow = false;
  options.tokens = 16384;  // 64 MiB of cache
  const Sequence text = net.sequence(3);
  uint32_t refused = 0, made = 0;
  for (uint64_t megabytes = 0; megabytes <= 160; megabytes += megabytes < 24 ? 1 : 8) {
    record.check("with " + std::to_string(megabytes) + " MiB to spare", [&] {
      const MemoryLimit limit(megabytes << 20);
      if (!limit.is_set()) return;
      Runner runner(subject.tested, net, options);
      expect(
          runner.status == SOTTO_OK || runner.status == SOTTO_OUT_OF_MEMORY,
          std::string("answered ") + status_name(runner.status) + ", SOTTO_OUT_OF_MEMORY expected (" + runner.error.text + ")");
      ++(runner.status == SOTTO_OK ? made : refused);
      if (runner.status == SOTTO_OK) (void)runner.feed(text, 0, 0, 3);
    });
  }
  record.note("refused " + std::to_string(refused) + " times with SOTTO_OUT_OF_MEMORY, made " + std::to_string(made) +
              " times");
  record.check("when there is memory again", [&] {
    Runner runner(subject.tested, net, options);
    (void)runner.ready().feed(text, 0, 0, 3);
  });
}

}  // namespace

Sections memory_sections() { return {{"absurd sizes", absurd_sizes}, {"out of memory", limited}}; }

}  // namespace sotto::conformance

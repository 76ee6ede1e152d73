// What must be refused, with a status and a sentence and without a crash: plans, uploads, groups.
#include "conformance/cases.h"
#include "conformance/spoilers.h"

namespace sotto::conformance {
namespace {

using B = sotto_backend;

struct Group {
  Group(const Subject& subject, uint32_t ranks) {
    const std::vector<uint32_t> devices(ranks, subject.device);
    sotto_group_options g{};
    g.struct_size = sizeof g;
    g.local_ranks = ranks;
    g.threads = 1;
    g.devices = devices.data();
    const sotto_status s =
        subject.tested.make(&error, calls::group_create, &group, &B::group_destroy, subject.tested.self(), &g);
    succeed(s, "group_create", error);
  }
  Error error;
  Handle<sotto_group> group;
};

void expect_status(const char* function, sotto_status got, sotto_status right, const Error& error) {
  expect(got == right, std::string(function) + " answered " + status_name(got) + ", " + status_name(right) + " expected" +
                           (got == SOTTO_OK ? "" : std::string(" (") + error.text + ")"));
}

void plans(const Subject& subject, Recorder& record) {
  for (const Spoiler& spoiler : spoilers()) {
    record.check(std::string("a plan with ") + spoiler.what, [&] {
      Group g(subject, 2);
      SpoiltPlan spoilt;
      spoiler.spoil(spoilt);
      const sotto_plan* plan = &spoilt.plan;
      expect_status("check", subject.tested.call(&g.error, calls::check, g.group.get(), plan, 8u, nullptr, nullptr, 0u),
                    spoiler.status, g.error);
      Handle<sotto_weights> weights;
      expect_status("weights_create",
                    subject.tested.make(&g.error, calls::weights_create, &weights, &B::weights_destroy, g.group.get(), plan),
                    spoiler.status, g.error);
    });
  }
  record.check("a plan for other ranks than the group's", [&] {
    Group g(subject, 3);
    SpoiltPlan spoilt;
    const sotto_plan* plan = &spoilt.plan;
    expect_status("check", subject.tested.call(&g.error, calls::check, g.group.get(), plan, 8u, nullptr, nullptr, 0u),
                  SOTTO_MISMATCH, g.error);
  });
  // A good plan, whose weights are used with each spoilt one: compile looks for itself.
  for (const Spoiler& spoiler : spoilers()) {
    record.check(std::string("compile of a plan with ") + spoiler.what, [&] {
      Net net(2, 5000, kSmallModel.vocabulary);
      build(net, kSmallModel, SOTTO_Q8_0);
      Runner runner(subject.tested, net, subject.options());
      runner.ready();
      SpoiltPlan spoilt;
      spoiler.spoil(spoilt);
      Handle<sotto_program> program;
      const sotto_status s = subject.tested.make(&runner.error, calls::compile, &program, &B::program_destroy,
                                                 runner.group.get(), &spoilt.plan, runner.weights.get(), 8u);
      expect_status("compile", s, spoiler.status, runner.error);
    });
  }
}

void missing_weights(const Subject& subject, Recorder& record) {
  record.check("compile before the uploads", [&] {
    Group g(subject, 2);
    SpoiltPlan plan;
    Handle<sotto_weights> weights;
    subject.tested.make(&g.error, calls::weights_create, &weights, &B::weights_destroy, g.group.get(), &plan.plan);
    expect(weights != nullptr, g.error.text);
    Handle<sotto_program> program;
    const sotto_status s = subject.tested.make(&g.error, calls::compile, &program, &B::program_destroy, g.group.get(),
                                               &plan.plan, weights.get(), 8u);
    expect(s != SOTTO_OK, "weights that were never uploaded are not missed");
  });
}

void uploads(const Subject& subject, Recorder& record) {
  struct Case {
    const char* what;
    bool has_weights, is_matrix;
    uint32_t rank, flags;
    bool has_bytes;
    uint64_t count, stride;
  };
  constexpr Case kCases[] = {
      {"no bytes", true, true, 0, 0, false, 1u << 20, 4096},
      {"one byte", true, true, 0, SOTTO_UPLOAD_BORROW, true, 1, 4096},
      {"a stride below a row", true, true, 0, 0, true, 1u << 20, 1},
      {"a stride past the end", true, true, 0, SOTTO_UPLOAD_BORROW, true, 4096, UINT64_MAX},
      {"no such weight", true, false, 0, 0, true, 1u << 20, 4096},
      {"no such rank", true, true, 2, 0, true, 1u << 20, 4096},
      {"no weights to put them in", false, true, 0, 0, true, 1u << 20, 4096},
      {"an unknown flag", true, true, 0, 6, true, 1u << 20, 4096},
  };
  const std::vector<uint8_t> bytes(1u << 20);
  for (const Case& c : kCases) {
    record.check(std::string("an upload with ") + c.what, [&] {
      Group g(subject, 2);
      SpoiltPlan plan;
      Handle<sotto_weights> weights;
      subject.tested.make(&g.error, calls::weights_create, &weights, &B::weights_destroy, g.group.get(), &plan.plan);
      expect(weights != nullptr, g.error.text);
      int releases = 0;
      const auto release = [](void* user) { ++*static_cast<int*>(user); };
      const sotto_upload u{
          sizeof(sotto_upload), c.flags, c.has_bytes ? bytes.data() : nullptr, c.count, c.stride, release, &releases};
      const uint32_t weight = c.is_matrix ? plan.first_matrix() : 9999;
      expect(
          subject.tested.call(&g.error, calls::upload, c.has_weights ? weights.get() : nullptr, weight, c.rank, &u) != SOTTO_OK,
          "it was taken");
      expect(releases == 1, "release was called " + std::to_string(releases) + " times, once is owed after a failure too");
    });
  }
}

void groups(const Subject& subject, Recorder& record) {
  const uint32_t far[] = {1000000};
  const uint32_t here[] = {subject.device, subject.device};
  struct Case {
    const char* what;
    sotto_group_options options;
  };
  const uint32_t size = sizeof(sotto_group_options);
  const Case kCases[] = {
      {"more ranks here than there are", {size, 1, 0, 2, here, 1, 0, 0, nullptr, 0, 0}},
      {"ranks past the end", {size, 4, 3, 2, here, 1, 0, 0, nullptr, 0, 0}},
      {"ranks elsewhere and no communicator", {size, 4, 0, 2, here, 1, 0, 0, nullptr, 0, 0}},
      {"a device that is not there", {size, 1, 0, 1, far, 1, 0, 0, nullptr, 0, 0}},
      {"an unknown flag", {size, 1, 0, 1, here, 1, 0, 0, nullptr, 0, 6}},
      {"a billion ranks", {size, 0, 0, 1u << 30, nullptr, 1, 0, 0, nullptr, 0, 0}},
  };
  for (const Case& c : kCases) {
    record.check(std::string("a group with ") + c.what, [&] {
      Handle<sotto_group> group;
      Error error;
      const sotto_status s =
          subject.tested.make(&error, calls::group_create, &group, &B::group_destroy, subject.tested.self(), &c.options);
      expect(s != SOTTO_OK, "it was made");
    });
  }
}

void cache_options(const Subject& subject, Recorder& record) {
  const uint32_t size = sizeof(sotto_cache_options);
  struct Case {
    const char* what;
    sotto_cache_options options;
  };
  const Case kCases[] = {
      {"an unknown type", {size, 99, SOTTO_F32, 1, 64}},
      {"weights' types", {size, SOTTO_F32, SOTTO_Q4_K, 1, 64}},
      {"no tokens", {size, SOTTO_F32, SOTTO_F32, 1, 0}},
  };
  Net net(1, 5100, kSmallModel.vocabulary);
  build(net, kSmallModel, SOTTO_F32);
  for (const Case& c : kCases) {
    record.check(std::string("a cache with ") + c.what, [&] {
      Runner runner(subject.tested, net, subject.options());
      Handle<sotto_cache> cache;
      const sotto_status s = subject.tested.make(&runner.ready().error, calls::cache_create, &cache, &B::cache_destroy,
                                                 runner.program.get(), &c.options);
      expect(s != SOTTO_OK, "it was made");
    });
  }
}

void nothing_destroyed(const Subject& subject, Recorder& record) {
  record.check("destroying NULL", [&] {
    subject.tested.destroy<sotto_group>(&B::group_destroy, nullptr);
    subject.tested.destroy<sotto_weights>(&B::weights_destroy, nullptr);
    subject.tested.destroy<sotto_program>(&B::program_destroy, nullptr);
    subject.tested.destroy<sotto_cache>(&B::cache_destroy, nullptr);
    subject.tested.destroy<sotto_adapter>(&B::adapter_destroy, nullptr);
  });
}

}  // namespace

Sections refusal_sections() {
  return {{"refused plans",
           [](const Subject& subject, Recorder& record) {
             plans(subject, record);
             missing_weights(subject, record);
           }},
          {"refused uploads", uploads},
          {"refused groups, caches", [](const Subject& subject, Recorder& record) {
             groups(subject, record);
             cache_options(subject, record);
             nothing_destroyed(subject, record);
           }}};
}

}  // namespace sotto::conformance

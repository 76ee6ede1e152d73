#include "host/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace sotto {
namespace {

ChildEnd run(const std::string& script, uint32_t deadline_ms = 20000) {
  auto end = run_child("/bin/sh", {"-c", script}, deadline_ms);
  EXPECT_TRUE(end.ok()) << end.status().text();
  return end.ok() ? end.value() : ChildEnd();
}

TEST(ChildProcess, SaysWhatItSaidAndHowItEnded) {
  const ChildEnd good = run("echo one; echo two; echo lost >&2");
  EXPECT_EQ(good.exit_status, 0);
  EXPECT_EQ(good.output, "one\ntwo\n");
  EXPECT_FALSE(good.is_late);
  EXPECT_EQ(run("exit 7").exit_status, 7);
}

TEST(ChildProcess, ACrashIsASignal) {
  const ChildEnd end = run("kill -SEGV $$");
  EXPECT_EQ(end.signal, SIGSEGV);
  EXPECT_EQ(end.exit_status, -1);
}

TEST(ChildProcess, WhatHangsIsEndedWhetherItHoldsItsOutputOrNot) {
  for (const char* script : {"exec sleep 100", "exec >&-; exec sleep 100"}) {
    const ChildEnd end = run(script, 300);
    EXPECT_TRUE(end.is_late) << script;
    EXPECT_EQ(end.exit_status, -1) << script;
    EXPECT_LT(end.milliseconds, 10000u) << script;
  }
}

TEST(ChildProcess, WhatTalksWithoutAnEndIsCut) {
  const ChildEnd end = run("yes | head -c 1000000");
  EXPECT_EQ(end.exit_status, 0);
  EXPECT_EQ(end.output.size(), 4096u);
}

TEST(ChildProcess, AProgramThatIsNotThereIsAFailure) {
  const auto end = run_child("/nowhere/sotto-probe", {}, 1000);
  EXPECT_TRUE(!end.ok() || end->exit_status == 127) << "some systems say so only in the child";
}

}  // namespace
}  // namespace sotto

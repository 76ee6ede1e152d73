package dev.sotto;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A runtime of this build for all tests of a class. Classes run one after the other, so that the one field serves them in turn. */
abstract class WithRuntime {
  static Runtime runtime;

  @BeforeAll
  static void openRuntime() {
    runtime = Bench.runtime();
  }

  @AfterAll
  static void closeRuntime() {
    runtime.close();
  }
}

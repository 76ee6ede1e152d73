package dev.sotto;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** {@link Bench#small} for all tests of a class. */
abstract class WithSmallModel extends WithRuntime {
  /** Of tests/fixtures/gguf/expected.json, and what the model says to it without an adapter, grammar or mask. */
  static final int[] PROMPT = {202, 144, 14, 130, 195, 19, 67, 103, 140, 102, 9, 112, 58, 187, 27, 318};

  static final int[] GREEDY = {120, 250, 247, 206, 247, 168, 208, 253, 240, 287, 168, 55, 169, 101, 31, 168};

  static Model model;

  @BeforeAll
  static void openModel() {
    model = Bench.small(runtime);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }
}

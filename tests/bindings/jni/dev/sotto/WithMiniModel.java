package dev.sotto;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** {@link Bench#mini} for all tests of a class. */
abstract class WithMiniModel extends WithRuntime {
  static Model model;

  @BeforeAll
  static void openModel() {
    model = Bench.mini(runtime);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }
}

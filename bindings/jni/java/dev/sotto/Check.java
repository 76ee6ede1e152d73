package dev.sotto;

import androidx.annotation.NonNull;

/** Ranges of options, refused where they are written. */
final class Check {
  private Check() {}

  static int notNegative(@NonNull String name, int value) {
    notNegative(name, (long) value);
    return value;
  }

  static long notNegative(@NonNull String name, long value) {
    if (value < 0) throw new SottoException.InvalidArgument(name + " is " + value + ", expected 0 or more");
    return value;
  }

  @NonNull
  static <T> T given(@NonNull String name, T value) {
    if (value == null) throw new SottoException.InvalidArgument(name + " is null");
    return value;
  }
}

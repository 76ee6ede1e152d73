package dev.sotto;

import androidx.annotation.NonNull;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Collects the library's values; their places, bytes of UTF-8 there, are chars of the text here. */
final class ValueRelay {
  private static final int BEGIN = 1;
  private static final int END = 2;

  /** As it came. */
  private static final class Found {
    final long[] numbers;
    final double number;
    final double numberTo;
    final byte[] text;
    final byte[] normal;

    Found(long[] numbers, double number, double numberTo, byte[] text, byte[] normal) {
      this.numbers = numbers;
      this.number = number;
      this.numberTo = numberTo;
      this.text = text;
      this.normal = normal;
    }
  }

  private final List<Found> found = new ArrayList<>();

  /** Called by the library, in order of the places. */
  void value(long[] numbers, double number, double numberTo, byte[] text, byte[] normal) {
    found.add(new Found(numbers, number, numberTo, text, normal));
  }

  @NonNull
  List<Value> in(@NonNull String text) {
    final List<Value> values = new ArrayList<>(found.size());
    long bytes = 0;
    int at = 0; // the char at `bytes`: readings of one place follow each other
    for (Found f : found) {
      at = Utf8.charAt(text, at, f.numbers[BEGIN] - bytes);
      bytes = f.numbers[BEGIN];
      final int end = Utf8.charAt(text, at, f.numbers[END] - bytes);
      values.add(new Value(f.numbers, f.number, f.numberTo, f.text, f.normal, at, end));
    }
    return Collections.unmodifiableList(values);
  }
}

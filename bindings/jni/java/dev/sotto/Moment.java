package dev.sotto;

import java.util.Locale;

/** An instant, with its calendar fields at the offset from UTC that the options gave. Immutable. */
public final class Moment {
  static final int NUMBERS = 8;

  private final long[] numbers;
  private final int at;

  /** @param numbers of which eight from `at` on are of this: seconds, year, month, day, hour, minute, second, weekday */
  Moment(long[] numbers, int at) {
    this.numbers = numbers;
    this.at = at;
  }

  public long getUnixSeconds() {
    return numbers[at];
  }

  public int getYear() {
    return (int) numbers[at + 1];
  }

  /** From 1. */
  public int getMonth() {
    return (int) numbers[at + 2];
  }

  /** From 1. */
  public int getDay() {
    return (int) numbers[at + 3];
  }

  public int getHour() {
    return (int) numbers[at + 4];
  }

  public int getMinute() {
    return (int) numbers[at + 5];
  }

  public int getSecond() {
    return (int) numbers[at + 6];
  }

  /** 1 Monday to 7 Sunday. */
  public int getWeekday() {
    return (int) numbers[at + 7];
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%04d-%02d-%02dT%02d:%02d:%02d", getYear(), getMonth(), getDay(), getHour(), getMinute(), getSecond());
  }
}

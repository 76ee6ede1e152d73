package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** One reading of what was said at one place of a text. Immutable. */
public final class Value {
  private static final int AMBIGUOUS = 1;
  private static final int APPROXIMATE = 2;
  private static final int RELATIVE = 4;
  private static final int RANGE = 8;
  private static final int FROM = 9;
  private static final int TO = FROM + Moment.NUMBERS;
  private static final int REPEAT = TO + Moment.NUMBERS;

  // kind, begin, end (bytes), group, flags, unit, direction, color, precision, from, to, repeat unit, interval, weekdays
  private final long[] numbers;
  private final double number;
  private final double numberTo;
  private final String text;
  private final String normal;
  private final int begin;
  private final int end;

  Value(long[] numbers, double number, double numberTo, byte[] text, byte[] normal, int begin, int end) {
    this.numbers = numbers;
    this.number = number;
    this.numberTo = numberTo;
    this.text = Utf8.decode(text);
    this.normal = Utf8.decode(normal);
    this.begin = begin;
    this.end = end;
  }

  @NonNull
  public ValueKind getKind() {
    return ValueKind.of(numbers[0]);
  }

  /** The first char of the text that belongs to it. */
  public int getBegin() {
    return begin;
  }

  /** Behind its last char. */
  public int getEnd() {
    return end;
  }

  /** Readings of the same place share it; counted from 0. */
  public int getGroup() {
    return (int) numbers[3];
  }

  /** Other values of the same group are as possible. */
  public boolean isAmbiguous() {
    return (numbers[4] & AMBIGUOUS) != 0;
  }

  /** "about", "a couple of", the end of the month. */
  public boolean isApproximate() {
    return (numbers[4] & APPROXIMATE) != 0;
  }

  /** A change ({@link #getDirection}), or a time told as a distance from now. */
  public boolean isRelative() {
    return (numbers[4] & RELATIVE) != 0;
  }

  /** Both ends were said. */
  public boolean isRange() {
    return (numbers[4] & RANGE) != 0;
  }

  public double getNumber() {
    return number;
  }

  /** The upper end of "two or three"; otherwise as {@link #getNumber}. */
  public double getNumberTo() {
    return numberTo;
  }

  @NonNull
  public ValueUnit getUnit() {
    return ValueUnit.ALL[(int) numbers[5]];
  }

  /** Of a change: 1 up, -1 down, 0 not said. */
  public int getDirection() {
    return (int) numbers[6];
  }

  /** 0xRRGGBB. */
  public int getColor() {
    return (int) numbers[7];
  }

  /** Of a {@link ValueKind#TIME}; NONE for others. */
  @NonNull
  public ValueUnit getPrecision() {
    return ValueUnit.ALL[(int) numbers[8]];
  }

  /** Of a {@link ValueKind#TIME}: where it begins, with a repeat its first occurrence, not before now; null for others. */
  @Nullable
  public Moment getFrom() {
    return getKind() == ValueKind.TIME ? new Moment(numbers, FROM) : null;
  }

  /** Of a {@link ValueKind#TIME}: where it ends, exclusive; as {@link #getFrom} for a point. Null for others. */
  @Nullable
  public Moment getTo() {
    return getKind() == ValueKind.TIME ? new Moment(numbers, TO) : null;
  }

  /** MINUTE to YEAR; NONE: once. */
  @NonNull
  public ValueUnit getRepeatUnit() {
    return ValueUnit.ALL[(int) numbers[REPEAT]];
  }

  /** Every so many units. */
  public int getRepeatInterval() {
    return (int) numbers[REPEAT + 1];
  }

  /** Bit 0 Monday to bit 6 Sunday; 0: any. */
  public int getRepeatWeekdays() {
    return (int) numbers[REPEAT + 2];
  }

  /** Of an {@link ValueKind#AMOUNT}; null for others. */
  @Nullable
  public ValueAmount getAmount() {
    return getKind() == ValueKind.AMOUNT ? ValueAmount.ALL[(int) number - 1] : null;
  }

  /** Of a {@link ValueKind#LEVEL} by name; null for others. */
  @Nullable
  public ValueLevel getLevel() {
    return getKind() == ValueKind.LEVEL && getUnit() != ValueUnit.STEP ? ValueLevel.ALL[(int) number] : null;
  }

  /** The digits of a {@link ValueKind#PHONE}. */
  @NonNull
  public String getText() {
    return text;
  }

  /** The normal form, "datetime 2026-11-29T07:15": docs/models.md (Values). */
  @Override
  @NonNull
  public String toString() {
    return normal;
  }
}

package dev.sotto;

/** What kind of value was said, in the order of sotto/values.h. */
public enum ValueKind {
  NUMBER,
  /** {@link Value#getNumber}: 1 the first, -1 the last. */
  ORDINAL,
  PERCENT,
  /** Of the unit DEGREE when the scale was not said. */
  TEMPERATURE,
  /** Colour temperature of a lamp in kelvin. */
  LIGHT,
  /** In seconds, or months where the length is not fixed. */
  DURATION,
  /** A point or stretch of time, perhaps repeated. */
  TIME,
  /** Without a number: {@link Value#getAmount}. */
  AMOUNT,
  COLOR,
  /** {@link Value#getLevel}, or with the unit STEP the step that was said. */
  LEVEL,
  /** {@link Value#getText}: digits, perhaps a + before them. */
  PHONE;

  private static final ValueKind[] ALL = values();

  static ValueKind of(long code) {
    return ALL[(int) code - 1];
  }

  int code() {
    return ordinal() + 1;
  }
}

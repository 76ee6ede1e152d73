package dev.sotto;

/** What a value is counted in, or how precise a time is; in the order of sotto/values.h. */
public enum ValueUnit {
  NONE,
  SECOND,
  MINUTE,
  HOUR,
  DAY,
  WEEK,
  MONTH,
  YEAR,
  /** Of a day: morning, evening; a precision only. */
  PART,
  DEGREE,
  CELSIUS,
  FAHRENHEIT,
  KELVIN,
  STEP;

  static final ValueUnit[] ALL = values();
}

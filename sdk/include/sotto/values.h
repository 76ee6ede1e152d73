/* values.h - typed values in what a user says, Chinese or English: numbers, times, durations, temperatures, colours, ...
 *
 * A text is read from left to right. At each place the reading that takes the most bytes wins, and the next one starts behind
 * it, so that spans never overlap; docs/models.md (Values) has the rules and conventions. What can be meant in several ways
 * comes back in several readings, never guessed: "seven o'clock" is two values with one `group`, 07:00 and 19:00, each at its
 * next occurrence. Text is any bytes; what is no UTF-8 is passed over. Time and memory: linear in the text, nothing is
 * allocated for a value. Calendar arithmetic after Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2014). */
#ifndef SOTTO_VALUES_H
#define SOTTO_VALUES_H

#include "sotto/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOTTO_VALUE_NUMBER 1u
#define SOTTO_VALUE_ORDINAL 2u /* number: 1 the first, -1 the last */
#define SOTTO_VALUE_PERCENT 3u
#define SOTTO_VALUE_TEMPERATURE 4u /* unit: degree when the scale was not said */
#define SOTTO_VALUE_LIGHT 5u       /* colour temperature of a lamp in kelvin */
#define SOTTO_VALUE_DURATION 6u    /* unit: seconds, or months where the length is not fixed */
#define SOTTO_VALUE_TIME 7u        /* a point or stretch of time, perhaps repeated */
#define SOTTO_VALUE_AMOUNT 8u      /* without a number: SOTTO_AMOUNT_* in number */
#define SOTTO_VALUE_COLOR 9u
#define SOTTO_VALUE_LEVEL 10u /* number: SOTTO_LEVEL_*, or with unit SOTTO_UNIT_STEP the step that was said */
#define SOTTO_VALUE_PHONE 11u /* text: digits, perhaps a + before them */

#define SOTTO_VALUE_AMBIGUOUS 1u   /* other values of the same group are as possible */
#define SOTTO_VALUE_APPROXIMATE 2u /* "about", "a couple of", the end of the month */
#define SOTTO_VALUE_RELATIVE 4u    /* a change (direction), or a time told as a distance from now */
#define SOTTO_VALUE_RANGE 8u       /* both ends were said: number to number_to, from to `to` */

#define SOTTO_UNIT_NONE 0u
#define SOTTO_UNIT_SECOND 1u
#define SOTTO_UNIT_MINUTE 2u
#define SOTTO_UNIT_HOUR 3u
#define SOTTO_UNIT_DAY 4u
#define SOTTO_UNIT_WEEK 5u
#define SOTTO_UNIT_MONTH 6u
#define SOTTO_UNIT_YEAR 7u
#define SOTTO_UNIT_PART 8u /* of a day: morning, evening; a precision only */
#define SOTTO_UNIT_DEGREE 9u
#define SOTTO_UNIT_CELSIUS 10u
#define SOTTO_UNIT_FAHRENHEIT 11u
#define SOTTO_UNIT_KELVIN 12u
#define SOTTO_UNIT_STEP 13u

#define SOTTO_AMOUNT_BIT 1u
#define SOTTO_AMOUNT_SOME 2u
#define SOTTO_AMOUNT_LOT 3u

#define SOTTO_LEVEL_OFF 0u /* mute */
#define SOTTO_LEVEL_MIN 1u
#define SOTTO_LEVEL_LOW 2u
#define SOTTO_LEVEL_MEDIUM 3u
#define SOTTO_LEVEL_HIGH 4u
#define SOTTO_LEVEL_MAX 5u

/* An instant, with its calendar fields at the caller's offset from UTC. */
typedef struct sotto_moment {
  int64_t unix_seconds;
  int32_t year;
  uint8_t month, day; /* from 1 */
  uint8_t hour, minute, second;
  uint8_t weekday; /* 1 Monday to 7 Sunday */
  uint8_t reserved[6];
} sotto_moment;

typedef struct sotto_value {
  uint32_t struct_size;
  uint32_t kind;       /* SOTTO_VALUE_* */
  uint64_t begin, end; /* bytes of the text: [begin, end) */
  uint32_t group;      /* readings of the same span share it; counted from 0 */
  uint32_t flags;
  double number;
  double number_to;         /* the upper end of "two or three"; otherwise as number */
  uint32_t unit;            /* SOTTO_UNIT_* */
  int32_t direction;        /* of a change: 1 up, -1 down, 0 not said */
  uint32_t color;           /* 0xRRGGBB */
  uint32_t precision;       /* of a time: SOTTO_UNIT_SECOND, MINUTE, PART, DAY, WEEK, MONTH, YEAR */
  sotto_moment from;        /* of a time; with a repeat its first occurrence, not before now */
  sotto_moment to;          /* where it ends, exclusive: as `from` for a point, a day later for a date */
  uint32_t repeat_unit;     /* SOTTO_UNIT_MINUTE to YEAR; 0: once */
  uint32_t repeat_interval; /* every so many units */
  uint32_t repeat_weekdays; /* bit 0 Monday to bit 6 Sunday; 0: any */
  uint32_t reserved;
  char text[32]; /* terminated */
} sotto_value;

#define SOTTO_VALUES_ANY 0u
#define SOTTO_VALUES_ZH 1u
#define SOTTO_VALUES_EN 2u

typedef struct sotto_values_options {
  uint32_t struct_size;
  uint32_t language;          /* SOTTO_VALUES_*: whose words are looked for; digits and signs always are */
  int64_t now_unix_ms;        /* the clock; 0: no clock, and no values of the kind TIME */
  int32_t utc_offset_minutes; /* of all calendar fields, -1080 to 1080; a change to summer time is not known */
  /* The kind that was asked for ("When?"): a bare number is read as it (time, percent, temperature, ordinal, level, phone), and
   * where one reading of a span is of it, the others are dropped. 0: nothing was asked. */
  uint32_t expect;
  uint32_t kinds; /* bits 1 << SOTTO_VALUE_*: what to return; 0: all */
  uint32_t reserved;
} sotto_values_options;

/* Fills values[0..min(capacity, *count)), ordered by place, readings of a group side by side in order of time or likelihood.
 * *count receives how many there are; with too small a capacity only whole groups from the front are written, the rest of the
 * array is untouched. `stride` is the caller's sizeof(sotto_value); every value receives its struct_size. [any thread] */
SOTTO_API sotto_status sotto_values_parse(sotto_str text, const sotto_values_options *options, sotto_value *values,
                                          uint32_t stride, uint64_t capacity, uint64_t *count, sotto_error *err);

/* The normal form of one value as a line of text, "datetime 2026-11-29T07:15": for logs and tests; docs/models.md (Values).
 * Two-call idiom: *size receives the bytes, not terminated, which are written only if they fit. [any thread] */
SOTTO_API sotto_status sotto_value_print(const sotto_value *value, char *buffer, uint64_t capacity, uint64_t *size,
                                         sotto_error *err);

/* One line of a recogniser's n-best list. */
typedef struct sotto_hypothesis {
  uint32_t struct_size;
  float score; /* natural logarithm of its likelihood, up to a constant shared by the list; finite */
  sotto_str text;
} sotto_hypothesis;

typedef struct sotto_agreement {
  uint32_t struct_size;
  uint32_t hypothesis; /* the likeliest one with the values that won: spans are in its text */
  float share;         /* of the list's likelihood that has the same values in the same order, 0 to 1 */
  uint32_t reserved;
} sotto_agreement;

#define SOTTO_HYPOTHESES_MAX 64u

/* Reads every hypothesis and returns the values on which the most likelihood agrees (normal forms equal, spans may differ);
 * of two with equal shares the earlier one. Hypotheses lie `hypothesis_stride` bytes apart, 1 to SOTTO_HYPOTHESES_MAX of them.
 * The rest as sotto_values_parse. [any thread] */
SOTTO_API sotto_status sotto_values_agree(const sotto_hypothesis *hypotheses, uint32_t hypothesis_stride,
                                          uint32_t hypothesis_count, const sotto_values_options *options,
                                          sotto_agreement *agreement, sotto_value *values, uint32_t stride, uint64_t capacity,
                                          uint64_t *count, sotto_error *err);

/* The table of the host service "sotto.values/1": the same functions for skill plugins. */
#define SOTTO_VALUES_SERVICE_ID "sotto.values/1"
typedef struct sotto_values_service {
  uint32_t struct_size;
  uint32_t reserved;
  sotto_status (*parse)(sotto_str, const sotto_values_options *, sotto_value *, uint32_t, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*print)(const sotto_value *, char *, uint64_t, uint64_t *, sotto_error *);
  sotto_status (*agree)(const sotto_hypothesis *, uint32_t, uint32_t, const sotto_values_options *, sotto_agreement *,
                        sotto_value *, uint32_t, uint64_t, uint64_t *, sotto_error *);
} sotto_values_service;

#ifdef __cplusplus
}
#endif

#endif

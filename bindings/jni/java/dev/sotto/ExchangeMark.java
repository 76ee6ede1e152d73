package dev.sotto;

/** What an exchange is to the one before it, by the bits of sotto/journal.h. */
public enum ExchangeMark {
  NONE(0),
  /** The user had to say the last exchange's wish again. */
  REPHRASE(1),
  /** The user corrected what the last exchange's answer or action was. */
  CORRECTION(2);

  final int bits;

  ExchangeMark(int bits) {
    this.bits = bits;
  }
}

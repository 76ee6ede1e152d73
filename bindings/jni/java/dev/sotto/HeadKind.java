package dev.sotto;

/** What a head answers for, in the order of sotto/hidden.h. */
public enum HeadKind {
  /** A text: its outputs behind the last token are the answer. */
  SEQUENCE,
  /** Each token. */
  TOKEN,
  /** Each token: a number for each label that its span begins, then one for each that it ends. */
  SPAN;

  private static final HeadKind[] ALL = values();

  static HeadKind of(int code) {
    return ALL[code - 1]; // the library refuses files with other kinds
  }
}

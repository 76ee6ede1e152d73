package dev.sotto;

/** What must not pass unheeded, in the order of sotto/care.h, which is that of rank. */
public enum CareCategory {
  SELF_HARM,
  /** Towards others: threats, how to. */
  VIOLENCE,
  ADULT,
  /** Of a user: asks whether it is a machine; of a model: says that it is none. */
  MACHINE,
  PERSONAL;

  static final CareCategory[] ALL = values();
}

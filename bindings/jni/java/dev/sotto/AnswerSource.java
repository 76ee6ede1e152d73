package dev.sotto;

/** Where an assistant's answer comes from, in the order of sotto/assistant.h. */
public enum AnswerSource {
  NONE,
  /** A template of the domain or of a function, filled. */
  TEMPLATE,
  /** A reviewed line; a passage of the manual, quoted. */
  RETRIEVED,
  /** Free text of the model. */
  GENERATED;

  static final AnswerSource[] ALL = values();
}

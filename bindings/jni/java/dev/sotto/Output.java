package dev.sotto;

/** What the model can give for a position, in the order of the bits of sotto/session.h. */
public enum Output {
  /** One number for each token of the vocabulary, before the softmax. */
  LOGITS(1),
  /** The hidden state after the last norm. */
  HIDDEN(2);

  final int mask;

  Output(int mask) {
    this.mask = mask;
  }
}

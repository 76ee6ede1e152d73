package dev.sotto;

/** Hears every generated token, also one whose text is still held back. */
public interface TokenListener {
  /** `logprob` is 0 unless the options ask for log-probabilities. Return false to end the answer. */
  boolean onToken(int token, float logprob);
}

package dev.sotto;

/** Hears how far a model is loaded, on the thread that opens it. */
public interface ProgressListener {
  /** From 0 to 1. Return false to cancel the load, which then throws {@link SottoException.Cancelled}. */
  boolean onProgress(float fraction);
}

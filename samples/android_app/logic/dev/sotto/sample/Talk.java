package dev.sotto.sample;

import dev.sotto.TextListener;

/** Who answers: an assistant, or a model that writes. One thread at a time but for stop and close. */
public interface Talk extends AutoCloseable {
  Answer answer(String words, TextListener pieces);

  /** Ends the answer in progress. Any thread. */
  void stop();

  @Override
  void close();
}

package dev.sotto;

import androidx.annotation.NonNull;
import java.util.Collections;
import java.util.List;

/** What a turn of an assistant came to. Immutable. */
public final class AssistantTurn {
  private static final int ASKS = 1;
  private static final int CONFIRMS = 2;
  private static final int UNCLEAR = 4;
  private static final int NO_SCOPE = 8;
  private static final int FAILURE = 16;
  private static final int TOOK_BACK = 32;

  private final String answer;
  private final String intent;
  private final float confidence;
  private final int[] numbers; // language, source, flags, hypothesis, calls, failed calls, tokens
  private final List<Throwable> thrown;

  AssistantTurn(byte[][] texts, int[] numbers, float confidence, List<Throwable> thrown) {
    answer = Utf8.decode(texts[0]);
    intent = Utf8.decode(texts[1]);
    this.numbers = numbers;
    this.confidence = confidence;
    this.thrown = Collections.unmodifiableList(thrown);
  }

  @NonNull
  public String getAnswer() {
    return answer;
  }

  /** The first one's: a function, "dialog.undo", "chat.talk", "manual", "none". */
  @NonNull
  public String getIntent() {
    return intent;
  }

  /** Of the first intent, 0 to 1; 1 where a rule of the dialogue decided. */
  public float getConfidence() {
    return confidence;
  }

  /** Of the answer. */
  @NonNull
  public Language getLanguage() {
    final Language known = Skills.constant(Language.ALL, numbers[0]);
    return known == null ? Language.UNKNOWN : known;
  }

  @NonNull
  public AnswerSource getSource() {
    final AnswerSource known = Skills.constant(AnswerSource.ALL, numbers[1]);
    return known == null ? AnswerSource.NONE : known;
  }

  /** The answer is a question; the next turn may answer it. */
  public boolean isAsking() {
    return (numbers[2] & ASKS) != 0;
  }

  /** It asks whether to go on. */
  public boolean isConfirming() {
    return (numbers[2] & CONFIRMS) != 0;
  }

  /** Nothing was understood. */
  public boolean isUnclear() {
    return (numbers[2] & UNCLEAR) != 0;
  }

  /** Understood to be nothing that the device can do. */
  public boolean isOutOfScope() {
    return (numbers[2] & NO_SCOPE) != 0;
  }

  /** A function failed, and the answer says so. */
  public boolean isFailure() {
    return (numbers[2] & FAILURE) != 0;
  }

  /** Something was undone. */
  public boolean isTakingBack() {
    return (numbers[2] & TOOK_BACK) != 0;
  }

  /** Which of the hypotheses was taken. */
  public int getHypothesis() {
    return numbers[3];
  }

  /** Functions called. */
  public int getCalls() {
    return numbers[4];
  }

  public int getFailedCalls() {
    return numbers[5];
  }

  /** Tokens that went through the model. */
  public int getTokens() {
    return numbers[6];
  }

  /** What functions threw since the turn before. */
  @NonNull
  public List<Throwable> getThrown() {
    return thrown;
  }

  @Override
  public String toString() {
    return intent + ": " + answer;
  }
}

package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** How an assistant is set up. Immutable; the default is the model's own domain. */
public final class AssistantOptions {
  public static final AssistantOptions DEFAULT = builder().build();

  private static final int WRITE_CALLS = 1;
  private static final int FREE_TEXT = 2;

  @Nullable final Object domain;
  @Nullable final byte[] area;
  private final int[] numbers; // language, offset from UTC, max calls, call deadline, deadline, flags
  private final float[] thresholds; // intent, function, margin, free text

  private AssistantOptions(Builder b) {
    domain = b.domain;
    area = b.area;
    numbers = new int[] {b.language, b.utcOffsetMinutes, b.maxCalls, b.callDeadlineMillis, b.deadlineMillis, b.flags};
    thresholds = new float[] {b.intentThreshold, b.functionThreshold, b.functionMargin, b.freeConfidence};
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  int[] numbers() {
    return numbers;
  }

  float[] thresholds() {
    return thresholds;
  }

  public static final class Builder {
    @Nullable private Object domain;
    @Nullable private byte[] area;
    private int language;
    private int utcOffsetMinutes;
    private int maxCalls;
    private int callDeadlineMillis;
    private int deadlineMillis;
    private int flags;
    private float intentThreshold;
    private float functionThreshold;
    private float functionMargin;
    private float freeConfidence;

    private Builder() {}

    /** JSON (docs/assistant.md); null: the model's own. */
    @NonNull
    public Builder domain(@Nullable String json) {
      domain = Utf8.encode("the domain", json);
      return this;
    }

    /** Id of the area where the device stands: "the light" is the light there. */
    @NonNull
    public Builder area(@Nullable String id) {
      area = Utf8.bytes("the area", id);
      return this;
    }

    /** Where a turn does not show it ("OK"); without it Chinese. */
    @NonNull
    public Builder language(@NonNull Language value) {
      language = Check.given("the language", value).ordinal();
      return this;
    }

    /** Of the user's clock, minutes from UTC. */
    @NonNull
    public Builder utcOffsetMinutes(int minutes) {
      utcOffsetMinutes = minutes;
      return this;
    }

    /** Of functions in one turn; 0: 16. */
    @NonNull
    public Builder maxCalls(int count) {
      maxCalls = Check.notNegative("maxCalls", count);
      return this;
    }

    /** For one function; 0: 5000. */
    @NonNull
    public Builder callDeadlineMillis(int milliseconds) {
      callDeadlineMillis = Check.notNegative("callDeadlineMillis", milliseconds);
      return this;
    }

    /** For reading one text with the model, and for writing one call; 0: none. */
    @NonNull
    public Builder deadlineMillis(int milliseconds) {
      deadlineMillis = Check.notNegative("deadlineMillis", milliseconds);
      return this;
    }

    /** On the intent's probability; 0: the head's own, and 0.5 where it has none. */
    @NonNull
    public Builder intentThreshold(float value) {
      intentThreshold = value;
      return this;
    }

    /** On the likeness to a function's examples, to 1; 0: 0.5. */
    @NonNull
    public Builder functionThreshold(float value) {
      functionThreshold = value;
      return this;
    }

    /** By how much it must beat the next function; 0: 0.05. */
    @NonNull
    public Builder functionMargin(float value) {
      functionMargin = value;
      return this;
    }

    /** The model writes, under a grammar, the calls that were not understood otherwise. */
    @NonNull
    public Builder writeCalls() {
      flags |= WRITE_CALLS;
      return this;
    }

    /** The model answers what no reviewed line and no passage does, from a probability of its words on; 0: 0.5. */
    @NonNull
    public Builder freeText(float confidence) {
      flags |= FREE_TEXT;
      freeConfidence = confidence;
      return this;
    }

    @NonNull
    public AssistantOptions build() {
      return new AssistantOptions(this);
    }
  }
}

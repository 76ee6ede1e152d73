package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** What is heeded, and from which severity on a fixed text is the answer. Immutable. */
public final class CareOptions {
  public static final CareOptions DEFAULT = builder().build();

  @Nullable final Model model;
  @Nullable final Object rules;
  final float headConfidence;
  private final int[] numbers; // hold bytes, then the severity of each category

  private CareOptions(Builder b) {
    model = b.model;
    rules = b.rules;
    headConfidence = b.headConfidence;
    numbers = b.numbers.clone();
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  int[] numbers() {
    return numbers;
  }

  public static final class Builder {
    private final int[] numbers = new int[1 + CareCategory.ALL.length];
    @Nullable private Model model;
    @Nullable private Object rules;
    private float headConfidence;

    private Builder() {}

    /** The severity from which the category's text is the answer. Without it: SELF_HARM and MACHINE from MENTION, VIOLENCE and ADULT from CONCERN, PERSONAL never. */
    @NonNull
    public Builder answerFrom(@NonNull CareCategory category, @NonNull CareSeverity severity) {
      numbers[1 + Check.given("the category", category).ordinal()] = Check.given("the severity", severity).ordinal();
      return this;
    }

    /** Whose head "care" is asked too; null, or without that head: rules alone. */
    @NonNull
    public Builder model(@Nullable Model withHead) {
      model = withHead;
      return this;
    }

    /** Probability from which a head's label counts; 0: the head's thresholds, without them 0.5. */
    @NonNull
    public Builder headConfidence(float value) {
      headConfidence = value;
      return this;
    }

    /** That a stream holds back at most, 64 to 65536; 0: 512. */
    @NonNull
    public Builder holdBytes(int bytes) {
      numbers[0] = Check.notNegative("holdBytes", bytes);
      return this;
    }

    /** Further rules of the maker: docs/care.md; at most 1 MiB. */
    @NonNull
    public Builder rules(@Nullable String text) {
      rules = Utf8.encode("the rules", text);
      return this;
    }

    @NonNull
    public CareOptions build() {
      return new CareOptions(this);
    }
  }
}

package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** How a conversation is held. Immutable; the default is what the model's template says. */
public final class ConversationOptions {
  public static final ConversationOptions DEFAULT = builder().build();

  private final Object[] texts;
  final int answerTokens;
  final int contextTokens;

  private ConversationOptions(Builder b) {
    texts = new Object[] {
      Utf8.encode("the system prompt", b.systemPrompt), Utf8.encode("the template", b.template), Utf8.encode("variables", b.variables)
    };
    answerTokens = b.answerTokens;
    contextTokens = b.contextTokens;
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  Object[] texts() {
    return texts;
  }

  public static final class Builder {
    @Nullable private String systemPrompt;
    @Nullable private String template;
    @Nullable private String variables;
    private int answerTokens;
    private int contextTokens;

    private Builder() {}

    @NonNull
    public Builder systemPrompt(@Nullable String text) {
      systemPrompt = text;
      return this;
    }

    /** Jinja; null: the model's own. */
    @NonNull
    public Builder template(@Nullable String source) {
      template = source;
      return this;
    }

    /** JSON object for the template. */
    @NonNull
    public Builder variables(@Nullable String json) {
      variables = json;
      return this;
    }

    /** Room kept free for an answer; 0: a quarter of the context, at most 256. */
    @NonNull
    public Builder answerTokens(int count) {
      answerTokens = Check.notNegative("answerTokens", count);
      return this;
    }

    /** 0: the model's. */
    @NonNull
    public Builder contextTokens(int count) {
      contextTokens = Check.notNegative("contextTokens", count);
      return this;
    }

    @NonNull
    public ConversationOptions build() {
      return new ConversationOptions(this);
    }
  }
}

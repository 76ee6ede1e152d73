package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** How an answer is made. Immutable; the default is greedy and ends with the model's text or the context. */
public final class GenerateOptions {
  public static final GenerateOptions DEFAULT = builder().build();

  private static final int SPECIAL = 1;
  private static final int NO_BOS = 2;
  private static final int IGNORE_END = 4;
  private static final int LOGPROBS = 8;
  private static final int NO_SPECULATION = 16;
  private static final int MATCHER = 6; // its place among the numbers

  private final Object[] packed;
  @Nullable private final Grammar grammar;
  @Nullable private final GrammarMatcher matcher;

  private GenerateOptions(Builder b) {
    final int[] tokens = new int[b.biasTokens.size()];
    final float[] biases = new float[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = b.biasTokens.get(i);
      biases[i] = b.biases.get(i);
    }
    packed = new Object[] {
      new long[] {b.flags, b.maxTokens, b.deadlineMillis, b.topK, b.penaltyTokens, b.seed, 0},
      new float[] {b.temperature, b.topP, b.minP, b.repeatPenalty, b.presencePenalty, b.frequencyPenalty},
      b.stops.toArray(new byte[0][]),
      tokens,
      biases,
      b.mask == null ? null : new MaskRelay(b.mask)
    };
    grammar = b.grammar;
    matcher = b.matcher;
  }

  @NonNull
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Hands the call what the library takes: long[] {flags, max tokens, deadline ms, top k, penalty tokens, seed, matcher}, float[]
   * {temperature, top p, min p, repeat, presence, frequency penalty}, byte[][] stops, int[] tokens with a bias, float[] biases, the
   * mask's relay. The matcher is held during the call; of a grammar it is made for it.
   */
  <R> R during(@NonNull Function<Object[], R> call) {
    if (grammar != null) {
      try (GrammarMatcher own = grammar.newMatcher()) {
        return own.inside(address -> call.apply(packed(address)));
      }
    }
    return matcher == null ? call.apply(packed) : matcher.inside(address -> call.apply(packed(address)));
  }

  private Object[] packed(long matcherAddress) {
    final Object[] own = packed.clone();
    final long[] numbers = ((long[]) own[0]).clone();
    numbers[MATCHER] = matcherAddress;
    own[0] = numbers;
    return own;
  }

  public static final class Builder {
    private final List<byte[]> stops = new ArrayList<>();
    private final List<Integer> biasTokens = new ArrayList<>();
    private final List<Float> biases = new ArrayList<>();
    private int flags;
    private int maxTokens;
    private int deadlineMillis;
    private int topK;
    private int penaltyTokens;
    private long seed;
    private float temperature;
    private float topP;
    private float minP;
    private float repeatPenalty;
    private float presencePenalty;
    private float frequencyPenalty;
    @Nullable private LogitMask mask;
    @Nullable private Grammar grammar;
    @Nullable private GrammarMatcher matcher;

    private Builder() {}

    /** Markers such as {@code <|im_end|>} in the prompt become control tokens. Never for text from users. */
    @NonNull
    public Builder specialTokens() {
      flags |= SPECIAL;
      return this;
    }

    /** No beginning-of-text token, also where the model wants one. */
    @NonNull
    public Builder withoutBos() {
      flags |= NO_BOS;
      return this;
    }

    /** Goes on past the end of the text: for measuring. */
    @NonNull
    public Builder ignoreEnd() {
      flags |= IGNORE_END;
      return this;
    }

    /** Computes log-probabilities for a TokenListener. */
    @NonNull
    public Builder logprobs() {
      flags |= LOGPROBS;
      return this;
    }

    /** One token a step, also where the text repeats what was said. The text is the same with and without. */
    @NonNull
    public Builder withoutSpeculation() {
      flags |= NO_SPECULATION;
      return this;
    }

    /** 0: until the end or the context is full. */
    @NonNull
    public Builder maxTokens(int count) {
      maxTokens = Check.notNegative("maxTokens", count);
      return this;
    }

    /** From the start of the call, the prompt included; 0: none. */
    @NonNull
    public Builder deadlineMillis(int milliseconds) {
      deadlineMillis = Check.notNegative("deadlineMillis", milliseconds);
      return this;
    }

    /** 0: always the most probable token. */
    @NonNull
    public Builder temperature(float value) {
      temperature = value;
      return this;
    }

    /** 0: off. */
    @NonNull
    public Builder topK(int count) {
      topK = Check.notNegative("topK", count);
      return this;
    }

    /** 0 or 1: off. */
    @NonNull
    public Builder topP(float value) {
      topP = value;
      return this;
    }

    /** 0: off. */
    @NonNull
    public Builder minP(float value) {
      minP = value;
      return this;
    }

    /** 0 or 1: off. */
    @NonNull
    public Builder repeatPenalty(float value) {
      repeatPenalty = value;
      return this;
    }

    @NonNull
    public Builder presencePenalty(float value) {
      presencePenalty = value;
      return this;
    }

    @NonNull
    public Builder frequencyPenalty(float value) {
      frequencyPenalty = value;
      return this;
    }

    /** How many of the last tokens the penalties look at; 0: 64. */
    @NonNull
    public Builder penaltyTokens(int count) {
      penaltyTokens = Check.notNegative("penaltyTokens", count);
      return this;
    }

    /** The same seed gives the same text on every run. */
    @NonNull
    public Builder seed(long value) {
      seed = value;
      return this;
    }

    /** Text that ends the answer; may be called several times. */
    @NonNull
    public Builder stop(@NonNull String text) {
      stops.add(Utf8.bytes("a stop string", Check.given("a stop string", text)));
      return this;
    }

    /** Added to the token's logit; negative infinity forbids it. */
    @NonNull
    public Builder bias(int token, float bias) {
      biasTokens.add(token);
      biases.add(bias);
      return this;
    }

    /** Sees the logits before each token, behind biases and grammar. */
    @NonNull
    public Builder mask(@NonNull LogitMask function) {
      mask = Check.given("the mask", function);
      return this;
    }

    /** Each answer is a text of the grammar, from its beginning. It must stay open while the options are used. In place of a matcher. */
    @NonNull
    public Builder grammar(@NonNull Grammar compiled) {
      grammar = Check.given("the grammar", compiled);
      matcher = null;
      return this;
    }

    /** The answer goes on from where the matcher stands, which moves along. In place of a grammar. */
    @NonNull
    public Builder matcher(@NonNull GrammarMatcher place) {
      matcher = Check.given("the matcher", place);
      grammar = null;
      return this;
    }

    @NonNull
    public GenerateOptions build() {
      return new GenerateOptions(this);
    }
  }
}

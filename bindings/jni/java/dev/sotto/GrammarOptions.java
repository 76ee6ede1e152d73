package dev.sotto;

import androidx.annotation.NonNull;
import java.util.ArrayList;
import java.util.List;

/** What texts a grammar allows: JSON under a schema, or rules in GBNF; docs/grammar.md says what of both is taken. Immutable. */
public final class GrammarOptions {
  private static final int GBNF = 1;
  private static final int SCHEMA = 2;
  private static final int COMPACT = 1;
  private static final int LIMIT_TEXTS = 2;
  private static final int LAZY = 4;

  final int kind;
  final Object source; // UTF-8: byte[] or a direct buffer
  final int flags;
  final int maxRecursion;
  final byte[][] values;
  final byte[][] spans;

  private GrammarOptions(Builder b) {
    kind = b.kind;
    source = b.source;
    flags = b.flags;
    maxRecursion = b.maxRecursion;
    values = b.values.toArray(new byte[0][]);
    spans = b.spans.toArray(new byte[0][]);
  }

  /** @param json a JSON Schema; answers are JSON that is valid under it */
  @NonNull
  public static Builder schema(@NonNull String json) {
    return new Builder(SCHEMA, Utf8.encode("the schema", Check.given("the schema", json)));
  }

  /** @param rules in llama.cpp's published format; answers are what {@code root} says */
  @NonNull
  public static Builder gbnf(@NonNull String rules) {
    return new Builder(GBNF, Utf8.encode("the grammar", Check.given("the grammar", rules)));
  }

  public static final class Builder {
    private final int kind;
    private final Object source;
    private final List<byte[]> values = new ArrayList<>();
    private final List<byte[]> spans = new ArrayList<>();
    private int flags;
    private int maxRecursion;

    private Builder(int kind, Object source) {
      this.kind = kind;
      this.source = source;
    }

    /** Schemas: no blanks; else one may stand behind each comma and colon. */
    @NonNull
    public Builder compact() {
      flags |= COMPACT;
      return this;
    }

    /** No masks ahead: each when it is first needed. */
    @NonNull
    public Builder lazy() {
      flags |= LAZY;
      return this;
    }

    /** Schemas: strings are limited to values and spans even where none is given. */
    @NonNull
    public Builder limitTexts() {
      flags |= LIMIT_TEXTS;
      return this;
    }

    /** Schemas: how often one that refers to itself may lie inside of itself, at most 64; 0: 8. */
    @NonNull
    public Builder maxRecursion(int times) {
      maxRecursion = Check.notNegative("maxRecursion", times);
      return this;
    }

    /** Schemas: strings without enum, const and format are one of the values, or words of one of the spans; may be called several times. */
    @NonNull
    public Builder value(@NonNull String text) {
      values.add(Utf8.bytes("a value", Check.given("a value", text)));
      return this;
    }

    /** Schemas: a text whose whole words in a row strings may be ("the kitchen" of "turn on the kitchen light"). */
    @NonNull
    public Builder span(@NonNull String text) {
      spans.add(Utf8.bytes("a span", Check.given("a span", text)));
      return this;
    }

    @NonNull
    public GrammarOptions build() {
      return new GrammarOptions(this);
    }
  }
}

package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.ArrayList;
import java.util.List;

/** A function of the device that an assistant may call. Immutable. */
public final class DeviceFunction {
  private static final int CONFIRM = 1;

  final int flags;
  final FunctionBody body;
  private final byte[][] texts;
  private final byte[][] examples;

  private DeviceFunction(Builder b) {
    flags = b.flags;
    body = b.body;
    texts = b.texts.clone();
    examples = b.examples.toArray(new byte[0][]);
  }

  /** @param name [A-Za-z0-9_.-]{1,64}; an intent of the domain is that intent's function */
  @NonNull
  public static Builder builder(@NonNull String name, @NonNull FunctionBody body) {
    return new Builder(name, body);
  }

  /** name, description, schema, replies. */
  byte[][] texts() {
    return texts;
  }

  byte[][] examples() {
    return examples;
  }

  public static final class Builder {
    private final FunctionBody body;
    private final byte[][] texts = new byte[4][];
    private final List<byte[]> examples = new ArrayList<>();
    private int flags;

    private Builder(String name, FunctionBody body) {
      this.body = Check.given("the function's body", body);
      texts[0] = Utf8.bytes("the function's name", Check.given("the function's name", name));
    }

    /** One sentence. */
    @NonNull
    public Builder description(@Nullable String sentence) {
      texts[1] = Utf8.bytes("the description", sentence);
      return this;
    }

    /** JSON Schema of the arguments, an object; null: the intent's slots, or none. */
    @NonNull
    public Builder schema(@Nullable String json) {
      texts[2] = Utf8.bytes("the schema", json);
      return this;
    }

    /** JSON {"zh": {"done": [...], "failed": [...], "ask": {...}, "confirm": [...]}, "en": ...}. */
    @NonNull
    public Builder replies(@Nullable String json) {
      texts[3] = Utf8.bytes("the replies", json);
      return this;
    }

    /** A sentence that means it, Chinese or English, arguments as {name}; 5 to 20 of them, an intent may have some. */
    @NonNull
    public Builder example(@NonNull String sentence) {
      examples.add(Utf8.bytes("an example", Check.given("an example", sentence)));
      return this;
    }

    /** Dangerous: done only after the user agreed. */
    @NonNull
    public Builder confirm() {
      flags |= CONFIRM;
      return this;
    }

    @NonNull
    public DeviceFunction build() {
      return new DeviceFunction(this);
    }
  }
}

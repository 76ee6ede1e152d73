package dev.sotto.sample;

/** One button below the chat. Immutable. */
public final class Suggestion {
  public final String feature;
  public final String name;
  public final String reason;

  Suggestion(String feature, String name, String reason) {
    this.feature = feature;
    this.name = name;
    this.reason = reason;
  }

  @Override
  public String toString() {
    return name + " (" + reason + ")";
  }
}

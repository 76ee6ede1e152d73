package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.util.Collections;

/**
 * What must not pass unheeded: words of self-harm, violence, adult matters, personal data, and "are you a machine?". It is no
 * diagnosis, no emergency service and not complete (docs/care.md). Texts go to the call and nowhere else. Any thread.
 */
public final class Care extends NativeObject {
  private Care(Handle handle) {
    super(handle);
  }

  static Care open(Runtime runtime, CareOptions options) {
    Check.given("options", options);
    return new Care(Skills.open("care", runtime, options.model,
        (address, model) -> Natives.careCreate(address, model, options.numbers(), options.headConfidence, options.rules),
        Natives::careDestroy, null));
  }

  /** @param text at most 4096 bytes of UTF-8; empty: no text; null: the default again */
  public void setText(@NonNull CareCategory category, @NonNull Language language, @Nullable String text) {
    Check.given("the category", category);
    Check.given("the language", language);
    final byte[] bytes = Utf8.bytes("the text", text);
    run(care -> Natives.careSetText(care, category.ordinal(), language.ordinal(), bytes));
  }

  /**
   * The text as the maker set it, or the default. Defaults that point to help hold the place-holder {HELP} (Chinese {求助热线}): the
   * maker must put in a number that is right where the device is sold.
   */
  @NonNull
  public String text(@NonNull CareCategory category, @NonNull Language language) {
    Check.given("the category", category);
    Check.given("the language", language);
    return inside(care -> Utf8.decode(Natives.careText(care, category.ordinal(), language.ordinal())));
  }

  /** Looks at a whole text. */
  @NonNull
  public CareResult check(@NonNull String text, @NonNull CareSpeaker from) {
    final Object bytes = Utf8.encode("the text", Check.given("the text", text));
    Check.given("the speaker", from);
    return inside(care -> {
      final CareRelay found = new CareRelay(text);
      final int[] numbers = new int[CareResult.NUMBERS];
      Natives.careCheck(care, bytes, from.ordinal(), found, numbers);
      return new CareResult(numbers, found.findings);
    });
  }

  /** For what a model says, as it comes. */
  @NonNull
  public CareStream newStream() {
    return inside(care -> new CareStream(
        new Handle("care stream", Natives.careStreamCreate(care), handle, Natives::careStreamDestroy, null)));
  }

  static CareResult ofStream(int[] numbers) {
    return new CareResult(numbers, Collections.<CareFinding>emptyList());
  }
}

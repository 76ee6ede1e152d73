package dev.sotto;

import androidx.annotation.NonNull;
import java.io.File;

/** The native library: where it comes from, what it is. */
public final class Sotto {
  private Sotto() {}

  /**
   * Loads libsotto_jni from this folder, before anything else of this package is used. Without it the library is looked for where
   * {@code System.loadLibrary} looks (on Android the app's own libraries), then inside sotto.jar.
   *
   * @throws SottoException.LibraryMissing with what to do
   */
  public static void loadFrom(@NonNull File folder) {
    Libraries.loadFrom(Check.given("the folder", folder));
  }

  /** "0.1.0". */
  @NonNull
  public static String version() {
    Libraries.require();
    return Utf8.decode(Natives.version());
  }

  /** One line of facts: compiler, libraries inside with their versions. */
  @NonNull
  public static String buildInfo() {
    Libraries.require();
    return Utf8.decode(Natives.buildInfo());
  }
}

package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;
import java.io.File;

/** Finds and loads libsotto_jni once; says what to do when it cannot. */
final class Libraries {
  private static final String NAME = "sotto_jni";

  // Guarded by the class.
  private static boolean isLoaded;
  @Nullable private static File pluginFolder;

  private Libraries() {}

  static synchronized void require() {
    if (isLoaded) return;
    try {
      System.loadLibrary(NAME);
    } catch (UnsatisfiedLinkError notOnPath) {
      loadFromJar(notOnPath);
    }
    isLoaded = true;
  }

  static synchronized void loadFrom(@NonNull File folder) {
    if (isLoaded) throw new IllegalStateException("libsotto_jni is loaded already: call Sotto.loadFrom before anything else");
    load(folder);
    pluginFolder = existing(new File(folder, "sotto"));
    isLoaded = true;
  }

  /** Where the plugins lie that came with the library, or null where it cannot be told (inside an Android package). */
  @Nullable
  static synchronized File pluginFolder() {
    return pluginFolder;
  }

  private static void loadFromJar(UnsatisfiedLinkError notOnPath) {
    final File folder = JarLibraries.unpack();
    if (folder == null) throw missing("not on java.library.path and not in sotto.jar", notOnPath);
    load(folder);
    pluginFolder = existing(new File(folder, "sotto"));
  }

  private static void load(File folder) {
    final File file = new File(folder, System.mapLibraryName(NAME)).getAbsoluteFile();
    if (!file.isFile()) throw missing(file + " is not there", new UnsatisfiedLinkError(file.getPath()));
    try {
      System.load(file.getPath());
    } catch (UnsatisfiedLinkError e) {
      throw missing(file + " was not taken: " + e.getMessage(), e);
    }
  }

  private static SottoException missing(String what, UnsatisfiedLinkError cause) {
    return new SottoException.LibraryMissing(
        "loading " + System.mapLibraryName(NAME) + " for " + platform() + ": " + what + "; give a library built for this system and"
            + " processor: in an Android package under lib/<abi>, elsewhere by Sotto.loadFrom(folder) or -Djava.library.path",
        cause);
  }

  /** "linux-x86_64": the folder of this machine inside sotto.jar. */
  static String platform() {
    final String arch = System.getProperty("os.arch");
    return System.getProperty("os.name").toLowerCase(java.util.Locale.ROOT).split(" ")[0] + "-"
        + (arch.equals("amd64") ? "x86_64" : arch.equals("arm64") ? "aarch64" : arch);
  }

  @Nullable
  private static File existing(File folder) {
    return folder.isDirectory() ? folder : null;
  }
}

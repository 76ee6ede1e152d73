package dev.sotto;

import java.io.File;

/** The program of {@link LibrariesTest}: loads in a virtual machine of its own and says what came of it. */
final class LoadProbe {
  private LoadProbe() {}

  public static void main(String[] arguments) {
    for (int attempt = 0; attempt < 2; attempt++) {
      try {
        if (arguments.length > 0 && attempt == 0) Sotto.loadFrom(new File(arguments[0]));
        System.out.println("version " + Sotto.version());
        try (Runtime runtime = Runtime.builder().build()) {
          System.out.println("plugins " + runtime.getPlugins());
        }
      } catch (SottoException e) {
        System.out.println(e.getClass().getSimpleName() + " " + e.getStatus() + ": " + e.getMessage());
      }
    }
    System.out.println("lives");
  }
}

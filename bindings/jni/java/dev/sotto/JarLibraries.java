package dev.sotto;

import androidx.annotation.Nullable;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The native libraries that a desktop sotto.jar carries: unpacked into a folder that only this user may enter, deleted at exit. */
final class JarLibraries {
  // A plugin that others may write is refused, whatever the umask says.
  private static final FileAttribute<Set<PosixFilePermission>> OWN =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private JarLibraries() {}

  /** The folder, laid out as lib of an installed Sotto; null when the jar has none for this machine. */
  @Nullable
  static File unpack() {
    final String root = "/dev/sotto/natives/" + Libraries.platform() + "/";
    try (InputStream list = JarLibraries.class.getResourceAsStream(root + "files")) {
      if (list == null) return null;
      final Path folder = Files.createTempDirectory("sotto-", OWN);
      folder.toFile().deleteOnExit();
      final BufferedReader names = new BufferedReader(new InputStreamReader(list, StandardCharsets.UTF_8));
      for (String name = names.readLine(); name != null; name = names.readLine()) unpack(root, name, folder);
      return folder.toFile();
    } catch (IOException e) {
      throw new SottoException(
          Status.IO_ERROR, "unpacking the libraries of sotto.jar: " + e + "; make room in " + System.getProperty("java.io.tmpdir"));
    }
  }

  private static void unpack(String root, String name, Path folder) throws IOException {
    final Path file = folder.resolve(name);
    if (!Files.isDirectory(file.getParent())) {
      Files.createDirectory(file.getParent(), OWN);
      file.getParent().toFile().deleteOnExit();
    }
    try (InputStream bytes = JarLibraries.class.getResourceAsStream(root + name)) {
      if (bytes == null) throw new IOException(root + name + " is listed and missing");
      Files.copy(bytes, file);
    }
    Files.setPosixFilePermissions(file, OWN.value());
    file.toFile().deleteOnExit();
  }
}

package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library comes from, and what is said when it does not come. A virtual machine loads it once, so each case has one. */
class LibrariesTest {
  private static final String NAME = System.mapLibraryName("sotto_jni");

  private static String probe(String classPath, String... arguments) throws Exception {
    final String here = LoadProbe.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    final String java = System.getProperty("java.home") + "/bin/java";
    final List<String> command =
        new ArrayList<>(Arrays.asList(java, "-Xcheck:jni", "-XX:TieredStopAtLevel=1", "-cp", classPath + ":" + here, "dev.sotto.LoadProbe"));
    command.addAll(Arrays.asList(arguments));
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final ByteArrayOutputStream said = new ByteArrayOutputStream();
    final InputStream stream = process.getInputStream();
    for (int c = stream.read(); c >= 0; c = stream.read()) said.write(c);
    final String text = new String(said.toByteArray(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), text);
    assertTrue(text.endsWith("lives\n"), text);
    assertFalse(text.contains("WARNING in native"), text);
    return text;
  }

  @Test
  void theJarBringsItsLibrariesAndPlugins() throws Exception {
    final String said = probe(Bench.property("sotto.jar"));
    assertTrue(said.startsWith("version 0."), said);
    assertTrue(said.contains("dev.sotto.cpu") && said.contains("dev.sotto.dialogue"), said);
  }

  @Test
  void aMissingLibraryIsAnExceptionEveryTime() throws Exception {
    final String said = probe(Bench.property("sotto.classes"));
    assertEquals(2, said.split("LibraryMissing REFUSED", -1).length - 1, said);
    assertTrue(said.contains("Sotto.loadFrom(folder)") && said.contains(Libraries.platform()), said);
  }

  @Test
  void anEmptyFolderAndAnotherProcessorAreToldApart(@TempDir Path folder) throws Exception {
    assertTrue(probe(Bench.property("sotto.classes"), folder.toString()).contains("is not there"));
    final byte[] image = Files.readAllBytes(new File(Bench.property("sotto.libraries"), NAME).toPath());
    final int other = image[18] == 62 ? 183 : 62; // e_machine: x86-64, aarch64
    image[18] = (byte) other;
    Files.write(folder.resolve(NAME), image);
    final String said = probe(Bench.property("sotto.classes"), folder.toString());
    assertTrue(said.contains("was not taken") && said.contains("LibraryMissing"), said);
  }
}

package dev.sotto.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.util.JavacTask;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

/** What of the views can be looked at without Android: they parse, name what is there, and the logic names nothing of Android. */
class ViewsTest {
  private static final File APP = new File(System.getProperty("sotto.app"));
  private static final Pattern RESOURCE = Pattern.compile("(?:R\\.|@\\+?)(id|layout|string|array)[./](\\w+)");

  private static List<File> files(String folder, String ending) throws Exception {
    try (Stream<Path> all = Files.walk(new File(APP, folder).toPath())) {
      return all.map(Path::toFile).filter(f -> f.getName().endsWith(ending)).collect(Collectors.toList());
    }
  }

  private static String text(File file) throws Exception {
    return new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
  }

  @Test
  void theLogicNamesNothingOfAndroid() throws Exception {
    final List<File> sources = files("logic", ".java");
    assertTrue(sources.size() > 10);
    for (File source : sources) assertTrue(!text(source).contains("import android"), source.getPath());
  }

  @Test
  void viewsParse() throws Exception {
    final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    final DiagnosticCollector<JavaFileObject> faults = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(faults, null, StandardCharsets.UTF_8)) {
      final List<File> views = files("app/src/main/java", ".java");
      assertTrue(views.size() >= 2);
      ((JavacTask) compiler.getTask(null, manager, faults, null, null, manager.getJavaFileObjectsFromFiles(views))).parse();
    }
    assertEquals(new ArrayList<>(), faults.getDiagnostics());
    for (File xml : files("app/src/main", ".xml")) DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(xml);
  }

  @Test
  void whatViewsNameIsThere() throws Exception {
    final Set<String> there = new HashSet<>();
    for (File layout : files("app/src/main/res", ".xml")) {
      if (layout.getPath().contains("layout")) there.add("layout " + layout.getName().replace(".xml", ""));
      final Matcher names = Pattern.compile("@\\+id/(\\w+)|<(string|string-array) name=\"(\\w+)\"").matcher(text(layout));
      while (names.find())
        there.add(names.group(1) != null ? "id " + names.group(1) : names.group(2).replace("string-array", "array") + " " + names.group(3));
    }
    final List<File> naming = files("app/src/main", ".java");
    naming.addAll(files("app/src/main", ".xml"));
    int count = 0;
    for (File file : naming) {
      final Matcher named = RESOURCE.matcher(text(file).replaceAll("android\\.R\\.\\w+\\.\\w+|@android:\\w+/\\w+", ""));
      for (; named.find(); count++) assertTrue(there.contains(named.group(1) + " " + named.group(2)), file.getName() + ": " + named.group());
    }
    assertTrue(count > 20, "only " + count + " names");
  }
}

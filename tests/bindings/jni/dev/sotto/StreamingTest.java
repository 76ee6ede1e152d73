package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Text from the library arrives whole: through the echo plugin, which says anything, and out of a model's byte-level tokens. */
class StreamingTest {
  private static Runtime runtime;
  private static Model model;
  private static Conversation echo;

  @BeforeAll
  static void open() {
    runtime = Bench.echoRuntime();
    model = Bench.small(runtime);
    echo = model.newConversation(ConversationOptions.DEFAULT);
  }

  @AfterAll
  static void close() {
    echo.close();
    model.close();
    runtime.close();
  }

  @Test
  void charactersStreamedOneByOneMakeTheWholeText() {
    for (String text : Bench.TEXTS) {
      final List<String> pieces = new ArrayList<>();
      final TurnResult result = echo.say(text, Bench.heard(pieces::add));
      assertEquals(text, String.join("", pieces));
      assertEquals(text.codePointCount(0, text.length()), pieces.size());
      assertEquals(pieces.size(), result.getGeneratedTokens());
    }
  }

  @Test
  void largeTextGoesDownInPlaceAndComesUpInOnePiece() {
    final StringBuilder large = new StringBuilder("=");
    while (large.length() < 1_000_000) for (String text : Bench.TEXTS) large.append(text);
    final StringBuilder heard = new StringBuilder();
    echo.say(large.toString(), Bench.into(heard));
    assertEquals(large.toString(), heard.toString());
  }

  /** The model is made to say the text by forbidding it everything else, one token a call: characters lie across calls. */
  @Test
  void byteTokensOfAModelAreHeldBackUntilACharacterIsWhole() {
    int cutTokens = 0;
    for (String text : Bench.TEXTS) {
      final int[] ids = model.tokenize(text, false, false);
      try (Session session = model.newSession()) {
        session.feed(new int[] {1});
        final StringBuilder heard = new StringBuilder();
        for (int id : ids) {
          final int before = heard.length();
          final GenerateOptions only = GenerateOptions.builder().maxTokens(1).ignoreEnd().bias(id, 1e9f).build();
          session.generate("", only, Bench.into(heard));
          if (heard.length() == before) cutTokens++;
          assertFalse(heard.length() > 0 && Character.isHighSurrogate(heard.charAt(heard.length() - 1)), "cut inside a pair");
        }
        assertEquals(text, heard.toString());
        assertEquals(text, model.detokenize(ids));
      }
    }
    assertTrue(cutTokens > 50, "only " + cutTokens + " tokens ended inside a character: the test shows nothing");
  }

  @Test
  void aMillionCallbacksTakeConstantMemory() throws Exception {
    final int count = Bench.collects() ? 200 : 1_000_000;
    final GenerateOptions times = GenerateOptions.builder().maxTokens(count / 10).build();
    final long[] characters = {0};
    final TextListener counting = Bench.heard(piece -> {
      characters[0] += piece.length();
      return true;
    });
    echo.say("0123456789", times, counting); // once before, so that both readings are of a warm machine
    final long heapBefore = heapBytes();
    final long residentBefore = residentBytes();
    final long start = System.nanoTime();
    characters[0] = 0;
    echo.say("0123456789", times, counting);
    final long nanos = System.nanoTime() - start;
    final long heap = heapBytes() - heapBefore;
    final long resident = residentBytes() - residentBefore;
    System.out.println(count + " callbacks: " + nanos / count + " ns each, heap " + heap / 1024 + " KiB, resident "
        + resident / 1024 + " KiB");
    assertEquals(count, characters[0]);
    assertTrue(heap < 1 << 20, "the heap grew by " + heap + " bytes");
    // A byte leaked a callback would be a million, a local reference many more; the VM itself moves by some megabytes.
    assertTrue(resident < 16 << 20, "resident memory grew by " + resident + " bytes");
  }

  private static long heapBytes() {
    for (int i = 0; i < 3; i++) System.gc();
    final java.lang.Runtime vm = java.lang.Runtime.getRuntime();
    return vm.totalMemory() - vm.freeMemory();
  }

  private static long residentBytes() throws Exception {
    final String statm = new String(Files.readAllBytes(Paths.get("/proc/self/statm")), StandardCharsets.US_ASCII);
    return Long.parseLong(statm.split(" ")[1]) * 4096;
  }

  @Test
  void linesFromThreadsOfPluginsReachTheLog() {
    final List<String> lines = new ArrayList<>();
    final Thread here = Thread.currentThread();
    final LogListener listener = (level, line) -> {
      Bench.collect();
      synchronized (lines) {
        if (Thread.currentThread() != here) lines.add(level + " " + line);
      }
      throw new IllegalStateException("what a log listener throws is dropped");
    };
    Runtime.builder().pluginFile(Bench.echoPlugin()).log(LogLevel.INFO, listener).build().close();
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.get(0).startsWith("INFO ") && lines.get(0).endsWith("回声 🎧 from a thread of the plugin"), lines.get(0));
  }
}

package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What applications do wrong: an exception that says what to do, and the machine lives. */
class BadInputTest extends WithSmallModel {
  @Test
  void halfASurrogatePairIsRefusedWithItsPlace() {
    try (Session session = model.newSession()) {
      for (String half : new String[] {"ab\uD83D", "ab\uDE00", "ab\uDE00\uD83D", "ab\uD83Dx"}) {
        final SottoException e =
            assertThrows(SottoException.InvalidArgument.class, () -> session.generate(half, piece -> true));
        assertTrue(e.getMessage().contains("at character 2"), e.getMessage());
      }
      assertEquals(0, session.getPosition());
    }
  }

  @Test
  void nulIsTextButNoPath() {
    assertEquals("a\0b", model.detokenize(model.tokenize("a\0b", false, false)));
    assertThrows(SottoException.InvalidArgument.class, () -> ModelSource.file(new File("a\0b")));
  }

  @Test
  void fiftyMegabytesOfPromptFitNoContext() {
    final char[] many = new char[50_000_000 / 3];
    Arrays.fill(many, '灯');
    final String prompt = new String(many);
    try (Session session = model.newSession()) {
      assertThrows(SottoException.ContextFull.class, () -> session.generate(prompt, piece -> true));
    }
  }

  @Test
  void whatAListenerThrowsComesOutOfTheCall() {
    final IllegalStateException own = new IllegalStateException("of the application");
    try (Session session = model.newSession()) {
      assertSame(own, assertThrows(IllegalStateException.class, () -> session.generate("hi", Bench.LONG, piece -> {
        Bench.collect();
        throw own;
      })));
      assertSame(own, assertThrows(IllegalStateException.class,
          () -> session.generate(new int[] {7}, Bench.LONG, null, (token, logprob) -> { throw own; })));
      assertSame(own, assertThrows(IllegalStateException.class,
          () -> session.feed(new int[] {7}, Output.HIDDEN, (position, output, row) -> { throw own; })));
      final ExecutionException async = assertThrows(ExecutionException.class,
          () -> session.generateAsync("hi", Bench.LONG, piece -> { throw own; }).get());
      assertSame(own, async.getCause());
      session.rewind(0);
      assertEquals(16, session.generate("hi", Bench.SHORT, piece -> true).getGeneratedTokens());
    }
    assertSame(own, assertThrows(IllegalStateException.class, () -> runtime.open(
        ModelSource.file(Bench.fixture("gguf/small-f32.gguf")), ModelOptions.builder().progress(f -> { throw own; }).build())));
  }

  @Test
  void errorsOfListenersComeOutToo() {
    try (Session session = model.newSession()) {
      assertThrows(StackOverflowError.class, () -> session.generate("hi", Bench.LONG, BadInputTest::overflow));
    }
  }

  private static boolean overflow(String piece) {
    return overflow(piece + piece.length());
  }

  @Test
  void twoThreadsOnOneSessionGetBusyAndCallsFromListenersReentrant() throws Exception {
    try (Session session = model.newSession()) {
      final AtomicReference<SottoException> inside = new AtomicReference<>();
      final AtomicReference<SottoException> beside = new AtomicReference<>();
      session.generate("hi", Bench.LONG, Bench.heard(piece -> {
        inside.set(assertThrows(SottoException.class, () -> session.generate("x", p -> true)));
        final Thread other = new Thread(() -> beside.set(assertThrows(SottoException.class, () -> session.rewind(0))));
        other.start();
        join(other);
        assertTrue(session.getPosition() > 0);
        return false;
      }));
      assertEquals(Status.REENTRANT, inside.get().getStatus());
      assertEquals(Status.BUSY, beside.get().getStatus());
      assertTrue(beside.get() instanceof SottoException.Busy);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void closeFromTheListenerEndsTheCall() {
    final Session session = model.newSession();
    final int[] pieces = {0};
    assertThrows(SottoException.Cancelled.class, () -> session.generate("hi", Bench.LONG, Bench.heard(piece -> {
      pieces[0]++;
      session.close();
      return true;
    })));
    assertTrue(pieces[0] >= 1 && pieces[0] <= 2, pieces[0] + " pieces");
    assertThrows(IllegalStateException.class, session::getPosition);
  }

  @Test
  void closeFromAnotherThreadWaitsForTheCall() throws Exception {
    for (int i = 0; i < 10; i++) {
      final Session session = model.newSession();
      final CountDownLatch speaking = new CountDownLatch(1);
      final Generation<GenerateResult> generation = session.generateAsync("hi", Bench.LONG, Bench.heard(piece -> {
        speaking.countDown();
        sleep(2);
        return true;
      }));
      speaking.await();
      session.close();
      final ExecutionException e = assertThrows(ExecutionException.class, generation::get);
      assertTrue(e.getCause() instanceof SottoException.Cancelled, e.toString());
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void afterCloseEverythingThrowsAndClosingAgainDoesNothing() {
    final Runtime r = Bench.runtime();
    final Model m = Bench.small(r);
    final Session s = m.newSession();
    r.close();
    m.close();
    assertThrows(IllegalStateException.class, r::getPlugins);
    assertThrows(IllegalStateException.class, m::getFacts);
    assertThrows(IllegalStateException.class, () -> m.newConversation(ConversationOptions.DEFAULT));
    // What it was made from stays for it.
    assertEquals(16, s.generate("hi", Bench.SHORT, piece -> true).getGeneratedTokens());
    s.close();
    s.close();
    s.cancel();
    assertTrue(s.isClosed());
    final IllegalStateException e = assertThrows(IllegalStateException.class, () -> s.feed(new int[] {1}));
    assertEquals("the session is closed: open another one", e.getMessage());
  }

  @Test
  void forgottenObjectsAreClosedAndNotWhileTheyGenerate() {
    final int[] heard = {0};
    // Nothing but the call itself holds the session; the listener collects, so the reaper finds it during the call.
    final GenerateResult result = model.newSession().generate("hi", Bench.SHORT, piece -> {
      System.gc();
      sleep(1);
      heard[0]++;
      return true;
    });
    assertEquals(16, result.getGeneratedTokens());
    assertTrue(heard[0] > 0);
    final Handle forgotten = model.newSession().handle;
    final Handle kept;
    try (Session session = model.newSession()) {
      kept = session.handle;
      awaitCollected(forgotten::isClosed);
      assertFalse(kept.isClosed());
    }
    assertThrows(IllegalStateException.class, forgotten::enter);
  }

  /** The echo would go on for hours; only the forgotten iterator ends it. */
  @Test
  void aForgottenIteratorEndsItsAnswer() throws Exception {
    try (Runtime r = Bench.echoRuntime(); Model m = Bench.small(r);
        Conversation echo = m.newConversation(ConversationOptions.DEFAULT)) {
      final GenerateOptions endless = GenerateOptions.builder().maxTokens(Integer.MAX_VALUE).build();
      assertEquals("灯", echo.stream("灯", endless).next());
      awaitCollected(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("sotto-generation")));
    }
  }

  static void awaitCollected(java.util.function.BooleanSupplier isTrue) {
    final long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!isTrue.getAsBoolean()) {
      assertTrue(System.nanoTime() < until, "not collected in a minute");
      System.gc();
      sleep(2);
    }
  }

  @Test
  void aFolderOrNothingIsNoModel() throws Exception {
    final SottoException folder = assertThrows(SottoException.class, () -> runtime.open(ModelSource.file(Bench.fixture("gguf"))));
    assertTrue(folder.getMessage().contains("gguf"), folder.getMessage());
    assertThrows(SottoException.NotFound.class, () -> runtime.open(ModelSource.file(new File("/nowhere/模型.gguf"))));
    assertThrows(SottoException.BadFile.class,
        () -> runtime.open(ModelSource.file(Bench.fixture("gguf/README.md"))));
    assertThrows(SottoException.class, () -> runtime.open(ModelSource.descriptor(1_000_000, 0, 0)));
    assertThrows(SottoException.InvalidArgument.class, () -> ModelSource.descriptor(-1, 0, 0));
    assertThrows(SottoException.InvalidArgument.class, () -> ModelSource.memory(ByteBuffer.allocate(10)));
    assertThrows(SottoException.class, () -> runtime.open(ModelSource.memory(ByteBuffer.allocateDirect(0))));
  }

  @Test
  void nullsAndNumbersOutOfRangeAreRefusedInWords() {
    assertThrows(SottoException.InvalidArgument.class, () -> GenerateOptions.builder().maxTokens(-1));
    assertThrows(SottoException.InvalidArgument.class, () -> GenerateOptions.builder().stop(null));
    assertThrows(SottoException.InvalidArgument.class, () -> model.tokenize(null));
    try (Session session = model.newSession()) {
      assertThrows(SottoException.InvalidArgument.class, () -> session.generate((String) null, piece -> true));
      assertThrows(SottoException.InvalidArgument.class, () -> session.generate("hi", null, piece -> true));
      final SottoException range = assertThrows(SottoException.InvalidArgument.class,
          () -> session.generate("hi", GenerateOptions.builder().temperature(Float.NaN).build(), piece -> true));
      assertTrue(range.getMessage().contains("temperature"), range.getMessage());
      assertThrows(SottoException.class, () -> session.feed(new int[] {-1}));
      assertThrows(SottoException.class, () -> session.rewind(5));
      assertThrows(SottoException.class, () -> session.restore(new byte[0]));
      assertThrows(SottoException.class, () -> session.restore(new byte[1000]));
      session.feed(new int[0]);
      assertEquals(0, session.getPosition());
    }
    assertThrows(SottoException.InvalidArgument.class, () -> runtime.open(null));
    assertThrows(SottoException.InvalidArgument.class, () -> runtime.trim(null));
    assertThrows(SottoException.InvalidArgument.class, () -> Runtime.builder().pluginFile(null));
    assertThrows(SottoException.InvalidArgument.class, () -> Runtime.builder().log(LogLevel.INFO, null));
    assertThrows(SottoException.NotFound.class, () -> model.text("no.such.key"));
    assertThrows(SottoException.NotFound.class, () -> Runtime.builder().pluginFolder(new File("/nowhere")).build());
  }

  @Test
  void anInterruptedReaderCancelsItsStream() throws Exception {
    try (Session session = model.newSession()) {
      final AtomicReference<Throwable> thrown = new AtomicReference<>();
      final CountDownLatch held = new CountDownLatch(1);
      final Thread reader = new Thread(() -> {
        Thread.currentThread().interrupt();
        final TextStream<GenerateResult> stream = session.stream("hi", Bench.LONG);
        thrown.set(assertThrows(SottoException.Cancelled.class, () -> {
          while (true) stream.next();
        }));
        assertTrue(Thread.currentThread().isInterrupted());
        held.countDown();
      });
      reader.start();
      assertTrue(held.await(60, TimeUnit.SECONDS));
      assertFalse(thrown.get().getMessage().isEmpty());
    }
  }

  @Test
  void idsComeBackAsTheyWent() {
    final int[] ids = {0, 3, 319};
    try (Session session = model.newSession()) {
      session.feed(ids);
      assertArrayEquals(ids, session.tokens(0));
    }
  }
}

package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Sessions give what the C interface gives: the tokens and logits of tests/fixtures/gguf/expected.json. */
class SessionTest extends WithSmallModel {
  private static int[] greedyOf(Session session) {
    final List<Integer> tokens = new ArrayList<>();
    final GenerateResult result = session.generate(PROMPT, Bench.SHORT, null, (token, logprob) -> {
      Bench.collect();
      return tokens.add(token);
    });
    assertEquals(Finish.LENGTH, result.getFinish());
    assertEquals(PROMPT.length, result.getPromptTokens());
    assertEquals(GREEDY.length, result.getGeneratedTokens());
    assertTrue(result.getDecodeNanos() > 0 && result.getFirstTokenNanos() > 0);
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void greedyTokensAreThoseOfTheReference() {
    try (Session session = model.newSession()) {
      assertArrayEquals(GREEDY, greedyOf(session));
      assertArrayEquals(PROMPT, Arrays.copyOf(session.tokens(0), PROMPT.length));
      assertEquals(session.getPosition(), session.tokens(0).length);
      assertEquals(GREEDY.length, session.getCounters().getGeneratedTokens());
    }
  }

  @Test
  void logprobsAreNegativeWhereAskedFor() {
    final GenerateOptions options = GenerateOptions.builder().maxTokens(4).ignoreEnd().logprobs().build();
    final List<Float> found = new ArrayList<>();
    try (Session session = model.newSession()) {
      session.generate(PROMPT, options, null, (token, logprob) -> found.add(logprob));
    }
    assertEquals(4, found.size());
    for (float logprob : found) assertTrue(logprob < 0 && logprob > -6, "logprob " + logprob);
  }

  @Test
  void logitsAreThoseOfTheFixture() throws Exception {
    final FloatBuffer expected = ByteBuffer.wrap(Files.readAllBytes(Bench.fixture("gguf/small-f32.logits.f32").toPath()))
        .order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    final List<float[]> rows = new ArrayList<>();
    try (Session session = model.newSession()) {
      session.feed(PROMPT, Output.LOGITS, (position, output, row) -> {
        Bench.collect();
        assertEquals(rows.size(), position);
        assertEquals(Output.LOGITS, output);
        return rows.add(row);
      });
    }
    assertEquals(PROMPT.length, rows.size());
    for (float[] row : rows)
      for (float logit : row) assertEquals(expected.get(), logit, 1e-3f);
    assertFalse(expected.hasRemaining());
  }

  @Test
  void rewindForkAndRestoreGoOnAlike() {
    try (Session session = model.newSession()) {
      session.feed(PROMPT);
      final byte[] state = session.save();
      try (Session fork = session.fork(); Session restored = model.newSession()) {
        restored.restore(state);
        for (Session s : new Session[] {session, fork, restored}) {
          assertEquals(PROMPT.length, s.getPosition());
          s.rewind(0);
          assertEquals(0, s.getPosition());
          assertArrayEquals(GREEDY, greedyOf(s));
        }
      }
      state[state.length / 2] ^= 1;
      assertThrows(SottoException.class, () -> session.restore(state));
    }
  }

  @Test
  void embeddingsAreVectorsOfLengthOne() {
    try (Session session = model.newSession()) {
      final float[] vector = session.embed(PROMPT, Pooling.MEAN, true);
      assertEquals(model.getFacts().getHidden(), vector.length);
      double square = 0;
      for (float x : vector) square += x * x;
      assertEquals(1, square, 1e-5);
    }
  }

  @Test
  void aFutureGivesTheResultAndAnIteratorTheText() throws Exception {
    final StringBuilder direct = new StringBuilder();
    final StringBuilder async = new StringBuilder();
    final StringBuilder iterated = new StringBuilder();
    try (Session session = model.newSession()) {
      session.generate("打开", Bench.SHORT, Bench.into(direct));
      session.rewind(0);
      final Generation<GenerateResult> generation = session.generateAsync("打开", Bench.SHORT, Bench.into(async));
      assertEquals(16, generation.get(60, TimeUnit.SECONDS).getGeneratedTokens());
      assertTrue(generation.isDone() && !generation.isCancelled());
      session.rewind(0);
      try (TextStream<GenerateResult> stream = session.stream("打开", Bench.SHORT)) {
        for (String piece : stream) iterated.append(piece);
        assertEquals(16, stream.getResult().getGeneratedTokens());
      }
    }
    assertFalse(direct.length() == 0);
    assertEquals(direct.toString(), async.toString());
    assertEquals(direct.toString(), iterated.toString());
  }

  @Test
  void aCancelledFutureFreesTheSessionForTheNextCall() {
    try (Session session = model.newSession()) {
      for (int i = 0; i < 20; i++) {
        session.rewind(0);
        final Generation<GenerateResult> generation = session.generateAsync("hi", Bench.LONG, Bench.heard(piece -> true));
        assertTrue(generation.cancel(true) || generation.isDone());
        if (generation.isCancelled()) assertThrows(CancellationException.class, generation::get);
        session.generate(new int[] {5}, GenerateOptions.builder().maxTokens(1).build(), null, null); // waits: not Busy
      }
    }
  }

  @Test
  void listenersEndAnAnswerByFalse() {
    try (Session session = model.newSession()) {
      final GenerateResult result = session.generate("hi", Bench.LONG, Bench.heard(piece -> false));
      assertEquals(Finish.LISTENER, result.getFinish());
    }
  }

  @Test
  void stopStringsSeedsAndTemperatureAreHeard() {
    final StringBuilder whole = new StringBuilder();
    final StringBuilder first = new StringBuilder();
    final StringBuilder second = new StringBuilder();
    try (Session session = model.newSession()) {
      session.generate("hi", Bench.SHORT, Bench.into(whole));
      session.rewind(0);
      final String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 1);
      final StringBuilder stopped = new StringBuilder();
      final GenerateResult result = session.generate(
          "hi", GenerateOptions.builder().maxTokens(16).ignoreEnd().stop("never said").stop(stop).build(), Bench.into(stopped));
      assertEquals(Finish.STOP, result.getFinish());
      assertEquals(1, result.getStopIndex());
      assertEquals(whole.substring(0, whole.indexOf(stop)), stopped.toString());
      for (StringBuilder text : new StringBuilder[] {first, second}) {
        session.rewind(0);
        session.generate(
            "hi", GenerateOptions.builder().maxTokens(16).ignoreEnd().temperature(2f).topK(40).seed(7).build(), Bench.into(text));
      }
    }
    assertEquals(first.toString(), second.toString());
    assertNotEquals(whole.toString(), first.toString());
  }

  @Test
  void aDeadlineIsAnException() {
    try (Session session = model.newSession()) {
      final GenerateOptions soon = GenerateOptions.builder().ignoreEnd().deadlineMillis(1).build();
      assertThrows(SottoException.DeadlinePassed.class, () -> session.generate("hi", soon, piece -> {
        Thread.yield();
        final long until = System.nanoTime() + 3_000_000;
        while (System.nanoTime() < until) Thread.yield();
        return true;
      }));
    }
  }

  @Test
  void modelsOpenFromDescriptorsAndBuffers() throws Exception {
    final ModelOptions options = ModelOptions.builder().backend("reference").build();
    final byte[] bytes = Files.readAllBytes(Bench.fixture("gguf/small-f32.gguf").toPath());
    final ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length);
    direct.put(bytes);
    try (Model fromMemory = runtime.open(ModelSource.memory(direct), options); Session session = fromMemory.newSession()) {
      assertArrayEquals(GREEDY, greedyOf(session));
    }
    // An asset: the model in the middle of another file.
    final java.nio.file.Path packed = Files.createTempFile("sotto", ".apk");
    try (java.io.RandomAccessFile file = new java.io.RandomAccessFile(packed.toFile(), "rw")) {
      file.seek(4096);
      file.write(bytes);
      file.write(new byte[100]);
      final int descriptor = (int) descriptorField().get(file.getFD());
      try (Model asset = runtime.open(ModelSource.descriptor(descriptor, 4096, bytes.length), options);
          Session session = asset.newSession()) {
        file.close();
        assertArrayEquals(GREEDY, greedyOf(session));
      }
    } finally {
      Files.delete(packed);
    }
  }

  private static java.lang.reflect.Field descriptorField() throws Exception {
    final java.lang.reflect.Field field = java.io.FileDescriptor.class.getDeclaredField("fd");
    field.setAccessible(true); // --add-opens java.base/java.io
    return field;
  }

  @Test
  void factsAndEstimateAreThoseOfTheFile() {
    final ModelFacts facts = model.getFacts();
    assertEquals("small-f32", facts.getName());
    assertEquals("llama", facts.getArchitecture());
    assertEquals("F32", facts.getWeightType());
    assertEquals("reference", facts.getBackend());
    assertEquals(64, facts.getHash().length());
    assertArrayEquals(
        new int[] {2, 64, 4, 2, 16, 96, 320, 128, 128, 1, 2, 1, 21},
        new int[] {facts.getLayers(), facts.getHidden(), facts.getHeads(), facts.getKvHeads(), facts.getHeadDim(), facts.getFfn(),
          facts.getVocabulary(), facts.getContextTrained(), facts.getContextTokens(), facts.getBos(), facts.getEos(),
          facts.getRanks(), facts.getTensorCount()});
    assertEquals(Bench.fixture("gguf/small-f32.gguf").length(), facts.getFileBytes());
    assertEquals("llama", model.text("general.architecture"));
    final MemoryEstimate estimate = runtime.estimate(
        ModelSource.file(Bench.fixture("gguf/small-f32.gguf")), ModelOptions.builder().backend("reference").contextTokens(64).build());
    assertEquals(64, estimate.getContextTokens());
    assertTrue(estimate.getTotalBytes() >= estimate.getKvCacheBytes() && estimate.getKvCacheBytes() > 0);
  }

  @Test
  void progressIsHeardAndCancels() {
    final ModelSource source = ModelSource.file(Bench.fixture("gguf/small-f32.gguf"));
    final List<Float> heard = new ArrayList<>();
    runtime.open(source, ModelOptions.builder().backend("reference").progress(fraction -> {
      Bench.collect();
      return heard.add(fraction);
    }).build()).close();
    assertEquals(1f, heard.get(heard.size() - 1));
    assertThrows(SottoException.Cancelled.class,
        () -> runtime.open(source, ModelOptions.builder().backend("reference").progress(fraction -> false).build()));
  }

  @Test
  void runtimesSayWhatTheyHave() {
    assertTrue(runtime.getPlugins().stream().anyMatch(p -> p.isLoaded() && p.getId().equals("dev.sotto.reference")),
        runtime.getPlugins().toString());
    final BackendInfo cpu = runtime.getBackends().stream().filter(b -> b.getName().equals("cpu")).findFirst().get();
    assertFalse(cpu.getDevices().get(0).getName().isEmpty());
    assertTrue(cpu.getDevices().get(0).getMemoryBytes() > 1 << 20);
    runtime.setPowerPolicy(PowerPolicy.SAVER);
    runtime.setPowerPolicy(PowerPolicy.BALANCED);
    for (int level : new int[] {5, 10, 15, 20, 40, 60, 80}) runtime.onTrimMemory(level);
    assertEquals(TrimLevel.LIGHT, TrimLevel.ofAndroid(20));
    assertEquals(TrimLevel.ALL, TrimLevel.ofAndroid(15));
    assertEquals(TrimLevel.IDLE_CACHES, TrimLevel.ofAndroid(40));
    assertTrue(Sotto.buildInfo().startsWith("sotto " + Sotto.version()));
  }

  @Test
  void hintsForTheMachineChangeNoToken() {
    for (PowerPolicy policy : PowerPolicy.values()) {
      try (Runtime hinted = Runtime.builder().powerPolicy(policy).threadPriority(policy.ordinal() - 1).affinityMask(1).build();
          Model m = Bench.small(hinted); Session session = m.newSession()) {
        assertArrayEquals(GREEDY, greedyOf(session));
        hinted.onTrimMemory(80);
        hinted.setPowerPolicy(PowerPolicy.SAVER);
        session.rewind(0);
        assertArrayEquals(GREEDY, greedyOf(session));
      }
    }
    assertThrows(SottoException.InvalidArgument.class, () -> Runtime.builder().threadPriority(7).build());
  }

  @Test
  void librariesOfTheApplicationServeAsPlugins() {
    try (Runtime own = Runtime.builder().library(Bench.backend().getPath()).build(); Model m = Bench.small(own);
        Session session = m.newSession()) {
      assertEquals(1, own.getPlugins().size());
      assertArrayEquals(GREEDY, greedyOf(session));
    }
    assertThrows(SottoException.NotFound.class, () -> Runtime.builder().library("libnowhere.so").build());
  }
}

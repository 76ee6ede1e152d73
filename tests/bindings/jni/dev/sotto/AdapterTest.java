package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A LoRA adapter on the tiny model: loaded, attached with a strength, detached. */
class AdapterTest extends WithSmallModel {
  // With small-lora.gguf at strength 1; tests/bindings/python compares with the model that has it in its weights.
  private static final int[] ADAPTED = {293, 116, 44, 239, 208, 25, 12, 247, 120, 150, 12, 148, 232, 206, 247, 302};

  private static ModelSource file() {
    return ModelSource.file(Bench.fixture("gguf/small-lora.gguf"));
  }

  private static int[] greedyOf(Session session) {
    session.rewind(0);
    final List<Integer> tokens = new ArrayList<>();
    session.generate(PROMPT, Bench.SHORT, null, (token, logprob) -> {
      Bench.collect();
      return tokens.add(token);
    });
    return tokens.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void anAdapterIsAttachedWithItsStrengthAndDetached() {
    try (Session session = model.newSession(); Session beside = model.newSession(); Adapter adapter = model.openAdapter(file())) {
      session.attach(adapter, 1);
      assertArrayEquals(ADAPTED, greedyOf(session));
      assertArrayEquals(GREEDY, greedyOf(beside));
      session.attach(adapter, 0);
      assertArrayEquals(GREEDY, greedyOf(session));
      session.attach(adapter, 1);
      session.detach();
      assertArrayEquals(GREEDY, greedyOf(session));
    }
  }

  @Test
  void aSessionHoldsItsAdapterAndAdaptersComeFromMemory() throws Exception {
    final byte[] bytes = Files.readAllBytes(Bench.fixture("gguf/small-lora.gguf").toPath());
    final ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length);
    direct.put(bytes);
    try (Session session = model.newSession()) {
      final Adapter adapter = model.openAdapter(ModelSource.memory(direct));
      for (int i = 0; i < bytes.length; i++) direct.put(i, (byte) 0); // it was read during the call
      session.attach(adapter, 1);
      adapter.close();
      assertThrows(IllegalStateException.class, () -> session.attach(adapter, 1));
      assertArrayEquals(ADAPTED, greedyOf(session));
    }
    final Handle forgotten = model.openAdapter(file()).handle;
    BadInputTest.awaitCollected(forgotten::isClosed);
  }

  @Test
  void whatIsNoAdapterIsRefused() {
    assertThrows(SottoException.BadFile.class, () -> model.openAdapter(ModelSource.file(Bench.fixture("gguf/small-f32.gguf"))));
    assertThrows(SottoException.NotFound.class, () -> model.openAdapter(ModelSource.file(new File("/nowhere/低秩.gguf"))));
    assertThrows(SottoException.InvalidArgument.class, () -> model.openAdapter(null));
    try (Model mini = Bench.mini(runtime); Session other = mini.newSession(); Session session = model.newSession();
        Adapter adapter = model.openAdapter(file())) {
      assertThrows(SottoException.class, () -> mini.openAdapter(file())); // of another shape
      assertThrows(SottoException.class, () -> other.attach(adapter, 1));
      assertThrows(SottoException.class, () -> session.attach(adapter, Float.NaN));
      assertThrows(SottoException.InvalidArgument.class, () -> session.attach(null, 1));
      assertArrayEquals(GREEDY, greedyOf(session));
    }
  }
}

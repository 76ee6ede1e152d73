package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Heads by name on the model of the source, which has some. */
class HeadTest extends WithMiniModel {
  private static final String GLAD = "I love this, thank you so much!";

  @Test
  void headsAreThoseOfTheFile() {
    final List<String> names = model.getHeads().stream().map(Head::getName).collect(Collectors.toList());
    assertTrue(names.containsAll(Arrays.asList("intent", "sentiment", "emotion", "slots")), names.toString());
    final Head head = model.head("sentiment");
    assertEquals(HeadKind.SEQUENCE, head.getKind());
    assertEquals("[negative, neutral, positive]", head.getLabels().toString());
    assertEquals(3, head.getOutputs());
    assertTrue(head.getTemperature() > 0);
    for (HeadLabel label : head.getLabels()) assertTrue(label.getThreshold() >= 0 && label.getThreshold() <= 1, label.toString());
    assertThrows(UnsupportedOperationException.class, () -> head.getLabels().clear());
    assertTrue(assertThrows(SottoException.NotFound.class, () -> model.head("moot")).getMessage().contains("sentiment"));
    try (Model small = Bench.small(runtime)) {
      assertEquals(0, small.getHeads().size());
    }
  }

  @Test
  void aHeadIsReadAtAPosition() {
    final Head head = model.head("sentiment");
    final int[] ids = model.tokenize(GLAD);
    try (Session session = model.newSession()) {
      final float[][] rows = session.read(head, ids);
      assertEquals(1, rows.length);
      assertEquals(ids.length, session.getPosition());
      final float[] shares = head.probabilities(rows[0]);
      assertEquals(1, shares[0] + shares[1] + shares[2], 1e-5f);
      assertTrue(shares[2] > 0.5f, Arrays.toString(shares));
      // The same behind a hidden state that a listener was handed, inside of the call that made it.
      session.rewind(0);
      final float[][] last = {null};
      session.feed(ids, Output.HIDDEN, (position, output, row) -> {
        Bench.collect();
        last[0] = head.apply(row);
        return true;
      });
      assertArrayEquals(rows[0], last[0], 1e-4f);
      assertEquals(0, session.read(head, new int[0]).length);
    }
  }

  @Test
  void headsOfTokensGiveARowForEach() {
    final Head slots = model.head("slots");
    final int[] ids = model.tokenize("打开客厅的灯");
    try (Session session = model.newSession()) {
      final float[][] rows = session.read(slots, ids);
      assertEquals(ids.length, rows.length);
      for (float[] row : rows) assertEquals(slots.getOutputs(), row.length);
      assertEquals(slots.getLabels().size() * (slots.getKind() == HeadKind.SPAN ? 2 : 1), slots.getOutputs());
    }
  }

  @Test
  void whatIsNotOfTheModelIsRefused() {
    final Head head = model.head("sentiment");
    try (Model small = Bench.small(runtime); Session other = small.newSession()) {
      assertThrows(SottoException.InvalidArgument.class, () -> other.read(head, new int[] {5}));
      assertEquals(0, other.getPosition());
    }
    assertThrows(SottoException.InvalidArgument.class, () -> head.apply(new float[7]));
    assertThrows(SottoException.InvalidArgument.class, () -> head.probabilities(new float[1]));
    assertThrows(SottoException.InvalidArgument.class, () -> model.head(null));
    final Model closed = Bench.mini(runtime);
    final Head orphan = closed.head("sentiment");
    final Session living = closed.newSession();
    closed.close();
    assertEquals(3, living.read(orphan, new int[] {5})[0].length); // what the session was made from stays for it
    assertThrows(IllegalStateException.class, () -> orphan.apply(new float[model.getFacts().getHidden()]));
    living.close();
    try (Session session = model.newSession()) {
      assertThrows(SottoException.class, () -> session.read(head, new int[] {-1}));
    }
  }
}

package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Typed values: places are chars, readings stay side by side, the normal forms are those of the C interface. */
class ValuesTest {
  private static final long NOON = 1_764_417_600L; // 2025-11-29T12:00Z, a Saturday
  private static final ValuesOptions AT_NOON = at(0).build();

  static {
    Bench.runtime().close(); // loads the library of this build
  }

  private static ValuesOptions.Builder at(int utcOffsetMinutes) {
    return ValuesOptions.builder().now(NOON * 1000, utcOffsetMinutes);
  }

  private static Value one(String text) {
    return Values.parse(text, AT_NOON).get(0);
  }

  @Test
  void valuesHaveTheirPlaceInChars() {
    final String text = "👍🏽明天早上七点一刻叫我，把灯调到30% and dial 13800138000";
    final List<Value> values = Values.parse(text, AT_NOON);
    assertEquals("[datetime 2025-11-30T07:15, percent 30, phone 13800138000]", values.toString());
    final String[] said = {"明天早上七点一刻", "30%", "13800138000"};
    for (int i = 0; i < said.length; i++)
      assertEquals(said[i], text.substring(values.get(i).getBegin(), values.get(i).getEnd()));
    final Value moment = values.get(0);
    assertEquals(ValueKind.TIME, moment.getKind());
    assertEquals(ValueUnit.MINUTE, moment.getPrecision());
    assertEquals("2025-11-30T07:15:00", moment.getFrom().toString());
    assertEquals(moment.getFrom().getUnixSeconds(), moment.getTo().getUnixSeconds());
    assertEquals(NOON + 19 * 3600 + 900, moment.getFrom().getUnixSeconds());
    assertEquals(7, moment.getFrom().getWeekday());
    assertEquals(30, values.get(1).getNumber());
    assertNull(values.get(1).getFrom());
    assertEquals("13800138000", values.get(2).getText());
    assertThrows(UnsupportedOperationException.class, () -> values.remove(0));
  }

  @Test
  void whatIsAmbiguousComesInSeveralReadingsOfOneGroup() {
    final List<Value> readings = Values.parse("wake me at seven", AT_NOON);
    assertEquals("[datetime 2025-11-29T19:00, datetime 2025-11-30T07:00]", readings.toString());
    for (Value reading : readings) {
      assertTrue(reading.isAmbiguous());
      assertEquals(0, reading.getGroup());
    }
  }

  @Test
  void kindsHaveTheirFields() {
    final Value bit = one("turn it up a bit");
    assertEquals(ValueAmount.BIT, bit.getAmount());
    assertEquals(1, bit.getDirection());
    assertTrue(bit.isRelative());
    assertNull(bit.getLevel());
    assertEquals(ValueLevel.MAX, one("set it to max").getLevel());
    assertEquals(ValueKind.LIGHT, one("2700K").getKind());
    assertEquals(0xFF0000, one("red").getColor());
    assertEquals(ValueUnit.DEGREE, one("26度").getUnit());
    final Value range = one("two or three lamps");
    assertTrue(range.isRange() && range.getNumber() == 2 && range.getNumberTo() == 3, range.toString());
    assertEquals(5400, one("90 minutes").getNumber());
    final Value weekly = one("每周一和周五早上八点");
    assertEquals(ValueUnit.WEEK, weekly.getRepeatUnit());
    assertEquals(1, weekly.getRepeatInterval());
    assertEquals(0b10001, weekly.getRepeatWeekdays());
    assertFalse(weekly.isApproximate());
  }

  @Test
  void optionsAreHeard() {
    assertEquals(ValueKind.TIME, Values.parse("seven", at(0).expect(ValueKind.TIME).build()).get(0).getKind());
    assertEquals("[color #ff0000]", Values.parse("30% red", at(0).kind(ValueKind.COLOR).build()).toString());
    assertTrue(Values.parse("at seven", ValuesOptions.builder().now(0, 0).build()).stream().noneMatch(v -> v.getKind() == ValueKind.TIME));
    assertEquals(0, Values.parse("三十个", at(0).language(Language.ENGLISH).build()).size());
    assertEquals(1, Values.parse("三十个", at(0).language(Language.CHINESE).build()).size());
    assertEquals(1, Values.parse("tomorrow", at(14 * 60).build()).get(0).getFrom().getDay());
    assertTrue(Values.parse("tomorrow").get(0).getFrom().getUnixSeconds() * 1000 > System.currentTimeMillis());
    assertThrows(SottoException.InvalidArgument.class, () -> Values.parse("seven", at(5000).build()));
  }

  @Test
  void aListAgreesOnWhatMostOfItSays() {
    final Agreement found = Values.agree(
        Arrays.asList(new Hypothesis("设成五十", -0.9f), new Hypothesis("设成十五", -1.05f), new Hypothesis("设成十五 ", -1.38f)), AT_NOON);
    assertEquals(1, found.getHypothesis());
    assertEquals(0.6, found.getShare(), 0.02);
    assertEquals("[number 15]", found.getValues().toString());
    assertEquals(2, found.getValues().get(0).getBegin());
    assertThrows(SottoException.InvalidArgument.class, () -> Values.agree(Collections.<Hypothesis>emptyList(), AT_NOON));
    assertThrows(SottoException.InvalidArgument.class,
        () -> Values.agree(Collections.nCopies(65, new Hypothesis("a", 0)), AT_NOON));
    assertThrows(SottoException.InvalidArgument.class,
        () -> Values.agree(Collections.singletonList(new Hypothesis("a", Float.NaN)), AT_NOON));
  }

  @Test
  void anyTextIsReadAndHalfOfAPairRefused() {
    final StringBuilder many = new StringBuilder(); // more values than a table of local references holds
    for (int i = 0; i < 20_000; i++) many.append("灯7 ");
    for (String text : Bench.TEXTS) assertTrue(Values.parse(text, AT_NOON).size() < 10);
    final List<Value> values = Values.parse(many.toString(), AT_NOON);
    assertEquals(20_000, values.size());
    assertEquals(many.length() - 2, values.get(values.size() - 1).getBegin());
    final char[] tooMany = new char[50_000_000];
    Arrays.fill(tooMany, ' ');
    for (int i = 0; i < 200_000; i += 2) tooMany[i] = '7';
    final SottoException e = assertThrows(SottoException.class, () -> Values.parse(new String(tooMany), AT_NOON));
    assertEquals(Status.UNSUPPORTED, e.getStatus());
    assertTrue(e.getMessage().contains("100000"), e.getMessage());
    assertThrows(SottoException.InvalidArgument.class, () -> Values.parse("7\uD83D"));
    assertThrows(SottoException.InvalidArgument.class, () -> Values.parse(null));
  }
}

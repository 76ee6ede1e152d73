package dev.sotto;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Care and journal through the real plugins; neither needs a model. */
class CareTest extends WithRuntime {
  @Test
  void findingsLieInCharsOfTheText() {
    final String text = "👨‍👩‍👧‍👦 我的电话是13812345678，谢谢";
    try (Care care = runtime.newCare(CareOptions.DEFAULT)) {
      final CareResult result = care.check(text, CareSpeaker.USER);
      assertEquals(1, result.getFindings().size(), result.toString());
      final CareFinding phone = result.getFindings().get(0);
      assertEquals(CareCategory.PERSONAL, phone.getCategory());
      assertEquals(CareFinding.Kind.PHONE, phone.getKind());
      assertEquals("13812345678", text.substring(phone.getBegin(), phone.getEnd()));
      assertEquals(1, phone.getProbability());
      assertNull(result.getAnswer()); // personal data has no fixed text unless asked for
      assertEquals(phone.getSeverity(), result.severity(CareCategory.PERSONAL));
      assertEquals(CareSeverity.NONE, result.severity(CareCategory.ADULT));
    }
  }

  @Test
  void theMakersTextIsTheAnswer() {
    try (Care care = runtime.newCare(CareOptions.DEFAULT)) {
      final CareResult result = care.check("我不想活了", CareSpeaker.USER);
      assertEquals(CareCategory.SELF_HARM, result.getAnswer());
      assertEquals(Language.CHINESE, result.getLanguage());
      assertTrue(care.text(CareCategory.SELF_HARM, Language.CHINESE).contains("{求助热线}"));
      care.setText(CareCategory.SELF_HARM, Language.CHINESE, "请拨打 💛");
      assertEquals("请拨打 💛", care.text(CareCategory.SELF_HARM, Language.CHINESE));
      care.setText(CareCategory.SELF_HARM, Language.CHINESE, "");
      assertEquals("", care.text(CareCategory.SELF_HARM, Language.CHINESE));
      care.setText(CareCategory.SELF_HARM, Language.CHINESE, null);
      assertTrue(care.text(CareCategory.SELF_HARM, Language.CHINESE).contains("{求助热线}"));
    }
    try (Care quiet = runtime.newCare(CareOptions.builder().answerFrom(CareCategory.SELF_HARM, CareSeverity.NEVER).build())) {
      assertNull(quiet.check("我不想活了", CareSpeaker.USER).getAnswer());
    }
  }

  @Test
  void streamsGiveWhatMayBeSaidAndStopThere() {
    try (Care care = runtime.newCare(CareOptions.DEFAULT); CareStream stream = care.newStream()) {
      for (String text : Bench.TEXTS) {
        final StringBuilder said = new StringBuilder();
        text.codePoints().forEach(c -> stream.feed(new String(Character.toChars(c)), Bench.into(said)));
        assertNull(stream.finish(Bench.into(said)).getAnswer());
        assertEquals(text, said.toString());
      }
      final StringBuilder said = new StringBuilder();
      CareResult result = null;
      for (String piece : new String[] {"Sure. ", "I am a human being", ", not a machine."}) result = stream.feed(piece, Bench.into(said));
      assertEquals(CareCategory.MACHINE, stream.finish(Bench.into(said)).getAnswer(), String.valueOf(result));
      assertEquals("Sure. ", said.toString());
      final IllegalStateException own = new IllegalStateException("of the application");
      final String long_ = new String(new char[3000]).replace("\0", "word ");
      assertSame(own, assertThrows(IllegalStateException.class, () -> stream.feed(long_, piece -> { throw own; })));
    }
  }

  @Test
  void badInputIsAnExceptionInWords() {
    assertThrows(SottoException.class, () -> runtime.newCare(CareOptions.builder().rules("no rule").build()));
    assertThrows(SottoException.class, () -> runtime.newCare(CareOptions.builder().holdBytes(1).build()));
    final Care care = runtime.newCare(CareOptions.DEFAULT);
    assertThrows(SottoException.InvalidArgument.class, () -> care.check("\uD83D", CareSpeaker.USER));
    assertThrows(SottoException.InvalidArgument.class, () -> care.check(null, CareSpeaker.USER));
    assertThrows(SottoException.class, () -> care.text(CareCategory.ADULT, Language.MIXED));
    assertThrows(SottoException.class, () -> care.setText(CareCategory.ADULT, Language.ENGLISH, new String(new char[5000])));
    final StringBuilder large = new StringBuilder();
    while (large.length() < 1_000_000) large.append("nothing to see here\0 ");
    assertEquals(0, care.check(large.toString(), CareSpeaker.USER).getFindings().size());
    final CareStream stream = care.newStream();
    care.close();
    stream.feed("a", piece -> true); // what it was made from stays for it
    stream.close();
    assertThrows(IllegalStateException.class, () -> stream.feed("a", piece -> true));
    assertThrows(IllegalStateException.class, () -> care.check("a", CareSpeaker.USER));
  }

  @Test
  void aJournalKeepsWithConsentAloneAndForgets(@TempDir Path folder) throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    final JournalOptions options = JournalOptions.builder(folder.toFile()).build();
    try (Journal journal = runtime.openJournal(options)) {
      journal.note("打开灯", "好的");
      journal.flush();
      assertEquals(0, journal.getFacts().getRows());
      journal.setConsent(true);
      journal.note("打电话给13812345678", null);
      journal.note("wrong", "sorry", ExchangeMark.CORRECTION, 0);
      assertTrue(journal.getFacts().getWaiting() > 0);
      journal.flush();
      final JournalFacts facts = journal.getFacts();
      assertTrue(facts.isConsented() && facts.getRows() == 1 && facts.getFiles() == 1 && facts.getBytes() > 10, "rows " + facts.getRows());
      try (java.util.stream.Stream<Path> files = Files.list(folder)) {
        final String kept = new String(
            Files.readAllBytes(files.filter(f -> f.toString().endsWith(".jsonl")).findFirst().get()),
            java.nio.charset.StandardCharsets.UTF_8);
        assertTrue(kept.contains("wrong") && !kept.contains("13812345678"), kept);
      }
      assertThrows(SottoException.Busy.class, () -> runtime.openJournal(options));
      assertThrows(SottoException.InvalidArgument.class, () -> journal.note("", "x"));
      assertThrows(SottoException.InvalidArgument.class, () -> journal.note("\uD83D", "x"));
      journal.forget(Long.MIN_VALUE, Long.MAX_VALUE);
      assertEquals(0, journal.getFacts().getRows());
    }
    assertThrows(SottoException.class, () -> runtime.openJournal(JournalOptions.builder(new java.io.File("/nowhere")).build()));
  }
}

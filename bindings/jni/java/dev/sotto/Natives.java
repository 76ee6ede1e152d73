package dev.sotto;

import androidx.annotation.NonNull;

/**
 * The border to libsotto_jni. Text goes down as byte[] or a direct ByteBuffer of UTF-8 ({@link Utf8#encode}) and comes up as byte[];
 * structs go as arrays, their fields in the order that stands at each function and in native/*.cc. Addresses come from {@link Handle}.
 * Everything here throws SottoException.
 */
final class Natives {
  private Natives() {}

  /** Called by the library to throw. */
  static void fail(int status, @NonNull byte[] sentence) {
    throw SottoException.of(status, Utf8.decode(sentence));
  }

  static native byte[] version();

  static native byte[] buildInfo();

  // numbers: threads, log level, power policy, memory cap, affinity mask, thread priority. texts: plugin folder, data folder.
  static native long runtimeCreate(long[] numbers, byte[][] texts, byte[][] pluginFiles, byte[][] libraries, LogRelay log);

  static native void runtimeDestroy(long runtime);

  static native int runtimePluginCount(long runtime);

  // texts: id, version, description, path, reason. Returns the status.
  static native int runtimePlugin(long runtime, int index, byte[][] texts);

  static native int runtimeBackendCount(long runtime);

  // texts: id, name, version, reason. Returns the number of devices.
  static native int runtimeBackend(long runtime, int index, byte[][] texts);

  // numbers: memory, free memory, shares memory with host, batch-invariant rows. texts: name, detail.
  static native void runtimeDevice(long runtime, int backend, int index, long[] numbers, byte[][] texts);

  static native void runtimeTrim(long runtime, int level);

  static native void runtimeSetPowerPolicy(long runtime, int policy);

  // source: kind, fd, offset, length. numbers: flags, ranks, threads, context tokens, sessions, kv tokens, max batch, kv type, memory
  // cap, device layers. place: the path as bytes, or the model itself in a direct buffer.
  static native long modelOpen(
      long runtime, long[] source, Object place, long[] numbers, byte[] backend, ProgressRelay progress);

  // result: context tokens, max batch, kv type, weights mapped, weights copied, kv cache, workspace, host, total.
  static native void modelEstimate(long runtime, long[] source, Object place, long[] numbers, byte[] backend, long[] result);

  static native void modelDestroy(long model);

  // numbers: layers, hidden, heads, kv heads, head dim, ffn, vocabulary, context trained, context tokens, bos, eos, ranks, tensor count,
  // parameters, file bytes, weight bytes. texts: architecture, weight type, tokenizer, backend, device, name, hash.
  static native void modelFacts(long model, long[] numbers, byte[][] texts);

  static native byte[] modelText(long model, byte[] key);

  static native int[] modelTokenize(long model, Object text, int flags);

  static native byte[] modelDetokenize(long model, int[] ids, int flags);

  static native byte[] templateRender(long model, Object messages, Object variables);

  static native int[] templateTokenize(long model, Object messages, Object variables, int flags);

  static native int headCount(long model);

  static native int headFind(long model, byte[] name);

  // numbers: kind, labels, outputs. Returns the name.
  static native byte[] headInfo(long model, int head, int[] numbers, float[] temperature);

  static native byte[] headLabel(long model, int head, int label, float[] threshold);

  static native float[] headApply(long model, int head, float[] hidden, int outputs);

  // As modelOpen.
  static native long adapterOpen(long model, long[] source, Object place);

  static native void adapterDestroy(long adapter);

  // A model of 0: for texts only.
  static native long grammarCompile(
      long model, int kind, Object source, int flags, int maxRecursion, byte[][] values, byte[][] spans);

  static native void grammarDestroy(long grammar);

  // result: states, masks, masks kept, bytes, bytes of masks.
  static native void grammarFacts(long grammar, long[] result);

  static native long matcherCreate(long grammar);

  static native void matcherDestroy(long matcher);

  static native long matcherFork(long matcher);

  static native int matcherSteps(long matcher);

  static native void matcherRewind(long matcher, int steps);

  static native void matcherAccept(long matcher, int token);

  static native void matcherAcceptText(long matcher, Object text);

  static native long[] matcherMask(long matcher);

  static native int matcherState(long matcher);

  // options: language, clock, offset from UTC, expected kind, kinds.
  static native void valuesParse(Object text, long[] options, ValueRelay found);

  // Returns the hypothesis whose text the places are of.
  static native int valuesAgree(byte[][] texts, float[] scores, long[] options, float[] share, ValueRelay found);

  static native long sessionCreate(long model, int contextTokens);

  static native void sessionDestroy(long session);

  static native void sessionFeed(long session, int[] ids, int outputs, RowRelay rows);

  // Rows of the head's outputs, one behind another.
  static native float[] sessionRead(long session, long model, int head, int[] ids, boolean isLastOnly, int width, int outputs);

  // An adapter of 0: none.
  static native void sessionSetAdapter(long session, long adapter, float strength);

  // options: GenerateOptions.during. result: finish, prompt tokens, generated tokens, position, stop index, first token, prefill, decode
  // ns, drafted, accepted tokens.
  static native void sessionGenerate(
      long session, Object prompt, int[] promptIds, Object[] options, PieceRelay pieces, long[] result);

  static native void sessionCancel(long session);

  static native int sessionPosition(long session);

  static native void sessionRewind(long session, int position);

  static native int[] sessionTokens(long session, int first);

  static native long sessionFork(long session);

  static native byte[] sessionSave(long session);

  static native void sessionRestore(long session, byte[] bytes);

  // result: steps, computed tokens, generated tokens, prefill ns, decode ns, cache bytes.
  static native void sessionCounters(long session, long[] result);

  static native float[] sessionEmbed(long session, int width, int[] ids, int pooling, int flags);

  // texts: system prompt, template source, variables.
  static native long dialogueCreate(long runtime, long model, Object[] texts, int answerTokens, int contextTokens);

  static native void dialogueDestroy(long dialogue);

  // result: finish, prompt, reused, computed, generated tokens, dropped turns, first token, prefill, decode ns, flags.
  static native void dialogueSay(
      long dialogue, byte[] role, Object text, Object[] options, PieceRelay pieces, long[] result);

  static native void dialogueAdd(long dialogue, byte[] role, Object text);

  static native void dialogueCancel(long dialogue);

  static native void dialogueReset(long dialogue);

  static native void dialogueUndo(long dialogue, int turns);

  static native byte[] dialogueHistory(long dialogue);

  static native byte[] dialogueSave(long dialogue);

  static native void dialogueRestore(long dialogue, byte[] bytes);

  static native void dialogueSetHint(long dialogue, Object text);

  // numbers: flags, half-life, context tokens. thresholds: label, emotion.
  static native long sentimentCreate(long runtime, long model, int[] numbers, float[] thresholds);

  static native void sentimentDestroy(long reader);

  // For each text the numbers and floats of SentimentResult.
  static native void sentimentRead(long reader, byte[][] texts, int deadlineMillis, int[] numbers, float[] floats);

  static native void sentimentReadSession(long reader, long session, int[] ids, byte[] text, int[] numbers, float[] floats);

  static native void sentimentReadHidden(long reader, float[] hidden, byte[] text, int[] numbers, float[] floats);

  static native void sentimentCancel(long reader);

  static native void sentimentSetConsent(long reader, boolean isGiven);

  static native void sentimentNoteTurn(long reader, int[] numbers, float[] floats);

  static native void sentimentNoteEvent(long reader, int event);

  // The numbers and floats of Mood.
  static native void sentimentMood(long reader, int[] numbers, float[] floats);

  static native void sentimentReset(long reader);

  static native byte[] sentimentSentence(long reader, boolean isHint, int language);

  // numbers: flags, seed, max events, daily cap, cool-down hours, quiet from, quiet to. weights: exploration, diversity, bad mood, half-life.
  static native long recommenderCreate(
      long runtime, long model, Object catalogue, byte[] folder, long[] numbers, float[] weights);

  static native void recommenderDestroy(long recommender);

  static native long profileOpen(long recommender, byte[] user, byte[] key);

  static native void profileClose(long profile);

  static native void profileSetConsent(long profile, int consent);

  // context: flags, unix ms, offset from UTC. texts: place, device, tags, has, request.
  static native void profileRecord(long profile, int event, byte[] feature, long[] context, float mood, byte[][] texts);

  // Returns SOTTO_QUIET_*.
  static native int profileList(
      long profile, boolean isUnasked, long[] context, float mood, byte[][] texts, int count, RecommendationRelay found);

  static native long profileForget(long profile, byte[] feature, long fromUnixMillis, long untilUnixMillis);

  static native byte[] profileExport(long profile);

  static native void profileImport(long profile, Object json);

  // result: consent, schema version, suggestions today, events, file bytes.
  static native void profileFacts(long profile, long[] result);

  // numbers: language, offset from UTC, max calls, call deadline, deadline, flags. thresholds: intent, function, margin.
  static native long assistantCreate(long runtime, long model, Object domain, byte[] area, int[] numbers, float[] thresholds);

  static native void assistantDestroy(long assistant);

  // texts: name, description, schema, replies.
  static native void assistantAddFunction(long assistant, byte[][] texts, byte[][] examples, int flags, FunctionRelay body);

  static native boolean functionIsGivenUp(long call);

  static native void assistantSetHome(long assistant, Object json);

  static native void assistantSetManual(long assistant, int language, Object text);

  // said: answer, intent. numbers: language, source, flags, hypothesis, calls, failed calls, tokens.
  static native void assistantTurn(
      long assistant, byte[][] texts, float[] scores, byte[][] said, int[] numbers, float[] confidence);

  static native void assistantUndo(long assistant, byte[][] said, int[] numbers, float[] confidence);

  static native byte[] assistantText(long assistant, boolean isHistory);

  static native float[] assistantHidden(long assistant);

  static native byte[] assistantSave(long assistant);

  static native void assistantRestore(long assistant, byte[] bytes);

  static native void assistantReset(long assistant);

  static native void assistantCancel(long assistant);

  // numbers: hold bytes, then the severity from which each category is answered.
  static native long careCreate(long runtime, long model, int[] numbers, float headConfidence, Object rules);

  static native void careDestroy(long care);

  static native void careSetText(long care, int category, int language, byte[] text);

  static native byte[] careText(long care, int category, int language);

  // numbers: those of CareResult.
  static native void careCheck(long care, Object text, int from, CareRelay found, int[] numbers);

  static native long careStreamCreate(long care);

  static native void careStreamDestroy(long stream);

  // A piece of null is the end.
  static native void careStreamStep(long stream, Object piece, PieceRelay pieces, int[] numbers);

  // numbers: flags, max bytes, max age.
  static native long journalOpen(long runtime, byte[] folder, long[] numbers);

  static native void journalClose(long journal);

  static native void journalSetConsent(long journal, boolean isGiven);

  static native void journalNote(long journal, byte[] user, byte[] answer, int flags, long unixMillis);

  static native void journalFlush(long journal);

  static native void journalForget(long journal, long fromUnixMillis, long toUnixMillis);

  // result: flags, files, waiting, rows, bytes.
  static native void journalFacts(long journal, long[] result);
}

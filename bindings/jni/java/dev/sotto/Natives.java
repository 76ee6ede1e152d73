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

  static native long sessionCreate(long model, int contextTokens);

  static native void sessionDestroy(long session);

  static native void sessionFeed(long session, int[] ids, int outputs, RowRelay rows);

  // options: GenerateOptions.pack. result: finish, prompt tokens, generated tokens, position, stop index, first token, prefill, decode ns.
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

  // result: finish, prompt, reused, computed, generated tokens, dropped turns, first token, prefill, decode ns.
  static native void dialogueSay(
      long dialogue, byte[] role, Object text, Object[] options, PieceRelay pieces, long[] result);

  static native void dialogueAdd(long dialogue, byte[] role, Object text);

  static native void dialogueCancel(long dialogue);

  static native void dialogueReset(long dialogue);

  static native void dialogueUndo(long dialogue, int turns);

  static native byte[] dialogueHistory(long dialogue);

  static native byte[] dialogueSave(long dialogue);

  static native void dialogueRestore(long dialogue, byte[] bytes);
}

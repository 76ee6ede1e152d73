package dev.sotto;

import androidx.annotation.NonNull;
import androidx.annotation.Nullable;

/** What a function of the device does. Runs on a thread of the assistant, one call at a time; must not call the assistant. */
public interface FunctionBody {
  /**
   * Does it, and returns a JSON object or null: {"result": TEXT, "error": TEXT, "slots": {name: TEXT}, "undo": {argument: value},
   * "next": [{"name": FUNCTION, "arguments": {}}]}, each optional; TEXT is a string or {"zh": ..., "en": ...}. What it throws and
   * an "error" are a failure that the answer tells; {@link AssistantTurn#getThrown} has the exceptions.
   */
  @Nullable
  String run(@NonNull FunctionCall call) throws Exception;
}

package dev.sotto.sample;

/** One bubble of the chat. Immutable: a view shows what it was given. */
public final class Message {
  public final boolean isUsers;
  public final String text;
  public final boolean isStopped; // the user ended it before its end

  Message(boolean isUsers, String text, boolean isStopped) {
    this.isUsers = isUsers;
    this.text = text;
    this.isStopped = isStopped;
  }

  @Override
  public String toString() {
    return (isUsers ? "> " : "") + text + (isStopped ? " [stopped]" : "");
  }
}

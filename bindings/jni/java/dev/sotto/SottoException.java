package dev.sotto;

import androidx.annotation.NonNull;

/**
 * A failed call. The message is the sentence of the C library: what was tried, on what, the numbers, the remedy. What an
 * application reacts to has a class of its own below; everything else is told apart by {@link #getStatus()}.
 */
public class SottoException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final Status status;

  SottoException(@NonNull Status status, @NonNull String sentence) {
    super(sentence);
    this.status = status;
  }

  @NonNull
  public final Status getStatus() {
    return status;
  }

  /** The call itself is wrong: a null, a range, text that is no Unicode. */
  public static final class InvalidArgument extends SottoException {
    private static final long serialVersionUID = 1;

    InvalidArgument(String sentence) {
      super(Status.INVALID_ARGUMENT, sentence);
    }
  }

  /** No such file, backend, device, plugin or key. */
  public static final class NotFound extends SottoException {
    private static final long serialVersionUID = 1;

    NotFound(String sentence) {
      super(Status.NOT_FOUND, sentence);
    }
  }

  /** A file's content is damaged or not what it claims to be. */
  public static final class BadFile extends SottoException {
    private static final long serialVersionUID = 1;

    BadFile(String sentence) {
      super(Status.BAD_FILE, sentence);
    }
  }

  /** The machine, the device or the hard cap has too little memory. */
  public static final class OutOfMemory extends SottoException {
    private static final long serialVersionUID = 1;

    OutOfMemory(String sentence) {
      super(Status.OUT_OF_MEMORY, sentence);
    }
  }

  /** The tokens do not fit into the context. */
  public static final class ContextFull extends SottoException {
    private static final long serialVersionUID = 1;

    ContextFull(String sentence) {
      super(Status.CONTEXT_FULL, sentence);
    }
  }

  /** The call was cancelled, or its object closed meanwhile. */
  public static final class Cancelled extends SottoException {
    private static final long serialVersionUID = 1;

    Cancelled(String sentence) {
      super(Status.CANCELLED, sentence);
    }
  }

  /** The deadline passed. */
  public static final class DeadlinePassed extends SottoException {
    private static final long serialVersionUID = 1;

    DeadlinePassed(String sentence) {
      super(Status.DEADLINE, sentence);
    }
  }

  /** The object is in use by another thread. */
  public static final class Busy extends SottoException {
    private static final long serialVersionUID = 1;

    Busy(String sentence) {
      super(Status.BUSY, sentence);
    }
  }

  /** The native library could not be loaded; the cause is what the virtual machine said. */
  public static final class LibraryMissing extends SottoException {
    private static final long serialVersionUID = 1;

    LibraryMissing(String sentence, Throwable cause) {
      super(Status.REFUSED, sentence);
      initCause(cause);
    }
  }

  @NonNull
  static SottoException of(int code, @NonNull String sentence) {
    final Status status = Status.of(code);
    switch (status) {
      case INVALID_ARGUMENT:
        return new InvalidArgument(sentence);
      case NOT_FOUND:
        return new NotFound(sentence);
      case BAD_FILE:
        return new BadFile(sentence);
      case OUT_OF_MEMORY:
        return new OutOfMemory(sentence);
      case CONTEXT_FULL:
        return new ContextFull(sentence);
      case CANCELLED:
        return new Cancelled(sentence);
      case DEADLINE:
        return new DeadlinePassed(sentence);
      case BUSY:
        return new Busy(sentence);
      default:
        return new SottoException(status, sentence);
    }
  }
}

"""An answer as an iterator over its pieces."""
from __future__ import annotations

import queue
import threading
import weakref
from typing import Any, Callable, Generic, Iterator, List, Optional, TypeVar

from ._errors import SottoError, Status

Result = TypeVar("Result")


class _Answer(Generic[Result]):
    """What the thread that generates and the reader share; knows nothing of the reader, which may be forgotten."""

    def __init__(self, run: Callable[[Callable[[str], bool]], Result], cancel: Callable[[], None]) -> None:
        self.pieces: "queue.SimpleQueue[Optional[str]]" = queue.SimpleQueue()  # None: the end
        self.result: Optional[Result] = None
        self.failure: List[BaseException] = []
        self.is_cancelled = threading.Event()
        self._cancel = cancel
        self.thread = threading.Thread(target=self._work, args=(run,), name="sotto-generation", daemon=True)

    def _work(self, run: Callable[[Callable[[str], bool]], Result]) -> None:
        try:
            if not self.is_cancelled.is_set():
                self.result = run(self._hear)
        except BaseException as e:
            self.failure.append(e)
        finally:
            self.pieces.put(None)

    def _hear(self, piece: str) -> bool:
        self.pieces.put(piece)
        return not self.is_cancelled.is_set()

    def cancel(self) -> None:
        self.is_cancelled.set()
        if self.thread.is_alive():
            self._cancel()


class TextStream(Generic[Result], Iterator[str]):
    """Pieces of whole characters, made on another thread meanwhile. Closing it early, or forgetting it, ends the answer. What fails
    is raised after the pieces that came before it."""

    def __init__(self, run: Callable[[Callable[[str], bool]], Result], cancel: Callable[[], None]) -> None:
        self._answer = _Answer(run, cancel)
        self._is_at_end = False
        self._finalizer = weakref.finalize(self, self._answer.cancel)
        self._finalizer.atexit = False
        self._answer.thread.start()

    def __next__(self) -> str:
        piece = None if self._is_at_end else self._answer.pieces.get()
        if piece is not None:
            return piece
        self._is_at_end = True
        self._finalizer.detach()
        if self._answer.failure and not self._answer.is_cancelled.is_set():
            raise self._answer.failure[0]
        raise StopIteration

    @property
    def result(self) -> Result:
        """What the answer came to; waits for its end."""
        self._answer.thread.join()
        if self._answer.failure:
            raise self._answer.failure[0]
        if self._answer.result is None:
            raise SottoError(Status.CANCELLED, "the stream was closed before the answer began")
        return self._answer.result

    def close(self) -> None:
        """Ends the answer if it is not complete, and waits until the session is free (at most 50 ms)."""
        self._finalizer.detach()
        self._answer.cancel()
        if threading.current_thread() is not self._answer.thread:
            self._answer.thread.join()

    def __enter__(self) -> "TextStream[Result]":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

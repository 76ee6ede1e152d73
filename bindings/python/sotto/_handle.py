"""The address of a native object that any thread may use and any thread may close; the twin of Handle.java."""
from __future__ import annotations

import contextlib
import ctypes
import threading
import weakref
from typing import Any, Callable, Iterator, List, Optional, TypeVar

CANCEL_AGAIN_S = 0.005  # a cancel that came before the call was inside is lost

functions = threading.local()  # `running`: this thread runs a function for an assistant, whose end waits for it

Action = Callable[[ctypes.c_void_p], None]


class Handle:
    """Destroys its object once it is closed, no call is inside it and no child of it lives: whoever is the last does it."""

    def __init__(self, name: str, address: ctypes.c_void_p, parent: Optional["Handle"], destroy: Action,
                 cancel: Optional[Action] = None) -> None:
        self._name, self._address, self.parent, self._destroy, self._cancel = name, address, parent, destroy, cancel
        self._changed = threading.Condition(threading.RLock())  # guards all below; a finalizer may run inside of a locked block
        self._users: List[int] = []
        self._children = 0
        self.is_closed = False
        self._is_destroyed = False
        if parent is not None:
            with parent._changed:
                parent._children += 1

    @contextlib.contextmanager
    def inside(self, for_child: bool = False) -> Iterator[ctypes.c_void_p]:
        """The address, valid inside the block. `for_child`: also of a closed parent whose child is used."""
        with self._changed:
            if self.is_closed and not for_child:
                raise ValueError(f"the {self._name} is closed: open another one")
            self._users.append(threading.get_ident())
        try:
            yield self._address
        finally:
            self._leave()

    def cancel(self) -> None:
        with self._changed:
            if self.is_closed or not self._users or self._cancel is None:
                return
            self._users.append(threading.get_ident())
        self._cancel_and_leave()

    def close(self) -> None:
        """Cancels the calls in progress and waits for them; from inside such a call it only cancels."""
        if not self._shut():
            return
        while True:
            with self._changed:
                if not self._users:
                    return
                is_inside = threading.get_ident() in self._users
                self._users.append(threading.get_ident())
            self._cancel_and_leave()
            if is_inside:
                return
            with self._changed:
                if self._users:
                    self._changed.wait(CANCEL_AGAIN_S)

    def abandon(self) -> None:
        """For forgotten objects: nothing is cancelled, nothing waits."""
        self._shut()

    def _shut(self) -> bool:
        with self._changed:
            if self.is_closed:
                return False
            self.is_closed = True
            is_last = self._may_destroy()
        if is_last:
            self._finish()
        return not is_last

    def _cancel_and_leave(self) -> None:
        try:
            if self._cancel is not None:
                self._cancel(self._address)
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._users.remove(threading.get_ident())
            self._changed.notify_all()
            is_last = self._may_destroy()
        if is_last:
            self._finish()

    def _may_destroy(self) -> bool:
        if not self.is_closed or self._is_destroyed or self._children or self._users:
            return False
        self._is_destroyed = True
        return True

    def _finish(self) -> None:
        if getattr(functions, "running", False):
            threading.Thread(target=self._finish_now, name="sotto-closing", daemon=True).start()
        else:
            self._finish_now()

    def _finish_now(self) -> None:
        self._destroy(self._address)
        if self.parent is not None:
            parent = self.parent
            with parent._changed:
                parent._children -= 1
                is_last = parent._may_destroy()
            if is_last:
                parent._finish()


Self = TypeVar("Self", bound="NativeObject")


class NativeObject:
    """What every object with a native side shares: closing, `with`, and being closed when it is forgotten."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._finalizer = weakref.finalize(self, handle.abandon)
        self._finalizer.atexit = False  # the process frees all; a destroy could meet a plugin that is gone

    def close(self) -> None:
        """Frees the native side. A call in progress on another thread is cancelled and waited for; afterwards every other method
        raises ValueError. Objects made from this one may live on."""
        self._finalizer.detach()
        self._handle.close()

    @property
    def is_closed(self) -> bool:
        return self._handle.is_closed

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

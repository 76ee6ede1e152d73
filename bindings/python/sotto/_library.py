"""Finds libsotto, calls it, and turns failures into SottoError."""
from __future__ import annotations

import ctypes
import os
import pathlib
import threading
from typing import Any, Callable, Iterable, List, Optional, Union

from . import _abi
from ._errors import SottoError, Status

NAME = "libsotto.so"
_lock = threading.Lock()
_loaded: Optional[ctypes.CDLL] = None
_folder: Optional[pathlib.Path] = None


def load(path: Union[str, "os.PathLike[str]", None] = None) -> None:
    """Loads libsotto, before anything else of this package is used; `path` is the library or its folder.

    Without a path: the variable SOTTO_LIBRARY, then the folder `lib` beside this package. Doing it twice does nothing.
    """
    global _loaded, _folder
    with _lock:
        if _loaded is not None:
            return
        file = _find(path)
        try:
            library = ctypes.CDLL(str(file))
        except OSError as e:
            raise SottoError(Status.REFUSED, f"loading {file}: {e}; give a {NAME} built for this system and processor") from e
        _abi.declare(library)
        _loaded, _folder = library, file.parent


def _find(path: Union[str, "os.PathLike[str]", None]) -> pathlib.Path:
    here = pathlib.Path(__file__).resolve().parent / "lib"
    places = [path] if path is not None else [os.environ.get("SOTTO_LIBRARY"), here]
    for place in places:
        if place:
            file = pathlib.Path(place).absolute()
            file = file / NAME if file.is_dir() else file
            if file.exists():
                return file
    tried = ", ".join(str(place) for place in places if place)
    raise SottoError(Status.NOT_FOUND, f"no {NAME} at {tried}: build it first, and name its folder by sotto.load(folder) or the "
                                       "variable SOTTO_LIBRARY")


def library() -> ctypes.CDLL:
    if _loaded is None:
        load()
    assert _loaded is not None
    return _loaded


def plugin_folder() -> Optional[pathlib.Path]:
    """Where the plugins lie that came with the library."""
    library()
    folder = _folder / "sotto" if _folder else None
    return folder if folder and folder.is_dir() else None


def version() -> str:
    text: bytes = library().sotto_version()
    return text.decode()


def check(function: Callable[..., int], *arguments: Any) -> None:
    """Calls a fallible function, whose last argument is the error."""
    error = _abi.sized(_abi.Error)
    status = function(*arguments, ctypes.byref(error))
    if status != Status.OK:
        sentence = error.text or library().sotto_status_text(status)
        raise SottoError(Status(status), sentence.decode(errors="replace"))


def call(name: str, *arguments: Any) -> None:
    check(getattr(library(), "sotto_" + name), *arguments)


class Text:
    """A view of UTF-8 bytes that keeps them alive; None: not given."""

    def __init__(self, what: str, text: Optional[str]) -> None:
        try:
            self._bytes = None if text is None else text.encode("utf-8")
        except UnicodeEncodeError as e:
            raise SottoError(Status.INVALID_ARGUMENT, f"{what} has half of a surrogate pair (U+{ord(e.object[e.start]):04X}) at "
                                                      f"character {e.start}, which is no text: cut it elsewhere") from e
        data = None if self._bytes is None else ctypes.cast(ctypes.c_char_p(self._bytes), ctypes.c_void_p)
        self.view = _abi.Str(data, len(self._bytes or b""))


def ids_array(ids: Iterable[int]) -> Any:
    """uint32[] for the library."""
    items: List[int] = list(ids)
    for token in items:
        if not 0 <= token <= _abi.NONE:
            raise SottoError(Status.INVALID_ARGUMENT, f"the token {token} is no unsigned number of 32 bits")
    return (ctypes.c_uint32 * len(items))(*items)


def fetch_bytes(fill: Callable[..., int], *arguments: Any) -> bytes:
    """The two-call idiom for text and bytes."""
    size = ctypes.c_uint64()
    check(fill, *arguments, None, 0, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    if size.value:
        check(fill, *arguments, buffer, size.value, ctypes.byref(size))
    return buffer.raw


def fetch_ids(fill: Callable[..., int], *arguments: Any) -> List[int]:
    """The two-call idiom for token ids."""
    count = ctypes.c_uint64()
    check(fill, *arguments, None, 0, ctypes.byref(count))
    buffer = (ctypes.c_uint32 * count.value)()
    if count.value:
        check(fill, *arguments, buffer, count.value, ctypes.byref(count))
    return list(buffer)


def matrix(values: Any, rows: int, width: int, numpy: bool) -> Any:
    """A ctypes array of rows * width float32 with two dimensions: a memoryview, or an ndarray."""
    flat = memoryview(values).cast("B")
    if numpy:
        import numpy as np
        return np.frombuffer(flat, np.float32).reshape(rows, width)
    return flat.cast("f", (rows, width)) if rows else flat.cast("f")

"""Where a model or an adapter comes from: a path, an open file, memory."""
from __future__ import annotations

import ctypes
import os
from typing import Any, List, Union

from . import _abi
from ._errors import SottoError, Status
from ._library import Text

PATH, MEMORY, DESCRIPTOR = 0, 1, 2
SourceOf = Union[str, "os.PathLike[str]", int, Any]


class Source:
    """Owns what the C struct points to, until it is released."""

    def __init__(self, what: str, source: SourceOf, offset: int, length: int) -> None:
        for name, number in (("offset", offset), ("length", length)):
            if not 0 <= number < 2**64:
                raise SottoError(Status.INVALID_ARGUMENT, f"{name} is {number}, expected 0 or more")
        self._keeping: List[Any] = []
        self.struct = _abi.sized(_abi.ModelSource, offset=offset, length=length)
        if isinstance(source, (str, os.PathLike)):
            path = Text(f"{what}'s path", os.fspath(source))
            self._keeping.append(path)
            self.struct.kind, self.struct.path = PATH, path.view
        elif isinstance(source, int) or hasattr(source, "fileno"):
            descriptor = source if isinstance(source, int) else source.fileno()
            if not 0 <= descriptor < 2**31:
                raise SottoError(Status.INVALID_ARGUMENT, f"{what}'s descriptor is {descriptor}, expected that of an open file")
            self.struct.kind, self.struct.fd = DESCRIPTOR, descriptor
        else:
            self._borrow(what, source, offset, length)

    def _borrow(self, what: str, source: Any, offset: int, length: int) -> None:
        if offset or length:
            raise SottoError(Status.INVALID_ARGUMENT, f"{what} is in memory, and offset and length are of files: give a memoryview of the part")
        try:
            view = memoryview(source).cast("B")
        except TypeError as e:
            raise SottoError(Status.INVALID_ARGUMENT, f"{what} is of {type(source).__name__}: expected a path, an open file, a descriptor "
                                                      "or contiguous bytes") from e
        if isinstance(source, bytes) or view.readonly:
            whole = source if isinstance(source, bytes) else bytes(view)
            self.struct.data = ctypes.cast(ctypes.c_char_p(whole), ctypes.c_void_p)
            self._keeping.append(whole)
        else:
            array = (ctypes.c_char * len(view)).from_buffer(view)
            self.struct.data = ctypes.addressof(array)
            self._keeping.append(array)
        self.struct.kind, self.struct.size = MEMORY, len(view)

    def release(self) -> None:
        del self._keeping[:]

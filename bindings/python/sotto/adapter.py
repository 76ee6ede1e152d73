"""LoRA adapters: a model's own weights and a little more."""
from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from ._handle import Handle, NativeObject
from ._library import call, library
from ._source import Source, SourceOf

if TYPE_CHECKING:
    from .model import Model


class Adapter(NativeObject):
    """For the sessions of the model that opened it (Session.attach), each of which holds it: it may be closed while it is in use."""

    def __init__(self, model: "Model", source: SourceOf, offset: int = 0, length: int = 0) -> None:
        place = Source("the adapter", source, offset, length)
        made = ctypes.c_void_p()
        with model._handle.inside() as address:
            call("lora_open", address, ctypes.byref(place.struct), ctypes.byref(made))
            super().__init__(Handle("adapter", made, model._handle, library().sotto_lora_destroy))

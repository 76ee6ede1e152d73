"""How an object of a skill plugin is made and found: inside of its runtime and, where it has one, of its model."""
from __future__ import annotations

import ctypes
import enum
from typing import TYPE_CHECKING, Any, Callable, Optional, Tuple, Type, TypeVar

from ._errors import SottoError, Status
from ._handle import Action, Handle
from ._library import check, library

if TYPE_CHECKING:
    from .model import Model
    from .runtime import Runtime


class Language(enum.IntEnum):
    """What a text is written in; assistants and care know the two in the middle."""

    UNKNOWN = 0
    CHINESE = 1
    ENGLISH = 2
    MIXED = 3


Constant = TypeVar("Constant", bound=enum.IntEnum)


def constant(kind: Type[Constant], code: int) -> Optional[Constant]:
    """None for SOTTO_NONE and what this version does not know."""
    try:
        return kind(code)
    except ValueError:
        return None


def language(code: int) -> Language:
    return constant(Language, code) or Language.UNKNOWN


def open_skill(name: str, skill: bytes, api: Type[ctypes.Structure], runtime: "Runtime", model: Optional["Model"],
               create: Callable[..., None], ends: Tuple[str, Optional[str]]) -> Tuple[Any, Handle]:
    """The plugin's table and the handle of what create(table, self, model or None, out) made. `ends`: the table's names for destroying
    and cancelling."""
    made = ctypes.c_void_p()
    if model is not None and model._runtime is not runtime:
        raise SottoError(Status.INVALID_ARGUMENT, f"the model of the {name} belongs to another runtime: open it on this one")

    def make(address: Any, above: Any, parent: Handle) -> Tuple[Any, Handle]:
        found = library().sotto_runtime_query(above, skill)
        table = whole_table(found.table, api, skill.decode())
        create(table, found.self, address, ctypes.byref(made))
        destroy: Action = getattr(table, ends[0])
        return table, Handle(name, made, parent, destroy, None if ends[1] is None else getattr(table, ends[1]))

    if model is None:
        with runtime._handle.inside() as above:
            return make(None, above, runtime._handle)
    with model._handle.inside() as address, runtime._handle.inside(for_child=True) as above:
        return make(address, above, model._handle)


def whole_table(table: Optional[int], api: Type[ctypes.Structure], skill: str) -> Any:
    """The plugin's table, if there is one with every function."""
    if table is None or ctypes.c_uint32.from_address(table).value < ctypes.sizeof(api):
        raise SottoError(Status.NOT_FOUND, f"no plugin for {skill} is loaded: name its folder or file to the Runtime")
    return api.from_address(table)


def fetch_floats(fill: Callable[..., int], *arguments: Any) -> "ctypes.Array[ctypes.c_float]":
    """The two-call idiom for numbers."""
    count = ctypes.c_uint64()
    check(fill, *arguments, None, 0, ctypes.byref(count))
    buffer = (ctypes.c_float * count.value)()
    if count.value:
        check(fill, *arguments, buffer, count.value, ctypes.byref(count))
    return buffer

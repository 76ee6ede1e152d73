"""Heads: small linear layers on a model's hidden states that its file carries (sotto/hidden.h)."""
from __future__ import annotations

import ctypes
import dataclasses
import enum
import math
from typing import TYPE_CHECKING, Any, Iterable, List, Tuple

from . import _abi
from ._errors import SottoError, Status
from ._library import Text, call, library, matrix

if TYPE_CHECKING:
    from .model import Model


class HeadKind(enum.IntEnum):
    """What a head answers for."""

    SEQUENCE = 1  # a text: its outputs behind the last token are the answer
    TOKEN = 2
    SPAN = 3  # each token: a number for each label that its span begins, then one for each that it ends


@dataclasses.dataclass(frozen=True)
class HeadLabel:
    text: str
    threshold: float  # on the label's probability, as trained; 0: none


class Head:
    """Session.read feeds text and gives its outputs in one; apply is for hidden states that are there already. Any thread; of use while
    the model is open."""

    def __init__(self, model: "Model", index: int) -> None:
        self._model, self._index = model, index
        info, label = _abi.sized(_abi.HeadInfo), _abi.sized(_abi.HeadLabel)
        labels = []
        with model._handle.inside() as address:
            call("model_head_info", address, index, ctypes.byref(info))
            for place in range(info.labels):
                call("model_head_label", address, index, place, ctypes.byref(label))
                labels.append(HeadLabel(label.text.decode(), label.threshold))
        self.name: str = info.name.decode()
        self.kind = HeadKind(info.kind)
        self.outputs: int = info.outputs  # numbers for each hidden state: the labels', for spans twice as many
        self.temperature: float = info.temperature  # outputs are divided by it already
        self.labels: Tuple[HeadLabel, ...] = tuple(labels)
        self._width = model.facts.hidden

    @classmethod
    def _all(cls, model: "Model") -> List["Head"]:
        with model._handle.inside() as address:
            count = library().sotto_model_head_count(address)
        return [cls(model, index) for index in range(count)]

    @classmethod
    def _find(cls, model: "Model", name: str) -> "Head":
        wanted, index = Text("the head's name", name), ctypes.c_uint32()
        with model._handle.inside() as address:
            call("model_head_find", address, wanted.view, ctypes.byref(index))
        return cls(model, index.value)

    def apply(self, states: Any, *, numpy: bool = False) -> Any:
        """float32 [rows, outputs] before the softmax; `states`: rows of Session.hidden, or one row."""
        numbers = _flat(states)
        rows = len(numbers) // self._width
        if len(numbers) != rows * self._width:
            raise SottoError(Status.INVALID_ARGUMENT, f"the head {self.name}: {len(numbers)} numbers are no rows of the model's hidden size "
                                                      f"{self._width}: take them from a session of the same model")
        logits = (ctypes.c_float * (rows * self.outputs))()
        if rows:
            with self._model._handle.inside() as address:
                call("head_apply", address, self._index, numbers, rows, logits, len(logits))
        return matrix(logits, rows, self.outputs, numpy)

    def probabilities(self, outputs: Iterable[float]) -> List[float]:
        """Of the labels, from one row of outputs; they sum to 1. Not for spans, whose labels do not exclude each other."""
        logits = list(outputs)
        if self.kind == HeadKind.SPAN or len(logits) != self.outputs:
            raise SottoError(Status.INVALID_ARGUMENT, f"the head {self.name} of the kind {self.kind.name}: probabilities are made of "
                                                      f"{self.outputs} outputs of a SEQUENCE or TOKEN head")
        most = max(logits)
        powers = [math.exp(x - most) for x in logits]
        return [power / sum(powers) for power in powers]

    def __repr__(self) -> str:
        return f"Head({self.name!r}, {self.kind.name}, {len(self.labels)} labels)"


def _flat(states: Any) -> Any:
    """float[] for the library."""
    try:
        view = memoryview(states)
    except TypeError:
        items = list(states)
        numbers = [float(x) for row in items for x in row] if items and hasattr(items[0], "__iter__") else items
        return (ctypes.c_float * len(numbers))(*numbers)
    if view.format != "f" or not view.c_contiguous:
        return _flat(view.tolist())
    return (ctypes.c_float * (view.nbytes // view.itemsize)).from_buffer_copy(view.tobytes())

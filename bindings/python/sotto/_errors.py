"""Failures: the sentence and the status of sotto_error (sotto/base.h) as one exception."""
from __future__ import annotations

import enum


class Status(enum.IntEnum):
    OK = 0
    INVALID_ARGUMENT = 1
    NOT_FOUND = 2
    IO_ERROR = 3
    BAD_FILE = 4
    UNSUPPORTED = 5
    OUT_OF_MEMORY = 6
    CONTEXT_FULL = 7
    CANCELLED = 8
    DEADLINE = 9
    BUSY = 10
    REENTRANT = 11
    REFUSED = 12
    MISMATCH = 13
    DEVICE_LOST = 14
    RANK_LOST = 15
    TEMPLATE_ERROR = 16
    INTERNAL = 17


class SottoError(Exception):
    """A failed call: str() is the sentence, `status` says what kind of failure it is."""

    def __init__(self, status: Status, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status

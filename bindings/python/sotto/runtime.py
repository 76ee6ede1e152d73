"""The first object: which plugins are loaded."""
from __future__ import annotations

import ctypes
import dataclasses
import os
from typing import Any, Callable, List, Optional, Sequence, Union

from . import _abi
from ._errors import Status
from ._handle import Handle, NativeObject
from ._library import Text, call, library, plugin_folder as default_plugin_folder
from ._source import SourceOf
from .model import Model

Path = Union[str, "os.PathLike[str]"]
POWER_POLICIES = ("balanced", "performance", "saver")
LEVELS = ("error", "warning", "info", "debug")


@dataclasses.dataclass(frozen=True)
class PluginInfo:
    status: Status
    id: str
    version: str
    description: str
    path: str
    reason: str


class Runtime(NativeObject):
    """Loads plugins: of a folder, of named files, and without either those beside libsotto. Any thread."""

    def __init__(self, plugin_folder: Optional[Path] = None, plugin_files: Sequence[Path] = (), *, threads: int = 0,
                 data_folder: Optional[Path] = None, memory_cap_bytes: int = 0, log_level: str = "warning",
                 on_log: Optional[Callable[[str, str], None]] = None) -> None:
        """`on_log(level, line)` comes from any thread; levels are error, warning, info, debug."""
        library()
        if plugin_folder is None and not plugin_files:
            plugin_folder = default_plugin_folder()
        texts = [Text("the plugin file", os.path.abspath(file)) for file in plugin_files]
        files = (_abi.Str * len(texts))(*[text.view for text in texts])
        folder = Text("the plugin folder", None if plugin_folder is None else os.path.abspath(plugin_folder))
        data = Text("the data folder", None if data_folder is None else os.path.abspath(data_folder))
        options = _abi.sized(_abi.RuntimeOptions, threads=threads, plugin_folder=folder.view, plugin_files=files,
                             plugin_file_count=len(files), data_folder=data.view, memory_cap_bytes=memory_cap_bytes,
                             log_level=LEVELS.index(log_level) + 1)
        log = _abi.LogFunction(lambda _, level, line: _log(on_log, level, line))
        if on_log is not None:
            options.log = log
        made = ctypes.c_void_p()
        call("runtime_create", ctypes.byref(options), ctypes.byref(made))
        # The callback lives as long as the native object: `destroy` holds it.

        def destroy(address: ctypes.c_void_p) -> None:
            library().sotto_runtime_destroy(address)
            del keeping[:]

        keeping = [log]
        super().__init__(Handle("runtime", made, None, destroy))

    @property
    def plugins(self) -> List[PluginInfo]:
        """What was found, taken or refused."""
        with self._handle.inside() as runtime:
            found = []
            for index in range(library().sotto_runtime_plugin_count(runtime)):
                info = _abi.sized(_abi.PluginInfo)
                call("runtime_plugin_info", runtime, index, ctypes.byref(info))
                found.append(PluginInfo(Status(info.status), info.id.decode(), info.version.decode(), info.description.decode(),
                                        info.path.decode(), info.reason.decode()))
            return found

    def open(self, source: SourceOf, **options: Any) -> Model:
        """A model of a file, of a part of an open file, or of memory; the keywords are those of Model."""
        return Model(self, source, **options)

    def set_power_policy(self, policy: str) -> None:
        """balanced, performance (all cores) or saver (half of the cores, no spinning)."""
        with self._handle.inside() as runtime:
            library().sotto_runtime_set_power_policy(runtime, POWER_POLICIES.index(policy))

    def trim(self, level: int) -> None:
        """Gives memory back: 1 what is cheap to make again, 2 also caches of idle sessions, 3 all that is not in use."""
        if level not in (1, 2, 3):
            raise ValueError(f"level is {level!r}, expected 1, 2 or 3")
        with self._handle.inside() as runtime:
            library().sotto_runtime_trim(runtime, level)


def _log(on_log: Optional[Callable[[str, str], None]], level: int, line: Any) -> None:
    if on_log is not None:
        on_log(LEVELS[max(1, min(level, len(LEVELS))) - 1], ctypes.string_at(line.data, line.size).decode("utf-8", "replace"))

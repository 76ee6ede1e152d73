"""Sotto from Python: what data people test with.

    runtime = sotto.Runtime()
    with runtime.open("model.gguf") as model, model.session() as session:
        for piece in session.stream("Hi", max_tokens=80):
            print(piece, end="", flush=True)
"""
from ._errors import SottoError, Status
from ._library import load, version
from .dialogue import Dialogue, TurnResult
from .model import Facts, Model
from .runtime import PluginInfo, Runtime
from .session import Counters, Finish, GenerateResult, Session
from .streaming import TextStream

__all__ = ["Counters", "Dialogue", "Facts", "Finish", "GenerateResult", "Model", "PluginInfo", "Runtime", "Session", "SottoError",
           "Status", "TextStream", "TurnResult", "load", "version"]

"""Sotto from Python: what data people test with.

    runtime = sotto.Runtime()
    with runtime.open("model.gguf") as model, model.session() as session:
        for piece in session.stream("Hi", max_tokens=80):
            print(piece, end="", flush=True)
"""
from ._errors import SottoError, Status
from ._library import load, version
from ._skill import Language
from .assistant import AnswerSource, Assistant, AssistantTurn, FunctionCall
from .care import Care, CareResult, CareStream, Category, Finding, Journal, JournalFacts, Mark, PersonalKind, Severity
from .dialogue import Dialogue, TurnResult
from .model import Facts, Model
from .recommendation import Consent, Profile, ProfileFacts, Quiet, Recommendation, Recommender, UsageContext, UsageEvent
from .runtime import PluginInfo, Runtime
from .sentiment import Emotion, Label, Mood, MoodCause, Sentiment, SentimentResult
from .session import Counters, Finish, GenerateResult, Session
from .streaming import TextStream

__all__ = [
    "AnswerSource", "Assistant", "AssistantTurn", "Care", "CareResult", "CareStream", "Category", "Consent", "Counters", "Dialogue",
    "Emotion", "Facts", "Finding", "Finish", "FunctionCall", "GenerateResult", "Journal", "JournalFacts", "Label", "Language", "Mark",
    "Model", "Mood", "MoodCause", "PersonalKind", "PluginInfo", "Profile", "ProfileFacts", "Quiet", "Recommendation", "Recommender",
    "Runtime", "Sentiment", "SentimentResult", "Session", "Severity", "SottoError", "Status", "TextStream", "TurnResult",
    "UsageContext", "UsageEvent", "load", "version"]

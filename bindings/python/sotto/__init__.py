"""Sotto from Python: what data people test with.

    runtime = sotto.Runtime()
    with runtime.open("model.gguf") as model, model.session() as session:
        for piece in session.stream("Hi", max_tokens=80):
            print(piece, end="", flush=True)
"""
from ._errors import SottoError, Status
from ._library import load, version
from ._skill import Language
from .adapter import Adapter
from .assistant import AnswerSource, Assistant, AssistantTurn, FunctionCall
from .care import Care, CareResult, CareStream, Category, Finding, Journal, JournalFacts, Mark, PersonalKind, Severity
from .dialogue import Dialogue, TurnResult
from .grammar import Grammar, GrammarFacts, Matcher
from .head import Head, HeadKind, HeadLabel
from .model import Facts, Model
from .recommendation import Consent, Profile, ProfileFacts, Quiet, Recommendation, Recommender, UsageContext, UsageEvent
from .runtime import PluginInfo, Runtime
from .sentiment import Emotion, Label, Mood, MoodCause, Sentiment, SentimentResult
from .session import Counters, Finish, GenerateResult, Session
from .streaming import TextStream
from .values import Agreement, Amount, Level, Moment, Unit, Value, ValueKind, agree_values, parse_values

__all__ = [
    "Adapter", "Agreement", "Amount", "AnswerSource", "Assistant", "AssistantTurn", "Care", "CareResult", "CareStream",
    "Category", "Consent", "Counters", "Dialogue", "Emotion", "Facts", "Finding", "Finish", "FunctionCall", "GenerateResult",
    "Grammar", "GrammarFacts", "Head", "HeadKind", "HeadLabel", "Journal", "JournalFacts", "Label", "Language", "Level", "Mark",
    "Matcher", "Model", "Moment", "Mood", "MoodCause", "PersonalKind", "PluginInfo", "Profile", "ProfileFacts", "Quiet",
    "Recommendation", "Recommender", "Runtime", "Sentiment", "SentimentResult", "Session", "Severity", "SottoError", "Status",
    "TextStream", "TurnResult", "Unit", "UsageContext", "UsageEvent", "Value", "ValueKind", "agree_values", "load",
    "parse_values", "version"]

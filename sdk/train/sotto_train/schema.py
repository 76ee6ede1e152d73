"""The inventories written in data/: intents, slots, labels. The heads' labels come from here, in this order."""

import functools
from importlib import resources

import yaml

SENTIMENTS = ("negative", "neutral", "positive")
EMOTIONS = ("neutral", "joy", "gratitude", "sadness", "anger", "anxiety", "surprise", "fatigue")
SCOPES = ("in", "out")
CARE = ("none", "self_harm")  # of the categories of care.h, as many as there are lines for
NO_INTENT = "none"


def data_folder():
    return resources.files("sotto_train") / "data"


@functools.cache
def intents() -> dict[str, dict]:
    return yaml.safe_load((data_folder() / "intents.yaml").read_text("utf-8"))


@functools.cache
def slots() -> dict[str, dict]:
    return yaml.safe_load((data_folder() / "slots.yaml").read_text("utf-8"))


def intent_labels() -> list[str]:
    return [NO_INTENT, *intents()]

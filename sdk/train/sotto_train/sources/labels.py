"""The small tables of data/labels/ that turn a set's labels into ours: lines of kind, their label, ours; '#' starts a comment."""

import functools

from sotto_train import schema

SKIP = "skip"  # their label mixes what we keep apart
UNKEPT = "-"  # their label says nothing that we use

# kind: what may stand in the third column
_ALLOWED = {
    "intent": lambda: {SKIP, schema.NO_INTENT, *schema.intents()},
    "slot": lambda: {UNKEPT, *schema.slots()},
    "emotion": lambda: {UNKEPT, *schema.EMOTIONS},
    "sentiment": lambda: {UNKEPT, *schema.SENTIMENTS},
}


@functools.cache
def table(name: str) -> dict[str, dict[str, str]]:
    """kind -> their label -> ours. A label of ours that does not exist is a mistake in our own file, so it is an assertion."""
    tables: dict[str, dict[str, str]] = {}
    text = (schema.data_folder() / "labels" / f"{name}.tsv").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        kind, theirs, ours = line.split("\t")
        assert ours in _ALLOWED[kind](), f"labels/{name}.tsv:{number}: no {kind} '{ours}'"
        labels = tables.setdefault(kind, {})
        assert theirs not in labels, f"labels/{name}.tsv:{number}: '{theirs}' stands twice"
        labels[theirs] = ours
    return tables


def intent(name: str, theirs: str) -> str:
    """Ours, or SKIP also for a label that the table does not know: a newer version of a set may bring one."""
    return table(name)["intent"].get(theirs, SKIP)


def slot(name: str, their_intent: str, theirs: str) -> str:
    labels = table(name).get("slot", {})
    return labels.get(f"{their_intent}:{theirs}", labels.get(theirs, UNKEPT))

"""Learns the weights that care adds to its rules: weigh.py OUT_FOLDER TALK.txt COMMANDS.tsv [--without KIND]

The cases of self-harm in tests/care and the lines of sotto-train for it are the positives (but for what is held out of either);
the near misses of both, talk and commands are the negatives; take lines that the rules find out of the two files first. Wants
scikit-learn, and sotto-train in PYTHONPATH. Writes <language>.txt: in hundredths, a limit, then "weight words" a line."""
import argparse
import pathlib
import re
import zlib

import numpy
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sotto_train import schema
from sotto_train.generate.lines import split_of

HERE = pathlib.Path(__file__).parent
POSITIVES = ("self_harm", "fresh", "last", "tune")
NEAR = ("near", "tune", "other")
LONGEST = {"en": 2, "zh": 3}  # words or characters in a row
MOST = {"en": 9000, "zh": 12000}  # weights; more change little
UNIT = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]")


def units(text):
    return UNIT.findall(re.sub("['\u2019]", "", text.lower()))


def is_zh(text):
    found = units(text)
    return sum(not u.isascii() for u in found) * 2 > len(found)


def rows(name, language):
    for line in (HERE / f"{name}.{language}.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def lines(language, label):
    """Of sotto-train's lines for care, without those that it tests on."""
    for line in (schema.data_folder() / "lines" / f"care.{language}.tsv").read_text("utf-8").splitlines():
        text, care, _ = line.split("\t")
        if care == label and split_of(text) != "test":
            yield text


def learn(language, talk, commands, patterns, without, share):
    positives = [r[2] for n in POSITIVES for r in rows(n, language) if r[0] == "self_harm" and r[1] != without]
    positives += lines(language, "self_harm")
    near = [r[2] for n in NEAR for r in rows(n, language) if r[0] == "none"]
    near += lines(language, "none")
    texts = positives + near + talk + commands
    labels = numpy.array([1] * len(positives) + [0] * (len(texts) - len(positives)))
    by_text = numpy.array([3] * len(positives) + [8] * len(near) + [6] * len(talk) + [3] * len(commands))
    words = CountVectorizer(tokenizer=units, token_pattern=None, lowercase=False, ngram_range=(1, LONGEST[language]), binary=True,
                            min_df=2)
    found = words.fit_transform(texts)

    def fit(of):
        model = LogisticRegression(C=1, max_iter=400, solver="liblinear", random_state=0)
        weights = model.fit(found[of], labels[of], sample_weight=by_text[of]).coef_[0]
        keep = numpy.argsort(-abs(weights), kind="stable")[: MOST[language]]
        kept = numpy.zeros_like(weights)
        kept[keep] = numpy.round(weights[keep], 2)
        return kept, model.intercept_[0]

    # The limit is set on commands of patterns that were left out of the learning, a fifth of the patterns in turn.
    first = len(texts) - len(commands)
    fold = numpy.array([-1] * first + [zlib.crc32(p.encode()) % 5 for p in patterns])
    sums = []
    for f in range(5):
        kept, start = fit(fold != f)
        sums.extend(found[fold == f] @ kept + start)
    kept, start = fit(numpy.ones(len(texts), bool))
    limit = float(numpy.quantile(sums, 1 - share)) - start
    names = words.get_feature_names_out()
    return limit, sorted(((kept[i], names[i]) for i in numpy.flatnonzero(kept)), key=lambda w: (-w[0], w[1]))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("talk", type=pathlib.Path, help="a text a line")
    arguments.add_argument("commands", type=pathlib.Path, help="the pattern, a tab, a text of it; of unseen patterns --share may pass the limit")
    arguments.add_argument("--without", default="", help="a kind of case to leave out, to measure on it")
    arguments.add_argument("--share", type=float, default=0.015)
    a = arguments.parse_args()
    talk = [t for t in a.talk.read_text(encoding="utf-8").splitlines() if units(t)]
    commands = [line.split("\t") for line in a.commands.read_text(encoding="utf-8").splitlines()]
    for language in ("en", "zh"):
        is_ours = lambda text: bool(units(text)) and is_zh(text) == (language == "zh")  # noqa: E731
        ours = [c for c in commands if is_ours(c[1])]
        limit, weights = learn(language, [t for t in talk if is_ours(t)], [c[1] for c in ours], [c[0] for c in ours], a.without, a.share)
        lines = [f"{100 * limit:.0f}"] + [f"{100 * w:.0f} {name}" for w, name in weights]
        (a.out / f"{language}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(language, "limit", round(limit, 2), "weights", len(weights))


main()
